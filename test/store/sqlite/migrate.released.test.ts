/**
 * Stores of released versions are migrated: `test/store/released` has one of each, as its release left it,
 * with the JSON that the release printed for its studies and the ranks that its view showed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { storedRanks } from '../../../src/search/ranking/ranking.ts';
import { openStore, openStoreReader } from '../../../src/store/sqlite/open-store.ts';
import type { StoreReader } from '../../../src/store/store.ts';
import { canonicalSpec, parseSpec } from '../../../src/study/spec/canonical-spec.ts';
import { classificationMetrics } from '../../../src/study/metrics.ts';
import { resultFingerprint } from '../../../src/study/result-fingerprint.ts';
import { trialName } from '../../../src/study/trial.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { rankedTrials } from '../support/ranked-trials.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts';

const released = (name: string): Buffer =>
  readFileSync(new URL(`../released/${name}`, import.meta.url));

interface Printed {
  readonly results: Record<
    string,
    {
      stages: { name: string; lambda: { min: number; max: number }; trials: PrintedTrial[] }[];
    }
  >;
  readonly trials_ranked: Record<string, unknown>[];
}
type PrintedTrial = Record<string, string | number | boolean | null>;

const printed: Printed = JSON.parse(released('0.1.0.json').toString());
const studies = ['small', 'diverging', 'paused', 'cancelled'];

function unpack(): TemporaryDirectory {
  const directory = temporaryDirectory();
  writeFileSync(join(directory.path, 'ridgeline.db'), gunzipSync(released('0.1.0.sqlite.gz')));
  return directory;
}

/** Changes the stored file with SQL of schema version 5. */
function edit(directory: TemporaryDirectory, text: string): void {
  const raw = new DatabaseSync(join(directory.path, 'ridgeline.db'));
  raw.exec(text);
  raw.close();
}

describe('a store of release 0.1.0', () => {
  let directory: TemporaryDirectory;
  let reader: StoreReader;
  beforeAll(async () => {
    directory = unpack();
    const store = await openStore(directory.path, { owner: 'the test', rank: storedRanks });
    await store.close();
    reader = await openStoreReader(directory.path);
    return async () => {
      await reader.close();
      directory[Symbol.dispose]();
    };
  });

  test('has results whose fingerprints are still computed in the same way', async () => {
    let compared = 0;
    for (const study of studies) {
      for (const { result, fingerprint } of await reader.trials(study, {
        curves: true,
        correctness: true,
      })) {
        if (result === null) continue;
        expect(resultFingerprint(result, classificationMetrics, false)).toBe(fingerprint);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(12);
  });

  test('has its studies after the migration, with specs that are canonical', async () => {
    const records = await reader.studies();
    expect(records.map(({ spec, status }) => [spec.study, status])).toEqual([
      ['small', 'complete'],
      ['diverging', 'failed'],
      ['paused', 'paused'],
      ['cancelled', 'cancelled'],
    ]);
    for (const { spec } of records) {
      const text = canonicalSpec(spec);
      expect(canonicalSpec(parseSpec(text, describeTrainer))).toBe(text);
    }
    const [small, diverging, paused, cancelled] = records.map(({ spec }) => spec);
    expect(small).toMatchObject({ audit: { random: 0.5, top: 1 }, replicates: 2, test: 'winner' });
    expect(small!.stages[1]).toMatchObject({
      name: 'fine',
      search: { lambda: { narrow: 'coarse' } },
    });
    expect(diverging!.trainer).toMatchObject({ name: 'two-layer', cycles: 2, measure: 'cycle' });
    expect(paused!.trainer).toMatchObject({
      epochs: 4,
      measure: { steps: 30 },
      dropout: 0.25,
      shift: 1,
      learningRate: { min: 1e-4, max: 0.2, stepSize: 20, cycleMultiplier: 2 },
    });
    expect(paused!.dataset).toMatchObject({ train: { fraction: 0.5 }, stratify: true });
    expect(paused!.objective).toEqual({ metric: 'validation_loss', direction: 'minimize' });
    expect(cancelled).toMatchObject({ racing: true, reproducible: true });
  });

  test('has the spaces of its stages after the migration', async () => {
    for (const study of studies) {
      const record = await reader.study(study);
      for (const [at, stage] of printed.results[study]!.stages.entries()) {
        const { min, max } = stage.lambda;
        const { name, space } = record!.stages[at]!;
        expect([name, space]).toEqual([
          stage.name,
          { lambda: { distribution: 'log_uniform', min, max } },
        ]);
      }
    }
  });

  test.for(studies)(
    'has the trials of %s after the migration, as 0.1.0 printed them',
    async (study) => {
      const trials = await reader.trials(study, { curves: true });
      const byName = new Map(trials.map((trial) => [trialName(trial.id), trial]));
      const rows = printed.results[study]!.stages.flatMap((stage) => stage.trials);
      expect(rows.length).toBe(trials.filter(({ id }) => id.replicate === 1).length);
      for (const row of rows) {
        const trial = byName.get(String(row['trial']))!;
        expect({
          lambda: trial.params['lambda'],
          status: trial.status,
          reason: trial.reason,
          worker: trial.worker,
          audit: trial.audit,
        }).toEqual({
          lambda: row['lambda'],
          status: row['status'],
          reason: row['reason'],
          worker: row['worker'],
          audit: row['audit'],
        });
        expect(trial.fingerprint === null).toBe(trial.result === null);
        if (trial.result?.kind !== 'complete') continue;
        expect(trial.result.digest).toBe(row['digest']);
        expect(Object.keys(trial.result.curve.at(-1)!.metrics)).toContain('validation_cost');
      }
    },
  );

  test('has the ranks of closed stages after the migration, which 0.1.0 computed', () => {
    const rows = rankedTrials(directory.path, '*');
    const key = (row: Record<string, unknown>) =>
      [row['study'], row['stage'], row['k'], row['replicate']].join(' ');
    const byKey = new Map(rows.map((row) => [key(row), row]));
    expect(printed.trials_ranked.length).toBe(rows.length);
    for (const row of printed.trials_ranked) {
      const { rank_in_stage: inStage, rank_in_study: inStudy, ...others } = row;
      const found = byKey.get(key(row))!;
      expect(found).toMatchObject(others);
      // 0.1.0 numbered equal values in order of sampling; they share the first of those ranks.
      const equal = printed.trials_ranked.filter(
        (other) => other['study'] === row['study'] && other['mean_value'] === row['mean_value'],
      );
      const first = (column: string, rows: typeof equal, own: unknown) =>
        own === null ? null : Math.min(...rows.map((other) => Number(other[column] ?? Infinity)));
      const inOwnStage = equal.filter((other) => other['stage'] === row['stage']);
      expect(found['rank_in_stage']).toBe(first('rank_in_stage', inOwnStage, inStage));
      expect(found['rank_in_study']).toBe(first('rank_in_study', equal, inStudy));
    }
  });

  test('has the same verified trials after the migration as 0.1.0 printed', () => {
    const rows = rankedTrials(directory.path, 'stage, k, verified').filter(
      (row) => row['stage'] !== 'only',
    );
    const all = printed.results['small']!.stages.flatMap((stage) => stage.trials);
    expect(all.map((row) => row['verified'])).toContain(null);
    for (const row of all) {
      const replicates = rows.filter(
        ({ stage, k }) => `${String(stage)}/${String(k)}` === row['trial'],
      );
      expect(replicates.length).toBe(2);
      expect([row['trial'], replicates.every(({ verified }) => verified === 1)]).toEqual([
        row['trial'],
        row['verified'] === true,
      ]);
    }
  });

  test('keeps its winner, attempts, events and bits in the migration', async () => {
    const small = await reader.study('small');
    const best = printed.results['small']!.stages[1]!.trials.find(
      (row) => row['test_accuracy'] !== null,
    )!;
    expect(small!.winner).toMatchObject({
      trial: { stage: 'fine', index: 2, replicate: 1 },
      testAccuracy: best['test_accuracy'],
      reproduced: true,
    });
    const attempts = await reader.attempts('small');
    expect(attempts.filter(({ kind }) => kind === 'audit').length).toBeGreaterThan(0);
    expect(
      attempts.every(({ outcome, fingerprint }) => outcome !== null && fingerprint !== null),
    ).toBe(true);
    expect((await reader.events(100)).map(({ what }) => what)).toContain('worker-joined');
    const trial = await reader.trial('small', { stage: 'fine', index: 2, replicate: 2 });
    expect(trial!.result).toMatchObject({ kind: 'complete' });
    expect(trial!.result!.kind === 'complete' && trial!.result!.validationCorrect.length).toBe(13);
  });
});

describe('a migration', () => {
  test('of a store of 0.1.0 converts every alternative of a spec', async () => {
    using directory = unpack();
    edit(
      directory,
      `UPDATE study SET spec = replace(replace(replace(spec,
         '{"kind":"named","name":"digits"}', '{"format":"idx","kind":"path","path":"/data"}'),
         '"validation":{"count":50,"kind":"count"}', '"validation":{"kind":"parts","parts":["a","b"]}'),
         '"canonical"', '"any"') WHERE name = 'diverging'`,
    );
    await using store = await openStore(directory.path, { owner: 'the test' });
    const { spec } = (await store.study('diverging'))!;
    expect(spec.dataset).toEqual({
      path: '/data',
      format: 'idx',
      train: { count: 100 },
      validation: ['a', 'b'],
      stratify: false,
    });
    expect(spec.reproducible).toBe(false);
    expect(canonicalSpec(parseSpec(canonicalSpec(spec), describeTrainer))).toBe(
      canonicalSpec(spec),
    );
  });

  test('of a store of 0.1.0 converts outcomes, exclusions and stages without a range', async () => {
    using directory = unpack();
    edit(
      directory,
      `UPDATE attempt SET outcome = 'superseded' WHERE study = 'diverging' AND k = 1;
       INSERT INTO quarantine VALUES ('s', 'node-1', 'wrong', 5);
       UPDATE stage SET range_min = NULL, range_max = NULL, closed = 0 WHERE study = 'paused'`,
    );
    await using store = await openStore(directory.path, { owner: 'the test' });
    const [attempt] = await store.attempts('diverging');
    expect(attempt!.outcome).toBe('obsolete');
    expect(await store.exclusions()).toEqual(new Map([['s', { reason: 'wrong', machine: null }]]));
    expect((await store.study('paused'))!.stages[0]!.space).toBeNull();
  });

  test('that fails leaves the store of 0.1.0 as it was', async () => {
    using directory = unpack();
    const file = join(directory.path, 'ridgeline.db');
    edit(directory, "UPDATE study SET spec = 'no JSON' WHERE name = 'small'");
    const before = readFileSync(file);
    await expect(openStore(directory.path, { owner: 'the test' })).rejects.toThrow(/JSON/);
    expect(readFileSync(file).subarray(4096).equals(before.subarray(4096))).toBe(true);
    edit(directory, 'SELECT count(*) FROM quarantine');
  });

  test('is done by writers only: a reader refuses a store of 0.1.0, and an older store is refused by both', async () => {
    using directory = unpack();
    await expect(openStoreReader(directory.path)).rejects.toThrow(
      /^\[VERSION_MISMATCH\].*older.*5.*6\.\n.*ridgeline coordinator/,
    );
    edit(directory, 'UPDATE meta SET schema_version = 4');
    await expect(openStore(directory.path, { owner: 'the test' })).rejects.toThrow(
      /^\[VERSION_MISMATCH\].*before release 0\.1\.0.*\n.*0\.1\.0/,
    );
  });
});

/** Files for other tools, read back by other readers. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { encodeOptuna, formatOptuna } from '../../../src/report/files/optuna-journal.ts';
import { formatParquet } from '../../../src/report/files/parquet.ts';
import type { AttemptRecord } from '../../../src/study/trial.ts';
import { completeResult, study, toResults, trial } from '../support/sample-study.ts';
import { scoredTrials } from '../support/scored-study.ts';
import { wideStudy, wideTrials } from '../support/wide-study.ts';

const hostile = trial('fine', 3, 5e-3, { worker: 'Gerät "数"\n' });
const diverged = trial('coarse', 4, 0.08, {
  status: 'failed',
  reason: 'diverged',
  result: { kind: 'diverged', steps: 12, seconds: 0.1, curve: [] },
});
const records = [...scoredTrials, hostile, diverged];
const results = toResults(study, records);

const wideBest = wideTrials.find(({ id }) => id.index === 51)?.params;

/** The third study of a journal. */
function formatWide(source: Parameters<typeof formatOptuna>[0][number]): string {
  return formatOptuna([source]).replaceAll('"study_id":0', '"study_id":2');
}

describe('Parquet', () => {
  test('Parquet reads back as the rows that were written, with types and nulls', async () => {
    const bytes = formatParquet(results);
    const file = bytes.buffer.slice(0, bytes.byteLength) as ArrayBuffer;
    const rows = await parquetReadObjects({ file });
    const expected = results.stages.flatMap((stage) => stage.rows);
    expect(rows).toHaveLength(expected.length);
    for (const [index, row] of expected.entries()) {
      expect(rows[index]).toMatchObject({
        study: 'sample',
        stage: row.stage,
        trial: row.trial,
        rank: row.rank,
        lambda: row.params['lambda'],
        validation_accuracy: row.metrics['validation_accuracy'] ?? null,
        worker: row.worker,
        tied: row.tied,
        digest: row.digest,
        standard_error: row.standardError,
      });
    }
    const metadata = Object.fromEntries(
      (parquetMetadata(file).key_value_metadata ?? []).map(({ key, value }) => [key, value]),
    );
    expect(metadata).toMatchObject({ 'ridgeline.schema_version': '1', 'ridgeline.seed': '7' });
  });

  test('a study without trials has a Parquet file without rows', async () => {
    const bytes = formatParquet(toResults(study, []), ['trial', 'lambda']);
    const file = bytes.buffer.slice(0, bytes.byteLength) as ArrayBuffer;
    expect(await parquetReadObjects({ file })).toEqual([]);
  });
});

const attempts: AttemptRecord[] = records.slice(0, 2).map((record) => ({
  trial: record.id,
  attempt: 1,
  kind: 'search',
  worker: 'node-a',
  session: 's',
  machineId: 's',
  tokenId: 's',
  pack: 'p',
  assignedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  endedAtMs: Date.UTC(2026, 0, 2, 3, 4, 7),
  outcome: 'accepted',
  reason: null,
  fingerprint: null,
}));

describe('the Optuna journal', () => {
  const timed = toResults(study, records, { attempts });
  const other = { ...study, spec: { ...study.spec, study: 'other', seed: 8 } };
  const text = formatOptuna([
    { study, results: timed, trials: records },
    { study: other, results: toResults(other, scoredTrials), trials: scoredTrials },
  ]);

  test('the Optuna journal has the same bytes when it is encoded in pieces', () => {
    const trials = Array.from({ length: 2_500 }, (_, index) => trial('coarse', index + 1, 0.1));
    const sources = [{ study, results: toResults(study, trials), trials }];
    expect(new TextDecoder().decode(encodeOptuna(sources))).toBe(formatOptuna(sources));
  });

  test('the Optuna journal has one operation per line: the study, then each trial', () => {
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ op_code: 0, study_name: 'sample', directions: [2] });
    const created = lines.filter((line) => line.op_code === 4 && line.study_id === 0);
    expect(created).toHaveLength(records.length);
    expect(created[0]).toMatchObject({
      state: 1,
      value: 0.3,
      params: { lambda: 1e-7 },
      datetime_start: '2026-01-02T03:04:05.000000+00:00',
      datetime_complete: '2026-01-02T03:04:07.000000+00:00',
    });
    expect(created.map((line) => line.state)).toEqual([1, 1, 3, 1, 1, 1, 3]);
  });

  test('in the Optuna journal, the curve of a mean is the mean curve and ends at the value', () => {
    const raced = [0.1, 0.1, 0.4].map((accuracy, at) => {
      const result = completeResult(accuracy);
      const [last] = result.curve;
      const early = { ...last!, step: 500, metrics: { ...last!.metrics, validation_accuracy: at } };
      const id = { stage: 'coarse', index: 1, replicate: at + 1 };
      return trial('coarse', 1, 1e-3, { id, result: { ...result, curve: [early, last!] } });
    });
    const own = { ...study, winner: null };
    for (const [rows, expected] of [
      ['configuration', [{ 500: 1, 1000: expect.closeTo(0.2, 12) }]],
      ['trial', raced.map((_, at) => ({ 500: at, 1000: [0.1, 0.1, 0.4][at] }))],
    ] as const) {
      const results = toResults(own, raced, { rows });
      const lines = formatOptuna([{ study: own, results, trials: raced }])
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter((line) => line.op_code === 4);
      expect(lines.map((line) => line.intermediate_values)).toEqual(expected);
      for (const line of lines) expect(line.intermediate_values[1000]).toBe(line.value);
    }
  });

  test('in the Optuna journal, a disputed trial and a configuration with a failed replicate are FAIL', () => {
    const first = trial('fine', 1, 2e-3, {});
    const odd = [
      trial('coarse', 1, 1e-7, { audit: 'disputed' }),
      first,
      { ...diverged, id: { ...first.id, replicate: 2 }, params: first.params },
      trial('fine', 2, 8e-3, {}),
      trial('fine', 2, 8e-3, {
        id: { stage: 'fine', index: 2, replicate: 2 },
        status: 'running',
        result: null,
      }),
    ];
    const lines = formatOptuna([{ study, results: toResults(study, odd), trials: odd }])
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter((line) => line.op_code === 4);
    expect(lines.every((line) => line.datetime_start === null)).toBe(true);
    expect(lines.map(({ state, value }) => [state, value])).toEqual([
      [3, undefined],
      [3, undefined],
      [0, 0.4],
    ]);
  });

  test('Optuna reads the journal, with the best trial and its curve', (context) => {
    const python = process.env['RIDGELINE_TEST_PYTHON'] ?? '/usr/bin/python3';
    const probe = existsSync(python) && spawnSync(python, ['-c', 'import optuna']).status === 0;
    if (!probe) {
      context.skip('the Python library optuna is not installed');
      return;
    }
    const directory = mkdtempSync(join(tmpdir(), 'ridgeline-optuna-'));
    try {
      const file = join(directory, 'journal.log');
      const wide = { study: wideStudy, results: toResults(wideStudy, wideTrials) };
      writeFileSync(file, `${text}${formatWide({ ...wide, trials: wideTrials })}`);
      const script = `
import json, sys, warnings
warnings.simplefilter("ignore")
from datetime import timezone
import optuna
from optuna.storages import JournalStorage
try:
    from optuna.storages.journal import JournalFileBackend
except ImportError:
    from optuna.storages import JournalFileStorage as JournalFileBackend
storage = JournalStorage(JournalFileBackend(sys.argv[1]))
study = optuna.load_study(study_name="sample", storage=storage)
other = optuna.load_study(study_name="other", storage=storage)
wide = optuna.load_study(study_name="wide", storage=storage)
classes = {}
for t in wide.trials:
  for name, d in t.distributions.items():
    classes.setdefault(name, set()).add((type(d).__name__, getattr(d, "log", None)))
known = wide.trials[-1]
best = study.best_trial
print(json.dumps({
  "trials": len(study.trials), "states": [t.state.name for t in study.trials],
  "best": best.user_attrs["trial"], "value": study.best_value, "lambda": study.best_params["lambda"],
  "curve": best.intermediate_values, "low": best.distributions["lambda"].low,
  "seed": study.user_attrs["seed"], "stages": [s["name"] for s in study.user_attrs["stages"]],
  "start": study.trials[0].datetime_start.astimezone(timezone.utc).isoformat(),
  "wide": {
    "classes": {name: sorted(map(list, c)) for name, c in classes.items()},
    "best": wide.best_params, "hidden": list(wide.trials[0].distributions["hidden"].choices),
    "known": [sorted(known.params), known.user_attrs["lambda"]],
    "suggested": sorted(wide.ask().params) == [] },
  "other": [other.user_attrs["seed"], len(other.trials), other.best_value]}))`;
      const { stdout, stderr } = spawnSync(python, ['-c', script, file], {
        encoding: 'utf8',
        env: { ...process.env, TZ: 'America/New_York' },
      });
      expect(stderr).not.toContain('Traceback');
      expect(JSON.parse(stdout)).toEqual({
        trials: 7,
        states: ['COMPLETE', 'COMPLETE', 'FAIL', 'COMPLETE', 'COMPLETE', 'COMPLETE', 'FAIL'],
        best: 'fine/2',
        value: 0.5,
        lambda: 8e-3,
        curve: { '1000': 0.5 },
        low: 1e-3,
        seed: 7,
        stages: ['coarse', 'fine'],
        // Also in another time zone.
        start: '2026-01-02T03:04:05+00:00',
        other: [8, 5, 0.5],
        wide: {
          classes: {
            lambda: [['FloatDistribution', true]],
            'learning_rate.max': [['FloatDistribution', true]],
            hidden: [['CategoricalDistribution', null]],
            dropout: [['FloatDistribution', false]],
            shift: [['IntDistribution', false]],
            mirror: [['CategoricalDistribution', null]],
          },
          best: wideBest,
          hidden: [25, 50, 100],
          // The known configuration: 0 has no place in a logarithmic distribution.
          known: [['dropout', 'hidden', 'learning_rate.max', 'mirror', 'shift'], 0],
          suggested: true,
        },
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

/** The view for people who open the store with other tools. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { rankConfigurations } from '../../../src/search/ranking/ranking.ts';
import { openStore, openStoreReader } from '../../../src/store/sqlite/open-store.ts';
import {
  attemptOf,
  coarse,
  completeResult,
  specNamed,
  stagesOf,
  startedStudy,
  studyRecord,
} from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = 'pid 1 on here';

describe('trials_ranked', () => {
  test('ranks as the study says, within the stage and within the study', () => {
    using directory = temporaryDirectory();
    {
      using store = openStore(directory.path, { owner });
      store.commit(startedStudy);
      for (const [k, accuracy] of [
        [1, 0.5],
        [2, 0.75],
        [3, 0.5],
      ] as const) {
        store.commit([
          { kind: 'attempt-opened', study: 'first', attempt: attemptOf(coarse(k), 1) },
          {
            kind: 'trial-ended',
            study: 'first',
            trial: coarse(k),
            worker: 'node-1',
            result: completeResult(accuracy),
            fingerprint: 'f'.repeat(64),
          },
        ]);
      }
      store.commit([{ kind: 'trial-created', study: 'first', id: coarse(4), lambda: 1 }]);
    }
    const raw = new DatabaseSync(join(directory.path, 'ridgeline.db'), { readOnly: true });
    const rows = raw
      .prepare('SELECT k, rank_in_stage, rank_in_study, value FROM trials_ranked ORDER BY k')
      .all();
    raw.close();
    expect(rows.map((row) => Object.values(row))).toEqual([
      [1, 2, 2, 0.5],
      [2, 1, 1, 0.75],
      [3, 3, 3, 0.5],
      [4, null, null, null],
    ]);
  });

  test('ranks λ by the mean of their replicates, and those that a race left out behind the others', () => {
    using directory = temporaryDirectory();
    {
      using store = openStore(directory.path, { owner });
      store.commit(startedStudy);
      for (const k of [1, 2, 3])
        if (k !== 2)
          store.commit([
            {
              kind: 'trial-created',
              study: 'first',
              id: { ...coarse(k), replicate: 2 },
              lambda: 1,
            },
          ]);
      for (const [k, replicate, accuracy] of [
        [1, 1, 0.5],
        [1, 2, 0.75],
        [2, 1, 0.9],
        [3, 1, 0.625],
        [3, 2, 0.75],
      ] as const) {
        const trial = { ...coarse(k), replicate };
        store.commit([
          { kind: 'attempt-opened', study: 'first', attempt: attemptOf(trial, 1) },
          {
            kind: 'trial-ended',
            study: 'first',
            trial,
            worker: 'node-1',
            result: completeResult(accuracy),
            fingerprint: 'f'.repeat(64),
          },
        ]);
      }
    }
    const raw = new DatabaseSync(join(directory.path, 'ridgeline.db'), { readOnly: true });
    const rows = raw
      .prepare(
        'SELECT k, replicate, rank_in_stage, mean_value, replicates FROM trials_ranked ORDER BY k, replicate',
      )
      .all();
    raw.close();
    expect(rows.map((row) => Object.values(row))).toEqual([
      [1, 1, 2, 0.625, 2],
      [1, 2, 2, 0.625, 2],
      [2, 1, 3, 0.9, 1],
      [3, 1, 1, 0.6875, 2],
      [3, 2, 1, 0.6875, 2],
    ]);
  });

  test('ranks as the tables do where means of replicates differ by rounding alone', () => {
    using directory = temporaryDirectory();
    // The same accuracies in several orders, and others of the same sum: sums of doubles depend on the order.
    const orders = [
      [0.1, 0.2, 0.3],
      [0.3, 0.2, 0.1],
      [0.2, 0.3, 0.1],
      [0.1, 0.3, 0.2],
      [0.2, 0.1, 0.3],
      [0.15, 0.2, 0.25],
    ];
    const spec = specNamed('first', orders.length);
    const ids = orders.flatMap((accuracies, index) =>
      accuracies.map((accuracy, replicate) => ({
        id: { ...coarse(index + 1), replicate: replicate + 1 },
        accuracy,
      })),
    );
    const stage = { ...stagesOf(spec)[0]!, range: { min: 1e-9, max: 0.1 }, reason: null };
    {
      using store = openStore(directory.path, { owner });
      store.commit([
        { kind: 'study-created', record: studyRecord(spec) },
        { kind: 'stage-opened', study: 'first', stage },
        ...ids.map(({ id }) => ({ kind: 'trial-created' as const, study: 'first', id, lambda: 1 })),
      ]);
      for (const { id, accuracy } of ids)
        store.commit([
          { kind: 'attempt-opened', study: 'first', attempt: attemptOf(id, 1) },
          {
            kind: 'trial-ended',
            study: 'first',
            trial: id,
            worker: 'node-1',
            result: completeResult(accuracy),
            fingerprint: 'f'.repeat(64),
          },
        ]);
    }
    using reader = openStoreReader(directory.path);
    const tabled = rankConfigurations(reader.trials('first'), spec.objective, ['coarse', 'fine']);
    const raw = new DatabaseSync(join(directory.path, 'ridgeline.db'), { readOnly: true });
    const viewed = raw
      .prepare('SELECT k FROM trials_ranked WHERE replicate = 1 ORDER BY rank_in_study')
      .all();
    raw.close();
    expect(tabled.map(({ trial }) => trial.id.index)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(viewed.map(({ k }) => k)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test.each([
    { tests: 'all', own: [0.25, 0.75], shown: [0.25, 0.75] },
    { tests: 'winner', own: [null, null], shown: [0.5, null] },
  ])(
    'gives replicates of the winner their own test accuracy where there is one: test: $tests',
    ({ own, shown }) => {
      using directory = temporaryDirectory();
      {
        using store = openStore(directory.path, { owner });
        const second = { ...coarse(1), replicate: 2 };
        store.commit([
          ...startedStudy,
          { kind: 'trial-created', study: 'first', id: second, lambda: 0.1 },
        ]);
        for (const [index, trial] of [coarse(1), second].entries()) {
          const result = completeResult();
          const curve = result.curve.map((point) => ({ ...point, testAccuracy: own[index]! }));
          store.commit([
            { kind: 'attempt-opened', study: 'first', attempt: attemptOf(trial, 1) },
            {
              kind: 'trial-ended',
              study: 'first',
              trial,
              worker: 'node-1',
              result: { ...result, curve },
              fingerprint: 'f'.repeat(64),
            },
          ]);
        }
        store.commit([
          {
            kind: 'winner',
            study: 'first',
            winner: {
              trial: coarse(1),
              testAccuracy: 0.5,
              testLoss: 1,
              testWorker: 'node-1',
              reproduced: true,
              tests: [],
            },
          },
        ]);
      }
      const raw = new DatabaseSync(join(directory.path, 'ridgeline.db'), { readOnly: true });
      const rows = raw
        .prepare('SELECT test_accuracy FROM trials_ranked WHERE k = 1 ORDER BY replicate')
        .all();
      raw.close();
      expect(rows.map((row) => row['test_accuracy'])).toEqual(shown);
    },
  );

  test('has exactly the columns that docs/store.md describes', () => {
    using directory = temporaryDirectory();
    using store = openStore(directory.path, { owner });
    store.commit(startedStudy);
    const raw = new DatabaseSync(join(directory.path, 'ridgeline.db'), { readOnly: true });
    const columns = raw.prepare('SELECT name FROM pragma_table_info(?)').all('trials_ranked');
    raw.close();
    const text = readFileSync(new URL('../../../docs/store.md', import.meta.url), 'utf8');
    const described = text
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) =>
        [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name),
      );
    expect(new Set(described)).toEqual(new Set(columns.map(({ name }) => name)));
  });

  test('is read by the sqlite3 command while a coordinator holds the store', (context) => {
    if (spawnSync('sqlite3', ['--version']).error !== undefined) {
      context.skip('sqlite3 is not installed');
      return;
    }
    using directory = temporaryDirectory();
    using store = openStore(directory.path, { owner });
    store.commit(startedStudy);
    store.commit([{ kind: 'trial-created', study: 'first', id: coarse(9), lambda: 0.25 }]);
    const { stdout } = spawnSync(
      'sqlite3',
      [
        '-readonly',
        join(directory.path, 'ridgeline.db'),
        "SELECT stage, k, lambda, status FROM trials_ranked WHERE study = 'first'",
      ],
      { encoding: 'utf8' },
    );
    expect(stdout).toContain('coarse|9|0.25|waiting');
  });
});

/** The view `measurements`, which other tools read. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { knownIndexBase } from '../../../src/study/trial.ts';
import { documentedColumns } from '../support/documented-columns.ts';
import {
  assigned,
  coarse,
  completeResult,
  created,
  ended,
  startedStudy,
} from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('measurements has a row for each step of each trial, with exact metrics by name and as JSON', async () => {
  using directory = temporaryDirectory();
  const result = completeResult(1 / 3);
  const own = result.curve[0]!.metrics;
  const curve = [
    { step: 1, metrics: { my_metric: 1 / 3 } },
    { step: 20, metrics: own },
  ];
  await using store = await openStore(directory.path, { owner: 'the test' });
  const second = coarse(1, 2);
  const known = coarse(knownIndexBase + 1);
  await store.commit([
    ...startedStudy,
    created(second, 0.1 + 0.2),
    created(known, 0),
    ...[coarse(1), second, known].flatMap((id) => [assigned(id), ended({ ...result, curve }, id)]),
  ]);
  using raw = new DatabaseSync(join(directory.path, 'ridgeline.db'), { readOnly: true });
  const rows = raw
    .prepare('SELECT * FROM measurements ORDER BY trial_index, replicate, step')
    .all();
  expect(rows.map(({ trial, step }) => [trial, step])).toEqual([
    ['coarse/1', 1],
    ['coarse/1', 20],
    ['coarse/1.2', 1],
    ['coarse/1.2', 20],
    ['coarse/also-1', 1],
    ['coarse/also-1', 20],
  ]);
  expect(rows[2]).toMatchObject({ lambda: 0.1 + 0.2, train_loss: null });
  const { metrics, ...last } = rows[3]!;
  expect(last).toMatchObject({
    study: 'first',
    stage: 'coarse',
    trial_index: 1,
    replicate: 2,
    ...own,
  });
  expect(JSON.parse(String(metrics))).toEqual({ my_metric: null, ...own });
  expect(new Set(Object.keys(rows[0]!))).toEqual(new Set(documentedColumns('measurements')));
});

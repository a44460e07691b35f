/** The training that `train` chooses: test split and stored digest. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseTraining, type ChoiceFlags } from '../../../src/cli/training/training-choice.ts';
import type { StoreRow } from '../../../src/store/rows.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import type { StudySpec } from '../../../src/study/spec/study-spec.ts';
import {
  assigned,
  coarse,
  completeResult,
  ended,
  specNamed,
  startedStudy,
  studyRecord,
} from '../../store/support/records.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';
import { testContext } from '../support/test-context.ts';

const winner: StoreRow = {
  kind: 'winner',
  study: 'first',
  winner: {
    trial: coarse(1),
    testAccuracy: 0.4,
    testLoss: 1,
    testWorker: 'node-1',
    reproduced: true,
    tests: [],
    attemptsBefore: [],
  },
};

async function choose(flags: ChoiceFlags, change: Partial<StudySpec> = {}) {
  using directory = temporaryDirectory();
  const state = join(directory.path, 'state');
  const spec = { ...specNamed('first'), ...change };
  const [, ...rest] = startedStudy;
  await using store = await openStore(state, { owner: 'the test' });
  await store.commit([
    { kind: 'study-created', record: studyRecord(spec) },
    ...rest,
    assigned(coarse(1)),
    ended(completeResult(0.5)),
    winner,
  ]);
  return await chooseTraining('first', flags, testContext({ state }));
}

const withTest = { ...specNamed('first').dataset!, test: { count: 397 } };

test.each([
  ['another trial than the winner', { trial: 'coarse/2' }, {}, false],
  ['a given λ', { lambda: 0.5 }, {}, false],
  ['the winner by its name', { trial: 'coarse/1' }, {}, true],
  ['the winner', { winner: true }, {}, true],
  ['another trial with --test', { trial: 'coarse/2', test: true }, {}, true],
  ['any trial of a study with test: all', { trial: 'coarse/2' }, { test: 'all' }, true],
] as const)('whether train measures the test split of %s', async (_, flags, change, expected) => {
  const { measuresTest } = await choose(flags, { dataset: withTest, ...change });
  expect(measuresTest).toBe(expected);
});

test('--test of a study without a test split is refused with a fix', async () => {
  const { test: _, ...dataset } = withTest;
  await expect(choose({ winner: true, test: true }, { dataset })).rejects.toThrow(
    'first has no test split',
  );
});

test('a trial with a stored result is compared with its stored digest, others are not', async () => {
  const digest = 'c'.repeat(64);
  const stored = { trial: 'coarse/1', digest, isReproducible: true, changedKeys: [] };
  expect((await choose({ trial: 'coarse/1' })).stored).toEqual(stored);
  expect((await choose({ trial: 'coarse/2' })).stored).toBeNull();
  expect((await choose({ lambda: 0.5 })).stored).toBeNull();
});

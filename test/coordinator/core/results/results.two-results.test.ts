/** A worker that says something else about what it has told before. */
import { expect, test } from 'vitest';
import type { TrialResult } from '../../../../src/study/trial.ts';
import { completeResult } from '../../../store/support/records.ts';
import { oneWorker, packsOf, start } from '../../support/one-worker.ts';

test('convicts itself by a second result for the same attempt, and the first one stands', () => {
  const { dispatcher, granted } = oneWorker();
  const [pack] = packsOf(granted);
  const key = { study: 'example', trial: { stage: 'coarse', index: 1, replicate: 1 }, attempt: 1 };
  const first = { ...completeResult(), validationCorrect: new Uint8Array(50) };
  const told = (result: TrialResult): unknown[] =>
    dispatcher
      .received('s', { kind: 'pack-ended', pack: pack!, results: [{ key, result }] }, start)
      .afterCommit.flatMap((effect) =>
        effect.kind === 'send' && effect.message.kind === 'answer' ? [effect.message.answer] : [],
      );
  expect(told(first)).toEqual(['accepted']);
  expect(told(first)).toEqual(['duplicate']);
  expect(dispatcher.state.excluded.size).toBe(0);
  expect(told({ ...first, digest: 'b'.repeat(64) })).toEqual(['disputed']);
  expect(dispatcher.state.excluded.get('s')).toMatch(/two results for attempt 1 of coarse\/1/);
  expect(told(first)).toEqual(['cancelled']);
  const trial = dispatcher.state.studies.get('example')?.trials.get('coarse/1');
  expect(trial?.result).toMatchObject({ digest: first.digest });
});

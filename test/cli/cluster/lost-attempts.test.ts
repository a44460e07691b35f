/** Lines about attempts that ended without a result. */
import { expect, test } from 'vitest';
import { lostAttemptLines, type LostAttempt } from '../../../src/cli/cluster/lost-attempts.ts';

const lost = (index: number, worker: string, reason = 'lost'): LostAttempt => ({
  kind: 'attempt-lost',
  study: 's',
  trial: { stage: 'coarse', index, replicate: 1 },
  attempt: 1,
  worker,
  reason,
});

test('attempts that end together for one reason have one line for each worker', () => {
  const attempts = [1, 2, 3, 4, 5].map((index) => lost(index, 'w1'));
  expect(lostAttemptLines([...attempts, lost(6, 'w2'), lost(7, 'w1', 'crashed')], false)).toEqual([
    'coarse/1, coarse/2, coarse/3 and 2 more: 5 attempts on w1 ended without a result: lost',
    'coarse/6: attempt 1 on w2 ended without a result: lost',
    'coarse/7: attempt 1 on w1 ended without a result: crashed',
  ]);
  expect(lostAttemptLines([lost(1, 'w1')], true)[0]).toMatch(/^s {2}coarse\/1: /);
});

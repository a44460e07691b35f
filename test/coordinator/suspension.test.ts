/** A worker on which everything fails. */
import { expect, test } from 'vitest';
import type { Decision } from '../../src/coordinator/cluster-state.ts';
import { oneWorker, packsOf, start } from './one-worker.ts';

const suspensions = ({ afterCommit }: Decision): string[] =>
  afterCommit.flatMap((effect) =>
    effect.kind === 'notice' && effect.notice.kind === 'worker-quarantined'
      ? [effect.notice.reason]
      : [],
  );

test('is suspended with its fifth failure in a row, which is said once, though as the last one it is tried again', () => {
  const { dispatcher, granted } = oneWorker();
  let packs = packsOf(granted);
  const said: string[][] = [];
  for (let failure = 1; failure <= 8; failure++) {
    // Longer than it rests after a failure, and shorter than its suspension.
    const now = { ...start, monotonicMs: failure * 6_000 };
    const pack = packs[0]!;
    const failed = { kind: 'pack-failed', pack, outcome: 'crashed', reason: 'no memory' } as const;
    said.push(suspensions(dispatcher.received('s', failed, now)));
    packs = packsOf(dispatcher.tick({ ...now, monotonicMs: now.monotonicMs + 5_500 }));
  }
  const fifth = '5 packs in a row came to nothing; the last: no memory';
  expect(said).toEqual([[], [], [], [], [fifth], [], [], []]);
});

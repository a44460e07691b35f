/** A worker on which everything fails. */
import { expect, test } from 'vitest';
import type { Decision } from '../../../../src/coordinator/core/state/cluster-state.ts';
import { completeResult } from '../../../store/support/records.ts';
import { oneWorker, packsOf, start } from '../../support/one-worker.ts';

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

test('is suspended all the same when it says an old result again between its failures', () => {
  const { dispatcher, granted } = oneWorker();
  const [pack] = packsOf(granted);
  const key = { study: 'example', trial: { stage: 'coarse', index: 1, replicate: 1 }, attempt: 1 };
  const result = { ...completeResult(), validationCorrect: new Uint8Array(50) };
  const ended = { kind: 'pack-ended', pack: pack!, results: [{ key, result }] } as const;
  let packs = packsOf(dispatcher.received('s', ended, start));
  const said: string[] = [];
  for (let failure = 1; failure <= 5; failure++) {
    const now = { ...start, monotonicMs: failure * 6_000 };
    const failed = { pack: packs[0]!, outcome: 'crashed', reason: 'no memory' } as const;
    said.push(...suspensions(dispatcher.received('s', { kind: 'pack-failed', ...failed }, now)));
    dispatcher.received('s', ended, now);
    packs = packsOf(dispatcher.tick({ ...now, monotonicMs: now.monotonicMs + 5_500 }));
  }
  expect(said).toHaveLength(1);
});

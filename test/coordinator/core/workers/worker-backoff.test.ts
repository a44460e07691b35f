/** Backoff of a worker on which every pack fails. */
import { expect, test } from 'vitest';
import {
  coarse,
  completeResult,
  later,
  noticesIn,
  oneWorker,
  packsIn,
  start,
} from '../../support/small-cluster.ts';

/** Fails pack after pack on the only worker. @returns reasons of the notices, by failure */
function failPacks(
  { dispatcher, pack }: ReturnType<typeof oneWorker>,
  failures: number,
  between: (atMs: number) => void = () => undefined,
): string[][] {
  let next = pack;
  return Array.from({ length: failures }, (_, index) => {
    // Longer than the pause after a failure, shorter than the backoff.
    const atMs = (index + 1) * 6_000;
    const failed = { pack: next, outcome: 'crashed', reason: 'no memory' } as const;
    const decision = dispatcher.received('s', { kind: 'pack-failed', ...failed }, later(atMs));
    between(atMs);
    next = packsIn(dispatcher.tick(later(atMs + 5_500)))[0] ?? '';
    return noticesIn(decision, 'worker-backing-off').map(({ reason }) => reason);
  });
}

test('a worker backs off after five failures in a row and is reported once, and still receives packs if it is the only worker', () => {
  const fifth = '5 packs failed in a row; the last: no memory';
  expect(failPacks(oneWorker(), 8)).toEqual([[], [], [], [], [fifth], [], [], []]);
});

test('a worker that reports an old result again keeps its count of failures in a row', () => {
  const { dispatcher, pack } = oneWorker();
  const key = { study: 'example', trial: coarse(1), attempt: 1 };
  const results = [{ key, result: completeResult() }];
  const ended = { kind: 'pack-ended', pack, results } as const;
  const [next = ''] = packsIn(dispatcher.received('s', ended, start));
  const reasons = failPacks({ dispatcher, pack: next }, 5, (atMs) => {
    dispatcher.received('s', ended, later(atMs));
  });
  expect(reasons.flat()).toHaveLength(1);
});

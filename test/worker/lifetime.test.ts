/** A worker whose process will be killed at a known time. */
import { expect, onTestFinished, test } from 'vitest';
import { Lifetime } from '../../src/worker/lifetime.ts';

const minute = 60_000;
const start = Date.UTC(2026, 4, 1, 17);
const end = Date.UTC(2026, 4, 1, 18);

/** A worker that has one hour. */
function newWorker() {
  let nowMs = 0;
  const calls: string[] = [];
  const clock = { monotonicMs: () => nowMs, wallMs: () => start + nowMs };
  const lifetime = new Lifetime(end, clock, {
    drain: (reason) => calls.push(`drain: ${reason}`),
    returnPacks: (reason) => calls.push(`return: ${reason}`),
  });
  onTestFinished(() => lifetime[Symbol.dispose]());
  const train = (pack: string, ms: number): void => {
    lifetime.assigned({ pack, study: 's' });
    nowMs += ms;
    lifetime.ended(pack, true);
  };
  return { lifetime, calls, train, passUntil: (ms: number) => void (nowMs = ms) };
}

test('a worker that will be killed takes no pack that its own throughput says it cannot finish', () => {
  const { lifetime, calls, train, passUntil } = newWorker();
  train('a', 5 * minute);
  train('b', 10 * minute);
  passUntil(49 * minute);
  lifetime.assigned({ pack: 'c', study: 's' });
  expect(calls).toEqual([]);
  passUntil(50 * minute);
  lifetime.assigned({ pack: 'd', study: 's' });
  expect(calls).toEqual([
    'drain: it ends at 2026-05-01T18:00:00Z, and a pack of s takes 10 min 00 s',
  ]);
});

test('a worker without measured times of a study accepts its packs, and returns them 10 s before its end', () => {
  const { lifetime, calls, passUntil } = newWorker();
  passUntil(59 * minute);
  lifetime.assigned({ pack: 'a', study: 's' });
  passUntil(60 * minute - 10_001);
  lifetime.check();
  expect(calls).toEqual([]);
  passUntil(60 * minute - 10_000);
  lifetime.check();
  const reason = 'it ends at 2026-05-01T18:00:00Z';
  expect(calls).toEqual([`drain: ${reason}`, `return: ${reason}`]);
});

test('packs that were returned or have crashed do not count as fast packs', () => {
  const { lifetime, calls, passUntil } = newWorker();
  lifetime.assigned({ pack: 'a', study: 's' });
  passUntil(30 * minute);
  lifetime.ended('a', false);
  passUntil(59 * minute);
  lifetime.assigned({ pack: 'b', study: 's' });
  expect(calls).toEqual([]);
});

/** Throughput of stages and workers. */
import { expect, test } from 'vitest';
import { Throughput, type StageView } from '../../../src/cli/cluster/throughput.ts';

interface Look extends Partial<StageView> {
  readonly atMs: number;
  readonly done: number;
}

/** The throughput after the last of these looks. */
function lookedAt(...looks: readonly Look[]): { elapsedMs: number; trials: number } {
  const throughput = new Throughput();
  let last = { elapsedMs: 0, trials: 0 };
  for (const { atMs, ...view } of looks) {
    const stage = { stage: 'coarse', threads: 1, isPaused: false, ...view };
    last = throughput.stage(stage, atMs);
  }
  return last;
}

test('the throughput of a stage counts trials since the first look, and starts over with each stage', () => {
  const looks = [
    { atMs: 1_000, done: 20 },
    { atMs: 3_000, done: 25 },
  ];
  expect(lookedAt(...looks)).toEqual({ elapsedMs: 2_000, trials: 5 });
  const fine = { stage: 'fine', atMs: 4_000, done: 0 };
  expect(lookedAt(...looks, fine)).toEqual({ elapsedMs: 0, trials: 0 });
  const later = { stage: 'fine', atMs: 5_000, done: 3 };
  expect(lookedAt(...looks, fine, later)).toEqual({ elapsedMs: 1_000, trials: 3 });
});

test('the throughput of a stage leaves out the time in which its study was paused', () => {
  expect(
    lookedAt(
      { atMs: 0, done: 0 },
      { atMs: 60_000, done: 10 },
      { atMs: 60_000, done: 10, isPaused: true },
      { atMs: 240_000, done: 10, isPaused: true },
      { atMs: 241_000, done: 10 },
      { atMs: 246_000, done: 11 },
    ),
  ).toEqual({ elapsedMs: 65_000, trials: 11 });
});

test('the throughput of a stage starts over when the number of threads changes', () => {
  const looks = [
    { atMs: 0, done: 0 },
    { atMs: 60_000, done: 10 },
    { atMs: 60_000, done: 10, threads: 3 },
    { atMs: 80_000, done: 20, threads: 3 },
  ];
  expect(lookedAt(...looks)).toEqual({ elapsedMs: 20_000, trials: 10 });
});

test('the throughput of a stage follows the recent minutes, or the latest trials if they are few', () => {
  const minutes = (rate: (minute: number) => number): Look[] => {
    let done = 0;
    return Array.from({ length: 31 }, (_, minute) => {
      const look = { atMs: 60_000 * minute, done };
      done += rate(minute);
      return look;
    });
  };
  const faster = lookedAt(...minutes((minute) => (minute < 20 ? 10 : 100)));
  expect(faster.trials / (faster.elapsedMs / 60_000)).toBe(100);
  const slow = lookedAt(...minutes((minute) => minute % 2));
  expect(slow.trials).toBe(15);
});

test("a worker's throughput is null until it has ended a trial, and starts over with a new process", () => {
  const throughput = new Throughput();
  expect(throughput.worker('a', 4, 0)).toBeNull();
  expect(throughput.worker('a', 4, 30_000)).toBeNull();
  expect(throughput.worker('a', 7, 60_000)).toBe(3);
  expect(throughput.worker('a', 0, 61_000)).toBeNull();
  expect(throughput.worker('a', 1, 91_000)).toBe(2);
});

test("a worker's throughput is null in the first seconds, when a pack may just have ended", () => {
  const throughput = new Throughput();
  throughput.worker('a', 0, 0);
  expect(throughput.worker('a', 8, 1_000)).toBeNull();
  expect(throughput.worker('a', 8, 12_000)).toBe(40);
});

/** Throughput of stages and workers. */
import { expect, test } from 'vitest';
import { Throughput } from '../../../src/cli/cluster/throughput.ts';

test('the throughput of a stage counts trials since the first look, and starts over with each stage', () => {
  const throughput = new Throughput();
  expect(throughput.stage('coarse', 20, 1_000)).toEqual({ elapsedMs: 0, trials: 0 });
  expect(throughput.stage('coarse', 25, 3_000)).toEqual({ elapsedMs: 2_000, trials: 5 });
  expect(throughput.stage('fine', 0, 4_000)).toEqual({ elapsedMs: 0, trials: 0 });
  expect(throughput.stage('fine', 3, 5_000)).toEqual({ elapsedMs: 1_000, trials: 3 });
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

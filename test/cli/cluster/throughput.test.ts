import { describe, expect, test } from 'vitest';
import { Pace } from '../../../src/cli/cluster/throughput.ts';

describe('the pace of a search', () => {
  test('counts only what ended since somebody looked, and begins anew with each stage', () => {
    const pace = new Pace();
    expect(pace.ofStage('coarse', 20, 1_000)).toEqual({ elapsedMs: 0, trials: 0 });
    expect(pace.ofStage('coarse', 25, 3_000)).toEqual({ elapsedMs: 2_000, trials: 5 });
    expect(pace.ofStage('fine', 0, 4_000)).toEqual({ elapsedMs: 0, trials: 0 });
    expect(pace.ofStage('fine', 3, 5_000)).toEqual({ elapsedMs: 1_000, trials: 3 });
  });

  test('of a worker is trials a minute, unknown until it has finished one, and new for a new process', () => {
    const pace = new Pace();
    expect(pace.ofWorker('a', 4, 0)).toBeNull();
    expect(pace.ofWorker('a', 4, 30_000)).toBeNull();
    expect(pace.ofWorker('a', 7, 60_000)).toBe(3);
    expect(pace.ofWorker('a', 0, 61_000)).toBeNull();
    expect(pace.ofWorker('a', 1, 91_000)).toBe(2);
  });

  test('of a worker is not told from the first seconds, in which a pack may just have ended', () => {
    const pace = new Pace();
    pace.ofWorker('a', 0, 0);
    expect(pace.ofWorker('a', 8, 1_000)).toBeNull();
    expect(pace.ofWorker('a', 8, 12_000)).toBe(40);
  });
});

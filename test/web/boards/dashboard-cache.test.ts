/** How often the trials of a study are read for those who look at it. */
import { expect, test } from 'vitest';
import { BoardShelf } from '../../../src/web/boards/dashboard-cache.ts';
import type { LiveCluster } from '../../../src/web/live-cluster.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import { waitingTrial } from '../../../src/study/trial.ts';
import { exampleStudy } from '../../study/support/example-study.ts';

const spec = exampleStudy();
const id = { stage: 'coarse', index: 1, replicate: 1 };

/** A cluster of one study; each reading of its trials takes `tookMs`. */
function cluster(tookMs: number, trials = 5) {
  const clock = { nowMs: 0 };
  const seen = { reads: 0, correctness: false };
  let record: StudyRecord = {
    spec,
    status: 'running',
    reason: null,
    createdAtMs: 1,
    endedAtMs: null,
    selfTestDigest: 'x',
    shardDigests: {},
    officialData: null,
    stages: [{ name: 'coarse', trials, range: null, reason: null, closed: false, warnings: [] }],
    winner: null,
  };
  let tell: Parameters<LiveCluster['listen']>[0] = () => undefined;
  const live: LiveCluster = {
    version: 'test',
    studies: () => [],
    workers: () => [],
    storeProblem: () => null,
    study: () => record,
    trials: (_, { correctness }) => {
      seen.reads += 1;
      seen.correctness = correctness;
      clock.nowMs += tookMs;
      return [waitingTrial(id, 0.1)];
    },
    log: () => [],
    listen: (listener) => {
      tell = listener;
      return () => undefined;
    },
    setStudy: async () => undefined,
    roleOfToken: () => null,
  };
  const shelf = new BoardShelf(live, { monotonicMs: () => clock.nowMs, wallMs: () => 0 });
  const change = (changes: Partial<StudyRecord>): void => {
    record = { ...record, ...changes };
  };
  return {
    shelf,
    clock,
    seen,
    change,
    tell: (...event: Parameters<typeof tell>) => tell(...event),
  };
}

test('trials are read when something has changed or two seconds have passed, and only for those who look', () => {
  const { shelf, clock, seen, tell } = cluster(0);
  for (let look = 0; look < 10; look++) shelf.page(spec.study);
  expect(seen.reads).toBe(1);
  tell({ kind: 'trial-ended', study: spec.study, trial: waitingTrial(id, 0.1) });
  tell({ kind: 'changed' });
  expect(seen.reads).toBe(1);
  shelf.page(spec.study);
  expect(seen.reads).toBe(2);
  clock.nowMs += 1_999;
  shelf.page(spec.study);
  expect(seen.reads).toBe(2);
  clock.nowMs += 1;
  shelf.page(spec.study);
  expect(seen.reads).toBe(3);
});

test('reading and comparing takes a twentieth of the time at most, however much happens', () => {
  const { shelf, clock, seen, tell } = cluster(100);
  while (clock.nowMs < 60_000) {
    tell({ kind: 'trial-ended', study: spec.study, trial: waitingTrial(id, 0.1) });
    shelf.page(spec.study);
    shelf.rows(spec.study, { stage: null, offset: 0, limit: 1 });
    clock.nowMs += 10;
  }
  expect(seen.reads * 100).toBeLessThanOrEqual(60_000 / 20);
  expect(seen.reads).toBeGreaterThan(20);
});

test('a study that is over is read once more, and then never again', () => {
  const { shelf, clock, seen, change, tell } = cluster(0);
  shelf.page(spec.study);
  change({ status: 'complete', endedAtMs: 2 });
  expect(shelf.page(spec.study)?.status).toBe('complete');
  expect(seen.reads).toBe(2);
  for (let minute = 0; minute < 10; minute++) {
    clock.nowMs += 60_000;
    tell({ kind: 'changed' });
    shelf.page(spec.study);
  }
  expect(seen.reads).toBe(2);
  // Made anew under the same name.
  change({ createdAtMs: 9, endedAtMs: 10 });
  shelf.page(spec.study);
  expect(seen.reads).toBe(3);
});

test('bits of right answers are asked for up to 2,000 trials, and not above', () => {
  for (const [trials, correctness] of [
    [2_000, true],
    [2_001, false],
  ] as const) {
    const { shelf, seen } = cluster(0, trials);
    expect(shelf.page(spec.study)?.isCompared).toBe(correctness);
    expect(seen.correctness).toBe(correctness);
  }
});

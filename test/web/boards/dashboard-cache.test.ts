/** How often the dashboard reads the trials of a study. */
import assert from 'node:assert/strict';
import { expect, test } from 'vitest';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import { waitingTrial } from '../../../src/study/trial.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { DashboardCache } from '../../../src/web/boards/dashboard-cache.ts';
import type { LiveCluster } from '../../../src/web/live-cluster.ts';
import { exampleStudy } from '../../study/support/example-study.ts';

const spec = exampleStudy();
const id = { stage: 'coarse', index: 1, replicate: 1 };
const params = { lambda: 0.1 };

/** A cluster of one study; each read of its trials takes `tookMs`. */
function cluster(tookMs: number, trials = 5) {
  const clock = { nowMs: 0 };
  const seen = { reads: 0, correctness: false };
  let record: StudyRecord = {
    spec,
    status: 'running',
    priority: 1,
    reason: null,
    createdAtMs: 1,
    endedAtMs: null,
    selfTestDigest: 'x',
    shardDigests: {},
    officialData: null,
    dataWarnings: [],
    imageCounts: null,
    stages: [{ name: 'coarse', trials, space: null, reason: null, closed: false }],
    winner: null,
  };
  let send: Parameters<LiveCluster['listen']>[0] = () => undefined;
  const live: LiveCluster = {
    version: 'test',
    isStored: false,
    describeTrainer,
    studies: async () => [],
    workers: () => [],
    storeProblem: () => null,
    study: async () => record,
    trials: async (_, { correctness }) => {
      seen.reads += 1;
      seen.correctness = correctness;
      clock.nowMs += tookMs;
      return [waitingTrial(id, params)];
    },
    trial: async () => waitingTrial(id, params),
    attempts: async () => [],
    trainCommand: () => 'train',
    running: () => [],
    file: () => assert.fail('no file is requested'),
    log: async () => [],
    listen: (listener) => {
      send = listener;
      return () => undefined;
    },
    setStudy: async () => undefined,
    tokenRole: () => null,
  };
  const cache = new DashboardCache(live, { monotonicMs: () => clock.nowMs, wallMs: () => 0 });
  const change = (changes: Partial<StudyRecord>): void => {
    record = { ...record, ...changes };
  };
  return {
    cache,
    clock,
    seen,
    change,
    send: (...event: Parameters<typeof send>) => send(...event),
  };
}

const ended = {
  kind: 'trial-ended',
  study: spec.study,
  trial: waitingTrial(id, params),
} as const;

test('trials of a shown study are read after a change, and every two seconds', async () => {
  const { cache, clock, seen, send } = cluster(0);
  for (let look = 0; look < 10; look++) await cache.page(spec.study);
  expect(seen.reads).toBe(1);
  send(ended);
  send({ kind: 'changed' });
  expect(seen.reads).toBe(1);
  await cache.page(spec.study);
  expect(seen.reads).toBe(2);
  clock.nowMs += 1_999;
  await cache.page(spec.study);
  expect(seen.reads).toBe(2);
  clock.nowMs += 1;
  await cache.page(spec.study);
  expect(seen.reads).toBe(3);
});

test('pages that load a study at the same time share one read of its trials', async () => {
  const { cache, seen } = cluster(0);
  await Promise.all(Array.from({ length: 5 }, () => cache.page(spec.study)));
  expect(seen.reads).toBe(1);
});

test('reading trials takes at most a twentieth of the time', async () => {
  const { cache, clock, seen, send } = cluster(100);
  while (clock.nowMs < 60_000) {
    send(ended);
    await cache.page(spec.study);
    await cache.rows(spec.study, { stage: null, where: null, sort: null, offset: 0, limit: 1 });
    clock.nowMs += 10;
  }
  expect(seen.reads * 100).toBeLessThanOrEqual(60_000 / 20);
  expect(seen.reads).toBeGreaterThan(20);
});

test('a study that is over is read once more, and again only if it was replaced', async () => {
  const { cache, clock, seen, change, send } = cluster(0);
  await cache.page(spec.study);
  change({ status: 'complete', endedAtMs: 2 });
  expect((await cache.page(spec.study))?.status).toBe('complete');
  expect(seen.reads).toBe(2);
  for (let minute = 0; minute < 10; minute++) {
    clock.nowMs += 60_000;
    send({ kind: 'changed' });
    await cache.page(spec.study);
  }
  expect(seen.reads).toBe(2);
  change({ createdAtMs: 9, endedAtMs: 10 });
  await cache.page(spec.study);
  expect(seen.reads).toBe(3);
});

test('validation bits are read for up to 2,000 trials', async () => {
  for (const [trials, correctness] of [
    [2_000, true],
    [2_001, false],
  ] as const) {
    const { cache, seen } = cluster(0, trials);
    expect((await cache.page(spec.study))?.isCompared).toBe(correctness);
    expect(seen.correctness).toBe(correctness);
  }
});

/** Backoff of a worker on which every pack fails, or whose process is lost again and again. */
import { expect, test } from 'vitest';
import { workerSummaries } from '../../../../src/coordinator/core/studies/summaries.ts';
import { FailingCluster } from '../../support/failing-cluster.ts';
import { coarse, completeResult, later } from '../../support/small-cluster.ts';

/** Seconds from each failure to the next pack. */
function rests(failures: number, fail: (cluster: FailingCluster) => string): number[] {
  const cluster = new FailingCluster(20);
  let session = cluster.join('first');
  return Array.from({ length: failures }, () => {
    cluster.waitForPack(session);
    session = fail(cluster);
    const sinceMs = cluster.nowMs;
    cluster.waitForPack(session);
    return Math.ceil((cluster.nowMs - sinceMs) / 1_000);
  });
}

const doubled = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600];

test('a worker on which every pack fails rests twice as long after each failure, up to ten minutes', () => {
  const crash = (cluster: FailingCluster): string => {
    cluster.crash('first-1');
    return 'first-1';
  };
  expect(rests(12, crash)).toEqual(doubled);
});

test.each([
  { kind: 'under the same name', name: () => 'first' },
  { kind: 'under a new name each time', name: (index: number) => `pod-${index}` },
])('a machine whose worker is lost and joins again $kind rests as long', ({ name }) => {
  let processes = 1;
  const lose = (cluster: FailingCluster): string => {
    cluster.cut(processes === 1 ? 'first-1' : `${name(processes)}-${processes}`);
    return cluster.join(name(++processes), {}, 'first');
  };
  expect(rests(10, lose)).toEqual(doubled.slice(0, 10));
});

test('a worker backs off from the fifth failure in a row, is reported once with the reason, and a result ends it', () => {
  const cluster = new FailingCluster(20);
  const session = cluster.join('w');
  const summary = () => workerSummaries(cluster.dispatcher.state, later(cluster.nowMs))[0]!;
  for (let failures = 1; failures <= 7; failures++) cluster.crash(session);
  expect(cluster.unusable).toEqual([]);
  expect(cluster.backedOff).toEqual(['5 failures in a row; the last: no memory']);
  expect(summary()).toMatchObject({
    state: 'backing off',
    reason:
      'backing off after 7 consecutive failures (the last: no memory); next try in 10 min, or in 64 s if no other worker is available',
  });
  cluster.finish(session);
  expect(summary()).toMatchObject({ state: 'busy', reason: null });
});

test('a machine on which the first eight packs fail is reported as unusable', () => {
  const cluster = new FailingCluster(20);
  const session = cluster.join('w');
  for (let failures = 1; failures <= 9; failures++) cluster.crash(session);
  expect(cluster.unusable).toEqual(['8 failures in a row; the last: no memory']);
});

test('a worker with failures in a row receives one pack at a time', () => {
  const cluster = new FailingCluster(20);
  const session = cluster.join('w', { threads: 4 });
  for (const pack of cluster.packs(session)) cluster.crash(session, pack);
  cluster.waitForPack(session);
  expect(cluster.packs(session)).toHaveLength(4);
  for (const pack of cluster.packs(session)) cluster.crash(session, pack);
  cluster.waitForPack(session);
  expect(cluster.packs(session)).toHaveLength(1);
  cluster.finish(session);
  expect(cluster.packs(session)).toHaveLength(4);
});

test('a worker that reports an old result again keeps its count of failures in a row', () => {
  const cluster = new FailingCluster(20);
  const session = cluster.join('w');
  const { pack } = cluster.waitForPack(session);
  const key = { study: 'example', trial: coarse(1), attempt: 1 };
  cluster.finish(session);
  for (let failures = 1; failures <= 5; failures++) {
    cluster.crash(session);
    const ended = {
      kind: 'pack-ended',
      pack,
      results: [{ key, passed: null, result: completeResult() }],
    } as const;
    cluster.dispatcher.received(session, ended, later(cluster.nowMs));
  }
  expect(cluster.backedOff).toHaveLength(1);
});

/** Which failures count against a trial, and when a trial is tried again. */
import { expect, test } from 'vitest';
import { FailingCluster } from '../../support/failing-cluster.ts';

/** A cluster with a worker that has finished all trials but the last. */
function withLastTrial(trials = 4): { cluster: FailingCluster; session: string; last: string } {
  const cluster = new FailingCluster(trials);
  const session = cluster.join('w');
  for (let finished = 1; finished < trials; finished++) cluster.finish(session);
  const [last = ''] = cluster.trains(session);
  return { cluster, session, last };
}

test('a trial fails after three crashes on its only worker, which finishes the other trials', () => {
  const { cluster, session, last } = withLastTrial();
  for (let crashes = 1; crashes <= 3; crashes++) cluster.crash(session);
  expect(cluster.status(last)).toBe('failed');
  expect(cluster.outcomes(last)).toEqual(['crashed', 'crashed', 'crashed']);
});

test('a trial that crashes on one worker is tried on another one', () => {
  const cluster = new FailingCluster(6);
  const [a, b] = [cluster.join('a'), cluster.join('b')];
  cluster.finish(a);
  cluster.finish(b);
  const [crashed = ''] = cluster.trains(a);
  cluster.crash(a);
  for (let left = 0; left < 2; left++) cluster.finish(a);
  while (!cluster.trains(b).includes(crashed)) cluster.finish(b);
  expect(cluster.failures(crashed)).toBe(1);
});

test('crashes on a worker that has finished nothing count against no trial', () => {
  const cluster = new FailingCluster(3);
  const session = cluster.join('sick');
  for (let crashes = 1; crashes <= 12; crashes++) cluster.crash(session);
  for (const trial of ['coarse/1', 'coarse/2', 'coarse/3']) {
    expect(cluster.status(trial)).toBe('waiting');
    expect(cluster.failures(trial)).toBe(0);
  }
  expect(cluster.reasons('coarse/1')[0]).toBe(
    'crashed: no memory (not counted as a failure: the worker has not finished a trial)',
  );
});

test('the crash of a pack of several trials counts against none, and each is tried alone', () => {
  const cluster = new FailingCluster(4);
  const session = cluster.join('w', { packMax: 2 });
  cluster.finish(session);
  const { members } = cluster.waitForPack(session);
  expect(members).toHaveLength(2);
  cluster.crash(session);
  for (const trial of ['coarse/3', 'coarse/4']) expect(cluster.failures(trial)).toBe(0);
  expect(cluster.waitForPack(session).members).toHaveLength(1);
  cluster.finish(session);
  expect(cluster.waitForPack(session).members).toHaveLength(1);
});

test('a worker on which many trials fail in a row charges no more trials while untried ones wait', () => {
  const cluster = new FailingCluster(20);
  const session = cluster.join('w');
  cluster.finish(session);
  for (let crashes = 1; crashes <= 12; crashes++) cluster.crash(session);
  const failures = Array.from({ length: 20 }, (_, index) =>
    cluster.failures(`coarse/${index + 1}`),
  );
  expect(failures.filter((count) => count > 0)).toHaveLength(4);
  expect(Math.max(...failures)).toBe(1);
});

test('a trial whose connection is cut again and again never fails', () => {
  const { cluster, session, last } = withLastTrial();
  let current = session;
  for (let cuts = 1; cuts <= 15; cuts++) {
    cluster.waitForPack(current);
    cluster.cut(current);
    // Another machine of the same name: the process behind the cut connection may still run.
    current = cluster.join('w', { machineId: `machine-${cuts}` });
  }
  expect(cluster.status(last)).not.toBe('failed');
  expect(cluster.failures(last)).toBe(0);
});

test('a trial that ends ten processes of one machine while it is all that they run fails', () => {
  const { cluster, session, last } = withLastTrial();
  let current = session;
  for (let deaths = 1; deaths <= 10; deaths++) {
    expect(cluster.status(last)).not.toBe('failed');
    cluster.waitForPack(current);
    cluster.cut(current);
    current = cluster.join('w');
  }
  expect(cluster.status(last)).toBe('failed');
  expect(cluster.trial(last)?.reason).toBe(
    '10 worker processes ended while they trained only this trial, at the same step',
  );
});

test('deaths at different steps are not the doing of the trial', () => {
  const { cluster, session, last } = withLastTrial();
  let current = session;
  for (let deaths = 1; deaths <= 30; deaths++) {
    cluster.waitForPack(current);
    // A step a tick, and a process that is killed from outside after a random time.
    const ticks = (deaths * 7) % 23;
    for (let step = 1; step <= ticks; step++) cluster.wait(200, { [current]: 100 * step });
    cluster.cut(current);
    current = cluster.join('w');
  }
  expect(cluster.status(last)).not.toBe('failed');
});

test('a trial that ended several processes is trained alone on a worker, which is kept free for it', () => {
  const cluster = new FailingCluster(30);
  let session = cluster.join('w', { threads: 2 });
  cluster.finish(session);
  const [suspect = ''] = cluster.trains(session);
  for (let deaths = 1; deaths <= 3; deaths++) {
    cluster.waitForPack(session);
    expect(cluster.trains(session)).toContain(suspect);
    cluster.cut(session);
    session = cluster.join('w', { threads: 2 });
  }
  cluster.waitForPack(session);
  expect(cluster.trains(session)).toEqual([suspect]);
  cluster.wait(10_000, { [session]: 1 });
  expect(cluster.trains(session)).toEqual([suspect]);
  cluster.finish(session);
  expect(cluster.status(suspect)).toBe('complete');
  expect(cluster.trains(session).length).toBeGreaterThan(1);
});

test('a trial rests longer after each attempt without a result from the third on', () => {
  const { cluster, session } = withLastTrial();
  let current = session;
  const waits: number[] = [];
  for (let cuts = 1; cuts <= 9; cuts++) {
    cluster.waitForPack(current);
    cluster.cut(current);
    const sinceMs = cluster.nowMs;
    // A new machine each time, which does not rest.
    current = cluster.join(`w${cuts}`);
    cluster.waitForPack(current);
    waits.push(Math.round((cluster.nowMs - sinceMs) / 1_000));
  }
  expect(waits).toEqual([0, 0, 1, 2, 4, 8, 16, 32, 60]);
});

test('a trial goes to a worker that has finished trials, not to one more new name of a sick machine', () => {
  const cluster = new FailingCluster(6);
  const healthy = cluster.join('healthy');
  let sick = cluster.join('sick-0');
  const [lost = ''] = cluster.trains(sick);
  for (let deaths = 1; deaths <= 3; deaths++) {
    cluster.waitForPack(sick);
    cluster.cut(sick);
    sick = cluster.join(`sick-${deaths}`);
  }
  expect(cluster.outcomes(lost)).toEqual(['lost', 'lost', 'lost']);
  while (!cluster.trains(healthy).includes(lost)) {
    cluster.finish(healthy);
    cluster.wait(2_000);
    expect(cluster.trains(sick)).not.toContain(lost);
  }
});

test('a trial that ends every process of the only machine leaves it to the other trials, and fails at the end', () => {
  const cluster = new FailingCluster(5);
  let session = cluster.join('w');
  const seen = new Set<string>();
  for (let round = 1; cluster.status('coarse/1') !== 'failed'; round++) {
    expect(round).toBeLessThan(60);
    cluster.waitForPack(session);
    const [trial = ''] = cluster.trains(session);
    // The first process of each other trial is killed from outside.
    if (trial !== 'coarse/1' && seen.has(trial)) {
      cluster.finish(session);
      continue;
    }
    seen.add(trial);
    cluster.cut(session);
    session = cluster.join('w');
  }
  for (const trial of ['coarse/2', 'coarse/3', 'coarse/4', 'coarse/5'])
    expect(cluster.status(trial)).toBe('complete');
});

test('a machine on which everything fails tries the trials in turn', () => {
  const cluster = new FailingCluster(4);
  let session = cluster.join('w');
  for (let deaths = 1; deaths <= 5; deaths++) {
    cluster.waitForPack(session);
    cluster.cut(session);
    session = cluster.join('w');
  }
  for (let crashes = 1; crashes <= 8; crashes++) cluster.crash(session);
  const attempts = [1, 2, 3, 4].map((index) => cluster.outcomes(`coarse/${index}`).length);
  expect(Math.max(...attempts) - Math.min(...attempts)).toBeLessThanOrEqual(1);
});

/**
 * The promises of `docs/reliability.md` with many repetitions and the default lease: `npm run test:long` runs them and prints the
 * table of `docs/reliability.md`. Takes hours.
 */
import { cpus, loadavg } from 'node:os';
import { setTimeout as timeout } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { loadStudy } from '../../../src/config/load-study.ts';
import { connectControl } from '../../../src/rpc/client/control-client.ts';
import { readAdminJoin } from '../../../src/rpc/credentials/join-files.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { processorMs } from '../support/process-tree.ts';
import { writeStudy, type OnEnd } from '../support/processes.ts';
import type { Findings } from './checker.ts';
import { FaultCluster } from './fault-cluster.ts';
import { writeLargeStore } from './large-store.ts';
import { networkRig, searchOutcomes } from './network-rig.ts';
import { addRow, counted, printTable, seconds } from './reliability-table.ts';
import {
  coordinatorFailpoints,
  endingFailpoints,
  killCoordinator,
} from './scenario-coordinator.ts';
import { fillDiskAgainAndAgain, failFsyncOnce } from './scenario-disk.ts';
import { killWorkers } from './scenario-workers.ts';

const nothing = { lost: [], twice: [], broken: [] };
const minutes = 60_000;
/** The default of `coordinator` and `run`. */
const leaseSeconds = 20;

afterAll(printTable);

describe.concurrent('a coordinator', { timeout: 60 * minutes }, () => {
  test('a coordinator killed 200 times in one study keeps every acknowledged result', async ({
    onTestFinished,
  }) => {
    const kills = 200;
    const { findings, slowestMs, cluster } = await killCoordinator({
      onEnd: onTestFinished,
      kills,
      failpoints: [],
      trials: 450,
      cycles: 2,
      random: Math.random,
    });
    addRow({
      promise: '1 an acknowledged result survives',
      fault: 'kill -9 of the coordinator at a random instant, one study of 900 trials',
      times: kills,
      ...counted([findings]),
      slowest: `${seconds(slowestMs)} from the kill to the next result`,
    });
    expect(findings).toMatchObject(nothing);
    const verified = await cluster.command(
      'verify',
      'killed',
      '--all',
      '--quiet',
      '--format',
      'json',
    );
    expect(JSON.parse(verified)).toMatchObject({ verified: 900, mismatched: 0 });
  });

  test('a coordinator killed 20 times at each failpoint keeps every acknowledged result', async ({
    onTestFinished,
  }) => {
    const rounds = 20;
    const failpoints = [...coordinatorFailpoints, ...endingFailpoints];
    const found: Findings[] = [];
    for (let round = 0; round < rounds; round++) {
      const options = { onEnd: onTestFinished, kills: 0, trials: 12, cycles: 1 };
      const { findings } = await killCoordinator({ ...options, failpoints, random: Math.random });
      found.push(findings);
      expect(findings).toMatchObject(nothing);
    }
    addRow({
      promise: '1 an acknowledged result survives',
      fault: `kill -9 at ${failpoints.length} failpoints before and after commits, sends and acknowledgements`,
      times: rounds * failpoints.length,
      ...counted(found),
      slowest: '-',
    });
  });

  test('a stopped coordinator ends within 5 s, and running trials keep their attempt', async ({
    onTestFinished,
  }) => {
    const found: Findings[] = [];
    let slowestMs = 0;
    for (let round = 0; round < 10; round++) {
      const rig = await networkRig({ onEnd: onTestFinished, leaseSeconds });
      await rig.trains('coarse/1');
      const toldMs = performance.now();
      rig.coordinator.kill('SIGTERM');
      expect((await rig.coordinator.finished).code).toBe(0);
      slowestMs = Math.max(slowestMs, performance.now() - toldMs);
      const findings = await rig.finish(
        await rig.cluster.coordinator(`${rig.cluster.dir}/network.yaml`),
      );
      expect(findings).toMatchObject(nothing);
      expect(searchOutcomes(findings, 'coarse/1')).toEqual(['accepted']);
      found.push(findings);
    }
    expect(slowestMs).toBeLessThan(5_000);
    addRow({
      promise: '7 a drain loses nothing',
      fault: 'SIGTERM to the coordinator in the middle of a trial, then started again',
      times: found.length,
      ...counted(found),
      slowest: `${seconds(slowestMs)} to its end with exit code 0`,
    });
  });

  test('a coordinator with 100,000 stored trials assigns the next trial within 3 s', async ({
    onTestFinished,
  }) => {
    const cluster = await FaultCluster.make({ onEnd: onTestFinished, leaseSeconds });
    const text = { name: 'large', trials: 101_000, coarseOnly: true };
    const study = writeStudy(cluster.dir, text);
    await writeLargeStore(cluster.state, study, 100_000);
    const first = await cluster.coordinator(study);
    cluster.worker();
    await first.prints(/on w1/);
    first.kill('SIGTERM');
    await first.finished;
    const startedMs = performance.now();
    const again = await cluster.coordinator(study);
    await again.prints(/on w1/);
    const tookMs = performance.now() - startedMs;
    const computedMs = processorMs(again.child.pid!);
    addRow({
      promise: '7 a restart is quick',
      fault: 'a coordinator started over 100,000 trials that have ended',
      times: 1,
      lost: null,
      twice: null,
      slowest: `${seconds(tookMs)} to the next result (${seconds(computedMs)} of processor time, load ${loadavg()[0]?.toFixed(0)} on ${cpus().length} cores)`,
    });
    // On a busy machine the time is not meaningful.
    if ((loadavg()[0] ?? 0) <= cpus().length) expect(tookMs).toBeLessThan(3_000);
  });
});

describe.concurrent('a worker', { timeout: 60 * minutes }, () => {
  test('a worker killed 200 times loses no trial', async ({ onTestFinished }) => {
    const kills = 200;
    const { findings, noticedMs, passedOver, wronglyFailed } = await killWorkers({
      onEnd: onTestFinished,
      kills,
      trials: 260,
      cycles: 8,
      random: Math.random,
    });
    addRow({
      promise: '2 a killed worker loses no trial',
      fault: 'kill -9 of a worker at a random instant, others come in its place',
      times: kills,
      ...counted([findings]),
      slowest: `${seconds(Math.max(0, ...noticedMs))} until its trial was first in the queue again (${noticedMs.length} were in flight)`,
    });
    expect(findings).toMatchObject(nothing);
    expect(passedOver).toEqual([]);
    expect(wronglyFailed).toEqual([]);
  });

  test('a worker disconnected for half a lease repeats no trial, and for longer costs one attempt', async ({
    onTestFinished,
  }) => {
    const short: Findings[] = [];
    const long: Findings[] = [];
    let slowestMs = 0;
    for (let round = 0; round < 5; round++) {
      const brief = await networkRig({ onEnd: onTestFinished, leaseSeconds });
      await brief.trains('coarse/1');
      brief.proxy.freeze();
      await timeout(10_000);
      brief.proxy.thaw();
      await brief.trains('coarse/2');
      brief.proxy.cut();
      const findings = await brief.finish();
      expect(findings.attempts.filter(({ outcome }) => outcome !== 'accepted')).toEqual([]);
      short.push(findings);

      const rig = await networkRig({ onEnd: onTestFinished, leaseSeconds });
      await rig.trains('coarse/1');
      const cutMs = performance.now();
      rig.proxy.freeze();
      await rig.coordinator.prints(/coarse\/1: attempt 1 on w1 ended without a result/);
      slowestMs = Math.max(slowestMs, performance.now() - cutMs);
      rig.cluster.worker();
      await rig.coordinator.prints(/coarse\/1 .*on w2/);
      rig.proxy.thaw();
      const later = await rig.finish();
      expect(searchOutcomes(later, 'coarse/1')).toEqual(['lost', 'accepted']);
      long.push(later);
    }
    for (const findings of [...short, ...long]) expect(findings).toMatchObject(nothing);
    addRow({
      promise: '3 a partition',
      fault: 'the connection frozen for 10 s of a lease of 20 s, then one that is cut',
      times: 2 * short.length,
      ...counted(short),
      slowest: 'nothing was redone',
    });
    addRow({
      promise: '3 a partition',
      fault: 'the connection frozen until the lease of 20 s ran out; the late result compared',
      times: long.length,
      ...counted(long),
      slowest: `${seconds(slowestMs)} until the trial was assigned again`,
    });
  });

  test('a worker and its coordinator notice within 30 s that the other has disappeared', async ({
    onTestFinished,
  }) => {
    let slowestMs = { worker: 0, coordinator: 0 };
    const rounds = 5;
    await Promise.all(
      Array.from({ length: rounds }, async () => {
        const noticed = await halfOpen(onTestFinished);
        slowestMs = {
          worker: Math.max(slowestMs.worker, noticed.workerMs),
          coordinator: Math.max(slowestMs.coordinator, noticed.coordinatorMs),
        };
      }),
    );
    addRow({
      promise: '3 a half-open connection is noticed',
      fault: 'bytes swallowed in both directions without an end, lease of 120 s',
      times: rounds,
      lost: null,
      twice: null,
      slowest: `${seconds(slowestMs.worker)} at the worker, ${seconds(slowestMs.coordinator)} at the coordinator`,
    });
    expect(slowestMs.worker).toBeLessThan(30_000);
    expect(slowestMs.coordinator).toBeLessThan(30_000);
  });

  test('a suspended worker process loses its lease, survives, and receives trials again', async ({
    onTestFinished,
  }) => {
    const found: Findings[] = [];
    let slowestMs = 0;
    for (let round = 0; round < 5; round++) {
      const rig = await networkRig({ onEnd: onTestFinished, leaseSeconds });
      await rig.trains('coarse/1');
      const stoppedMs = performance.now();
      rig.worker.running.kill('SIGSTOP');
      await rig.coordinator.prints(/coarse\/1: attempt 1 on w1 ended without a result/);
      slowestMs = Math.max(slowestMs, performance.now() - stoppedMs);
      rig.worker.running.kill('SIGCONT');
      const findings = await rig.finish();
      expect(findings).toMatchObject(nothing);
      expect(rig.worker.running.child.exitCode).toBe(null);
      found.push(findings);
    }
    addRow({
      promise: '4 a stopped worker',
      fault: 'SIGSTOP in the middle of a trial, SIGCONT after its lease of 20 s',
      times: found.length,
      ...counted(found),
      slowest: `${seconds(slowestMs)} until the trial was assigned again`,
    });
  });

  test('a client waits for a coordinator that answers nothing for 35 s', async ({
    onTestFinished,
  }) => {
    const cluster = await FaultCluster.make({ onEnd: onTestFinished });
    const file = writeStudy(cluster.dir, { name: 'silent', trials: 3, coarseOnly: true });
    const coordinator = await cluster.coordinator(file);
    const { study } = await loadStudy(file, describeTrainer, () => false);
    using client = await connectControl(readAdminJoin(cluster.state));
    coordinator.kill('SIGSTOP');
    const answer = client.resumeStudy(study);
    await timeout(35_000);
    coordinator.kill('SIGCONT');
    await answer;
  });

  test('a drained worker exits with 0, and no failure is counted', async ({ onTestFinished }) => {
    const found: Findings[] = [];
    let slowestMs = 0;
    for (let round = 0; round < 10; round++) {
      const rig = await networkRig({ onEnd: onTestFinished, leaseSeconds });
      await rig.trains('coarse/1');
      rig.worker.running.kill('SIGTERM');
      expect((await rig.worker.running.finished).code).toBe(0);
      const hasty = rig.cluster.worker({ args: ['--grace', '1'] });
      await rig.trains('coarse/2', hasty);
      const toldMs = performance.now();
      hasty.running.kill('SIGTERM');
      expect((await hasty.running.finished).code).toBe(0);
      slowestMs = Math.max(slowestMs, performance.now() - toldMs);
      rig.cluster.worker();
      const findings = await rig.finish();
      expect(findings).toMatchObject(nothing);
      expect(findings.trials.every(({ failures }) => failures === 0)).toBe(true);
      found.push(findings);
    }
    addRow({
      promise: '7 a drain loses nothing',
      fault:
        'SIGTERM to a worker in the middle of a trial, without a limit and with a grace of 1 s',
      times: 2 * found.length,
      ...counted(found),
      slowest: `${seconds(slowestMs)} to its end with exit code 0, grace 1 s`,
    });
  });
});

async function halfOpen(onEnd: OnEnd): Promise<{ workerMs: number; coordinatorMs: number }> {
  const rig = await networkRig({ onEnd, leaseSeconds: 120, cycles: 200 });
  await rig.trains('coarse/1');
  await timeout(Math.random() * 15_000); // Anywhere between two keepalives.
  const frozenMs = performance.now();
  rig.proxy.freeze();
  const after = async (noticed: Promise<unknown>): Promise<number> => {
    await noticed;
    return performance.now() - frozenMs;
  };
  const [workerMs, coordinatorMs] = await Promise.all([
    after(rig.worker.running.prints(/connection to the coordinator closed/)),
    after(rig.coordinator.prints(/worker w1 is lost/)),
  ]);
  return { workerMs, coordinatorMs };
}

describe.concurrent('a disk', { timeout: 30 * minutes }, () => {
  test('a full disk delays the study and loses nothing', async ({ onTestFinished, skip }) => {
    const filled = await fillDiskAgainAndAgain(onTestFinished, 5);
    if (filled === null) return skip('mounting a tmpfs needs root');
    const { findings, slowestMs } = filled;
    addRow({
      promise: '8 a full disk',
      fault: 'the disk filled to the last byte for a while, in the middle of a study',
      times: 5,
      ...counted([findings]),
      slowest: `${seconds(slowestMs)} from free space to the next result`,
    });
    expect(findings).toMatchObject(nothing);
  });

  test('a disk that does not confirm a write ends the process, and nothing is lost', async ({
    onTestFinished,
    skip,
  }) => {
    const found: Findings[] = [];
    let slowestMs = 0;
    for (let round = 0; round < 10; round++) {
      const failed = await failFsyncOnce(onTestFinished);
      if (failed === null) return skip('making fsync fail needs a C compiler (cc)');
      found.push(failed.findings);
      slowestMs = Math.max(slowestMs, failed.endedMs);
      expect(failed.findings).toMatchObject(nothing);
    }
    addRow({
      promise: '8 a failing fsync',
      fault: 'fsync and fdatasync of the store give EIO; started again afterwards',
      times: found.length,
      ...counted(found),
      slowest: `${seconds(slowestMs)} from the failure to the process's end`,
    });
  });
});

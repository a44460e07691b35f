/** Killed, disconnected, suspended and drained workers: no result is lost or counted twice. */
import { setTimeout as timeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { networkRig, searchOutcomes } from './network-rig.ts';
import { killWorkers } from './scenario-workers.ts';

const nothing = { lost: [], twice: [], broken: [] };
/** A lease that a test waits for. */
const leaseSeconds = 6;
/** A lease that does not expire, however busy the machine is. */
const longLeaseSeconds = 600;

describe.concurrent('a worker', () => {
  test('a worker killed 3 times loses no trial; no failure is counted, and its trials are assigned again before other trials', async ({
    onTestFinished,
  }) => {
    const { findings, passedOver, wronglyFailed } = await killWorkers({
      onEnd: onTestFinished,
      kills: 3,
      trials: 10,
      cycles: 8,
      random: Math.random,
    });
    expect(findings).toMatchObject(nothing);
    expect(wronglyFailed).toEqual([]);
    expect(findings.trials.filter(({ failures }) => failures > 0)).toEqual([]);
    expect(passedOver).toEqual([]);
  });

  test('a worker disconnected for less than its lease repeats no trial, whether its connection closes or not', async ({
    onTestFinished,
  }) => {
    const rig = await networkRig({ onEnd: onTestFinished, leaseSeconds: longLeaseSeconds });
    await rig.trains('coarse/1');
    rig.proxy.freeze();
    await timeout(2_000);
    rig.proxy.thaw();
    await rig.trains('coarse/2');
    rig.proxy.cut();
    const findings = await rig.finish();
    expect(findings).toMatchObject(nothing);
    for (const trial of ['coarse/1', 'coarse/2', 'coarse/3'])
      expect([trial, ...searchOutcomes(findings, trial)]).toEqual([trial, 'accepted']);
  });

  test('a worker disconnected for longer than its lease costs one attempt, and its late result is compared', async ({
    onTestFinished,
  }) => {
    const rig = await networkRig({ onEnd: onTestFinished, leaseSeconds });
    await rig.trains('coarse/1');
    rig.proxy.freeze();
    await rig.coordinator.prints(/coarse\/1: attempt 1 on w1 ended without a result/);
    rig.cluster.worker();
    await rig.coordinator.prints(/coarse\/1 .*on w2/);
    rig.proxy.thaw();
    const findings = await rig.finish();
    expect(findings).toMatchObject(nothing);
    expect(searchOutcomes(findings, 'coarse/1')).toEqual(['lost', 'accepted']);
    const late = rig.cluster.books.answered.filter(
      ({ trial, attempt }) => trial === 'coarse/1' && attempt === 1,
    );
    expect(late.map(({ answer }) => answer)).toEqual(['duplicate']);
  });

  test('the late result of a worker is accepted if its trial was not assigned again', async ({
    onTestFinished,
  }) => {
    const rig = await networkRig({ onEnd: onTestFinished, leaseSeconds });
    await rig.trains('coarse/1');
    rig.proxy.freeze();
    await rig.coordinator.prints(/coarse\/1: attempt 1 on w1 ended without a result/);
    await rig.worker.running.prints(/"trial":"coarse\/1",.*"msg":"trained"/);
    rig.proxy.thaw();
    const findings = await rig.finish();
    expect(findings).toMatchObject(nothing);
    expect(searchOutcomes(findings, 'coarse/1')).toEqual(['lost']);
    expect(findings.trials[0]).toMatchObject({ status: 'complete', attempts: 1, failures: 0 });
  });

  test('a suspended worker process loses its lease, and receives trials again when it continues', async ({
    onTestFinished,
  }) => {
    const rig = await networkRig({ onEnd: onTestFinished, leaseSeconds });
    await rig.trains('coarse/1');
    rig.worker.running.kill('SIGSTOP');
    await rig.coordinator.prints(/coarse\/1: attempt 1 on w1 ended without a result/);
    rig.worker.running.kill('SIGCONT');
    const findings = await rig.finish();
    expect(findings).toMatchObject(nothing);
    expect(searchOutcomes(findings, 'coarse/1')[0]).toBe('lost');
    expect(
      findings.attempts.filter(({ outcome }) => outcome === 'accepted').length,
    ).toBeGreaterThan(1);
    expect(rig.worker.running.child.exitCode).toBe(null);
  });

  test('a drained worker finishes its trials, or returns them after its grace time without counting a failure', async ({
    onTestFinished,
  }) => {
    const rig = await networkRig({ onEnd: onTestFinished, leaseSeconds: longLeaseSeconds });
    await rig.trains('coarse/1');
    rig.worker.running.kill('SIGTERM');
    expect((await rig.worker.running.finished).code).toBe(0);
    const hasty = rig.cluster.worker({ args: ['--grace', '0'] });
    await rig.trains('coarse/2', hasty);
    hasty.running.kill('SIGTERM');
    expect((await hasty.running.finished).code).toBe(0);
    rig.cluster.worker();
    const findings = await rig.finish();
    expect(findings).toMatchObject(nothing);
    expect(searchOutcomes(findings, 'coarse/1')).toEqual(['accepted']);
    expect(searchOutcomes(findings, 'coarse/2')).toEqual(['returned', 'accepted']);
    expect(findings.trials[1]).toMatchObject({ attempts: 2, failures: 0 });
  });
});

describe.concurrent('a coordinator', () => {
  test('a stopped coordinator exits with 0, and running trials keep their attempt over the restart', async ({
    onTestFinished,
  }) => {
    const rig = await networkRig({ onEnd: onTestFinished, leaseSeconds: longLeaseSeconds });
    await rig.trains('coarse/1');
    rig.coordinator.kill('SIGTERM');
    expect((await rig.coordinator.finished).code).toBe(0);
    const again = await rig.cluster.coordinator(`${rig.cluster.dir}/network.yaml`);
    const findings = await rig.finish(again);
    expect(findings).toMatchObject(nothing);
    expect(searchOutcomes(findings, 'coarse/1')).toEqual(['accepted']);
  });
});

/** Faulty machines: a thread that hangs, a trial that kills its thread, wrong results. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { writeStudy } from '../support/processes.ts';
import { check } from './checker.ts';
import { FaultCluster } from './fault-cluster.ts';
import { searchOutcomes } from './network-rig.ts';

const nothing = { lost: [], twice: [], broken: [] };
const odd = (hook: string, env: Record<string, string> = {}) => ({
  env: { ...env, NODE_OPTIONS: `--import=${fileURLToPath(new URL(hook, import.meta.url))}` },
});

describe.concurrent('a worker', () => {
  test('a worker with a hanging thread loses that lease, replaces the thread and keeps running', async ({
    onTestFinished,
  }) => {
    const cluster = await FaultCluster.make({ onEnd: onTestFinished, leaseSeconds: 10 });
    const study = writeStudy(cluster.dir, { name: 'hung', trials: 3, coarseOnly: true });
    const coordinator = await cluster.coordinator(study);
    const worker = cluster.worker(
      odd('./hanging-thread.ts', { TEST_HANG_MARK: join(cluster.dir, 'hung') }),
    );
    await coordinator.prints(
      /attempt 1 on w1 ended without a result: no progress within \d+ s; the lease is 10 s/,
    );
    await coordinator.prints(/hung is complete/);
    expect(worker.running.child.exitCode).toBe(null);
    coordinator.kill('SIGTERM');
    await coordinator.finished;
    const findings = check(cluster.state, 'hung', cluster.books);
    expect(findings).toMatchObject(nothing);
    const outcomes = ['coarse/1', 'coarse/2', 'coarse/3'].map((name) =>
      searchOutcomes(findings, name),
    );
    expect(outcomes.toSorted((a, b) => b.length - a.length)).toEqual([
      // The worker has not finished a trial, so the timeout does not count.
      ['returned', 'accepted'],
      ['accepted'],
      ['accepted'],
    ]);
  });

  test('a trial that kills every thread fails after its attempts, and the other trials of its pack complete', async ({
    onTestFinished,
  }) => {
    const cluster = await FaultCluster.make({ onEnd: onTestFinished });
    const study = writeStudy(cluster.dir, { name: 'poison', trials: 12, coarseOnly: true });
    const { stages } = JSON.parse(await cluster.plain('plan', study, '--format', 'json')) as {
      stages: { lambdas: { trial: string; lambda: number }[] }[];
    };
    const worst = stages[0]!.lambdas.toSorted((a, b) => b.lambda - a.lambda)[0]!;
    const coordinator = await cluster.coordinator(study);
    const hook = odd('./poisoned-thread.ts', { TEST_POISON: String(worst.lambda) });
    for (const _ of [1, 2]) cluster.worker({ ...hook, args: ['--pack', '4'] });
    await coordinator.prints(/poison is complete/);
    coordinator.kill('SIGTERM');
    await coordinator.finished;
    const findings = check(cluster.state, 'poison', cluster.books);
    expect(findings).toMatchObject({ lost: [], twice: [] });
    const attempts = findings.attempts.filter(({ trial }) => trial === worst.trial);
    // Attempts in a pack, and on a worker that has finished nothing, do not count.
    const counted = attempts.filter(({ outcome }) => outcome !== 'returned');
    expect(counted.map(({ outcome }) => outcome)).toEqual(['crashed', 'crashed', 'crashed']);
    expect(new Set(attempts.map(({ worker }) => worker)).size).toBe(2);
    for (const trial of findings.trials) {
      const isWorst = trial.name === worst.trial;
      expect(trial).toMatchObject({ status: isWorst ? 'failed' : 'complete' });
      expect(trial.failures).toBe(isWorst ? 3 : 0);
    }
    const results = await cluster.command('results', 'poison', '--format', 'json');
    expect(results).toContain('failed 3 times');
  });

  test('a worker that returns false results is excluded, and none of its results are kept', async ({
    onTestFinished,
  }) => {
    const cluster = await FaultCluster.make({ onEnd: onTestFinished });
    const study = writeStudy(cluster.dir, {
      name: 'lied',
      trials: 12,
      cycles: 4,
      coarseOnly: true,
    });
    appendFileSync(study, 'audit: { random: 0.1, top: 3 }\n');
    const coordinator = await cluster.coordinator(study);
    cluster.worker(odd('./lying-thread.ts'));
    // The study is paused after its first result, until the other workers have joined.
    await coordinator.prints(/coarse\/\d+ .*on w1/);
    await cluster.command('pause', 'lied');
    const joinOf = async (): Promise<string> => (await cluster.command('token', 'new')).trim();
    cluster.worker({ join: await joinOf() });
    cluster.worker({ join: await joinOf() });
    for (const name of ['w2', 'w3']) await coordinator.prints(new RegExp(`worker ${name} joined`));
    await cluster.command('resume', 'lied');
    await coordinator.prints(
      /worker w1 is excluded: its result of \S+ in lied differs from that of/,
    );
    // The coordinator's own worker decides which of two results is wrong, and leaves.
    await coordinator.prints(/worker coordinator joined with 1 thread/);
    await coordinator.prints(/worker coordinator left: all disputes are settled/);
    await coordinator.prints(/lied is complete/);
    coordinator.kill('SIGTERM');
    await coordinator.finished;
    const findings = check(cluster.state, 'lied', cluster.books);
    expect(findings.lost).toEqual([]);
    const verified = await cluster.command(
      'verify',
      'lied',
      '--all',
      '--quiet',
      '--format',
      'json',
    );
    expect(JSON.parse(verified)).toMatchObject({ verified: 12, mismatched: 0 });
    const { winner } = JSON.parse(await cluster.command('results', 'lied', '--format', 'json')) as {
      winner: { verified: boolean; reproduced: boolean };
    };
    expect(winner).toMatchObject({ verified: true, reproduced: true });
  });
});

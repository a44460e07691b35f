/** Machines on which a thread hangs, or that compute wrongly: real processes, made odd from outside. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { writeStudy } from '../processes.ts';
import { check } from './checker.ts';
import { FaultCluster } from './fault-cluster.ts';
import { outcomesOf } from './network-rig.ts';

const nothing = { lost: [], twice: [], broken: [] };
const odd = (hook: string, env: Record<string, string> = {}) => ({
  env: { ...env, NODE_OPTIONS: `--import=${fileURLToPath(new URL(hook, import.meta.url))}` },
});

describe.concurrent('a worker', { timeout: 120_000 }, () => {
  test('of which a thread hangs loses that lease; the thread is ended, its place used again, the process lives', async ({
    onTestFinished,
  }) => {
    const cluster = await FaultCluster.make({ onEnd: onTestFinished, leaseSeconds: 4 });
    const study = writeStudy(cluster.dir, { name: 'hung', trials: 3, coarseOnly: true });
    const coordinator = await cluster.coordinator(study);
    const worker = cluster.worker(
      odd('./hanging-thread.ts', { TEST_HANG_MARK: join(cluster.dir, 'hung') }),
    );
    await coordinator.says(/attempt 1 on w1 ended without a result: no progress within the lease/);
    await coordinator.says(/hung is complete/);
    expect(worker.running.child.exitCode).toBe(null);
    const findings = check(cluster.state, 'hung', cluster.books);
    expect(findings).toMatchObject(nothing);
    const outcomes = ['coarse/1', 'coarse/2', 'coarse/3'].map((name) => outcomesOf(findings, name));
    expect(outcomes.toSorted((a, b) => b.length - a.length)).toEqual([
      ['timeout', 'accepted'],
      ['accepted'],
      ['accepted'],
    ]);
  });

  test('that makes results better than they are is found, and nothing of what it said stays', async ({
    onTestFinished,
  }) => {
    const cluster = await FaultCluster.make({ onEnd: onTestFinished });
    const study = writeStudy(cluster.dir, { name: 'lied', trials: 24, coarseOnly: true });
    appendFileSync(study, 'audit: { random: 0.1, top: 3 }\n');
    const coordinator = await cluster.coordinator(study);
    cluster.worker(odd('./lying-thread.ts'));
    cluster.worker();
    cluster.worker();
    await coordinator.says(/worker w1 is quarantined: its result of \S+ in lied is not the one of/);
    await coordinator.says(/lied is complete/);
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
    expect(JSON.parse(verified)).toMatchObject({ verified: 24, mismatched: 0 });
    const { winner } = JSON.parse(await cluster.command('results', 'lied', '--format', 'json')) as {
      winner: { verified: boolean; reproduced: boolean };
    };
    expect(winner).toMatchObject({ verified: true, reproduced: true });
  });
});

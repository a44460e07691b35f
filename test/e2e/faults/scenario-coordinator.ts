/** Kills the coordinator repeatedly during one study. */
import { setTimeout as timeout } from 'node:timers/promises';
import { writeStudy, type OnEnd, type Running } from '../support/processes.ts';
import { check, type Findings } from './checker.ts';
import { FaultCluster, trialsEnded } from './fault-cluster.ts';

/** Instants before and after everything that is stored, sent or acknowledged, in the order of a study. */
export const coordinatorFailpoints = [
  'before-send/welcome',
  'after-send/welcome',
  'before-commit/attempt-opened',
  'after-commit/attempt-opened',
  'before-send/assign',
  'after-send/assign',
  'before-commit/trial-ended',
  'after-commit/trial-ended',
  'before-send/answer',
  'after-send/answer',
] as const;

/** Instants that occur once: at the end of a stage and of the study. */
export const endingFailpoints = [
  'before-commit/stage-closed',
  'after-commit/stage-closed',
  'before-commit/winner',
  'after-commit/winner',
  'before-commit/study-status',
] as const;

export interface KilledCoordinator {
  readonly findings: Findings;
  readonly kills: number;
  /** From a kill to the next trial that ended, the slowest. */
  readonly slowestMs: number;
  readonly cluster: FaultCluster;
}

export interface CoordinatorKills {
  readonly onEnd: OnEnd;
  /** At random instants. */
  readonly kills: number;
  /** At failpoints, in this order. */
  readonly failpoints: readonly string[];
  readonly trials: number;
  readonly cycles: number;
  /** In [0, 1). */
  readonly random: () => number;
}

export async function killCoordinator(options: CoordinatorKills): Promise<KilledCoordinator> {
  const { onEnd, kills, failpoints, trials, cycles, random } = options;
  const cluster = await FaultCluster.make({ onEnd, leaseSeconds: 60 });
  const study = writeStudy(cluster.dir, { name: 'killed', trials, cycles });
  let slowestMs = 0;
  let killedMs: number | null = null;
  const recovered = (): void => {
    if (killedMs !== null) slowestMs = Math.max(slowestMs, performance.now() - killedMs);
    killedMs = null;
  };
  let hasWorkers = false;
  /** The first one makes the join string of the workers. */
  const start = async (env: Record<string, string> = {}): Promise<Running> => {
    const running = await cluster.coordinator(study, { env });
    if (!hasWorkers) for (const _ of [1, 2]) cluster.worker();
    hasWorkers = true;
    return running;
  };

  if (kills > 0) {
    let running = await start();
    for (let kill = 0; kill < kills; kill++) {
      await trialsEnded(running, 1);
      recovered();
      await trialsEnded(running, 1 + Math.floor(random() * 3));
      await timeout(random() * 60);
      running.kill('SIGKILL');
      await running.finished;
      killedMs = performance.now();
      running = await start();
    }
    await trialsEnded(running, 1);
    recovered();
    running.kill('SIGKILL');
    await running.finished;
  }
  for (const failpoint of failpoints) {
    const dying = await start({ RIDGELINE_FAILPOINT: failpoint });
    const { signal } = await dying.finished;
    if (signal !== 'SIGKILL') throw new Error(`${failpoint} was not reached:\n${dying.stderr}`);
  }
  const coordinator = await start();
  await coordinator.prints(/killed is complete/);
  coordinator.kill('SIGKILL');
  await coordinator.finished;
  const findings = check(cluster.state, 'killed', cluster.books);
  return { findings, kills: kills + failpoints.length, slowestMs, cluster };
}

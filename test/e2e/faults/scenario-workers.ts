/** Kills workers repeatedly during one study; others replace them. */
import { setTimeout as timeout } from 'node:timers/promises';
import { writeStudy, type OnEnd } from '../support/processes.ts';
import { check, type Findings } from './checker.ts';
import { FaultCluster, trialsEnded, type Worker } from './fault-cluster.ts';

export interface KilledWorkers {
  readonly findings: Findings;
  /** Times from each kill until the worker's trials were waiting again. */
  readonly noticedMs: number[];
  /** Returned trials that were not the next ones to be assigned. */
  readonly passedOver: string[];
  /** Workers that lost an attempt although they were not killed, or more attempts than they ran. */
  readonly wronglyFailed: string[];
}

export interface WorkerKills {
  readonly onEnd: OnEnd;
  readonly kills: number;
  readonly trials: number;
  readonly cycles: number;
  /** In [0, 1). */
  readonly random: () => number;
}

export async function killWorkers(options: WorkerKills): Promise<KilledWorkers> {
  const { onEnd, kills, trials, cycles, random } = options;
  const cluster = await FaultCluster.make({ onEnd, leaseSeconds: 60 });
  const study = writeStudy(cluster.dir, { name: 'killed', trials, cycles });
  const coordinator = await cluster.coordinator(study);
  const killedAtMs = new Map<string, number>();
  const workers = Array.from({ length: workersAtOnce }, () => cluster.worker());
  while (killedAtMs.size < kills) {
    await trialsEnded(coordinator, killedAtMs.size + 1);
    await Promise.race(
      workers.map(
        async (worker) =>
          await worker.running.until(() => (isVictim(worker) ? true : null), 'training'),
      ),
    );
    await timeout(random() * 50);
    const training = workers.filter(isVictim);
    const victim = training[Math.floor(random() * training.length)];
    if (victim === undefined) continue; // It has just finished.
    // While it is suspended, what it has printed is read: it may have started another attempt.
    victim.running.kill('SIGSTOP');
    await timeout(20);
    if (!isVictim(victim)) {
      victim.running.kill('SIGCONT');
      continue;
    }
    workers.splice(workers.indexOf(victim), 1, cluster.worker());
    killedAtMs.set(victim.name, Date.now());
    victim.running.kill('SIGKILL');
    await victim.running.finished;
  }
  await coordinator.prints(/killed is complete/);
  coordinator.kill('SIGTERM');
  await coordinator.finished;
  const findings = check(cluster.state, 'killed', cluster.books);
  return {
    findings,
    noticedMs: noticed(findings, killedAtMs),
    passedOver: passedOver(findings),
    wronglyFailed: wronglyFailed(findings, killedAtMs),
  };
}

/** Enough that some worker always trains. */
const workersAtOnce = 3;

/**
 * Whether the worker may be killed: it trains, and not a third attempt, after which the trial would
 * rest. That is another promise.
 */
function isVictim({ running }: Worker): boolean {
  const started = [...running.stderr.matchAll(/"pack":"[^"#]*#(\d+)","msg":"training"/g)];
  const ended = running.stderr.match(/"msg":"trained"/g)?.length ?? 0;
  return started.length > ended && started.at(-1)?.[1] !== '3';
}

function noticed({ attempts }: Findings, killedAtMs: ReadonlyMap<string, number>): number[] {
  return attempts.flatMap(({ worker, outcome, ended_at_ms }) => {
    const killed = killedAtMs.get(worker);
    return outcome !== 'lost' || killed === undefined || ended_at_ms === null
      ? []
      : [ended_at_ms - killed];
  });
}

/** The next free thread must receive a returned trial, before any other waiting trial. */
function passedOver({ attempts }: Findings): string[] {
  return attempts.flatMap((attempt, index) => {
    const next = attempts[index + 1];
    if (attempt.outcome !== 'lost' || attempt.ended_at_ms === null) return [];
    const waiting = attempt.ended_at_ms;
    const overtook = attempts.filter(
      (other) =>
        other.attempt === 1 &&
        other.assigned_at_ms > waiting &&
        next?.trial === attempt.trial &&
        other.assigned_at_ms < next.assigned_at_ms,
    );
    return overtook.map((other) => `${other.trial} before ${attempt.trial}`);
  });
}

/** A killed worker runs at most one trial: it has one thread and packs of one. */
function wronglyFailed({ attempts }: Findings, killedAtMs: ReadonlyMap<string, number>): string[] {
  const failures = new Map<Worker['name'], number>();
  for (const { worker, outcome } of attempts)
    if (outcome === 'lost' || outcome === 'crashed' || outcome === 'timeout')
      failures.set(worker, (failures.get(worker) ?? 0) + 1);
  return [...failures]
    .filter(([worker, times]) => !killedAtMs.has(worker) || times > 1)
    .map(([worker, times]) => `${worker}: ${times} attempts`);
}

/**
 * Probation: the results of a machine on which a worker was excluded are always audited, in every study with
 * reproducible results.
 *
 * An exclusion ends when the worker process is restarted, but a defective machine is often restarted without
 * a repair. So the machine is stored with the exclusion. Its probation ends when enough of its results were
 * verified by other tokens; the count is in memory only, and starts again after a restart of the coordinator.
 */
import type { Exclusion } from '../../../study/exclusion.ts';
import { votesFor } from '../results/votes.ts';
import type { ClusterState, Probation, WorkerEntry } from '../state/cluster-state.ts';
import type { AttemptEntry, TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { machineOf } from './machines.ts';

/** Verified results after which a machine is trusted again. */
const verifiedMin = 20;

export function newProbation(reason: string): Probation {
  return { reason, verified: 0 };
}

/** @param excluded by session, in the order of the exclusions */
export function probationsFrom(excluded: Iterable<Exclusion>): Map<string, Probation> {
  const probations = new Map<string, Probation>();
  for (const { machine, reason } of excluded)
    if (machine !== null) probations.set(machine, newProbation(reason));
  return probations;
}

/** Identity of the machine on which an attempt ran. */
export function machineOfAttempt({
  machineId,
  worker,
}: Pick<AttemptEntry, 'machineId' | 'worker'>): string {
  return machineOf({ machineId, name: worker });
}

/** Whether only machines on probation have computed the result of the trial; false for that of another study. */
export function isOnProbation({ excluded, probation }: ClusterState, trial: TrialEntry): boolean {
  if (probation.size === 0 || trial.source !== undefined) return false;
  // bug: probation-is-not-audited
  return votesFor(excluded, trial).every((vote) => probation.has(machineOfAttempt(vote)));
}

/** A result was verified: counts it for the machines on probation that have computed it. */
export function noteVerified(turn: Turn, trial: TrialEntry): void {
  const { excluded, probation, studies } = turn.state;
  if (probation.size === 0) return;
  for (const machine of new Set(votesFor(excluded, trial).map(machineOfAttempt))) {
    const known = probation.get(machine);
    if (known === undefined) continue;
    known.verified += 1;
    if (known.verified < verifiedMin) continue;
    probation.delete(machine);
    turn.persist({ kind: 'machine-trusted', machine });
    const worker = machine.slice(machine.indexOf(' ') + 1);
    turn.log('worker-trusted', `${worker}: ${verifiedMin} of its results were verified`);
    for (const study of studies.values()) for (const stage of study.stages) stage.audits = null;
  }
}

/** Why the results of the worker are audited; null if it is not on probation. */
export function probationReason({ probation }: ClusterState, worker: WorkerEntry): string | null {
  const known = probation.get(machineOf(worker));
  return known === undefined
    ? null
    : `on probation: each of its results is audited, until ${verifiedMin} are verified (now ${known.verified}), because it was excluded before (${known.reason})`;
}

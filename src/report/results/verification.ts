/**
 * Verification: whether a worker of another token computed a trial again with the same result: as an audit, as
 * the test of the winner, or after the loss of a worker.
 */
import { areIndependent } from '../../study/independence.ts';
import { isProgram } from '../../study/trainer-description.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../../study/trial.ts';

export interface TrialVerification {
  /** False: another result, and the dispute is not settled; null: no other token computed the trial. */
  readonly verified: boolean | null;
  /** Names of the workers of other tokens that computed the same result. */
  readonly workers: readonly string[];
  /** A sentence; null if the trial has no result. */
  readonly words: string | null;
}

/** Attempts by the trial's name. */
export type AttemptsByTrial = ReadonlyMap<string, readonly AttemptRecord[]>;

/** @param attempts of this trial */
export function trialVerification(
  study: StudyRecord,
  trial: TrialRecord,
  attempts: readonly AttemptRecord[],
): TrialVerification {
  if (trial.result?.kind !== 'complete') return { verified: null, workers: [], words: null };
  const disputed = attempts.filter(({ outcome }) => outcome === 'disputed');
  const { winner } = study;
  const isWinner = winner !== null && trialName(winner.trial) === trialName(trial.id);
  // A verified trial has a settled dispute: a third worker agreed with one of the two.
  const isOpen = trial.audit === 'disputed' || (disputed.length > 0 && trial.audit !== 'verified');
  if (isOpen || (isWinner && winner.reproduced === false)) {
    const workers = [...new Set(disputed.map(({ worker }) => worker))];
    const names = workers.length === 0 ? 'another worker' : workers.join(', ');
    return { verified: false, workers: [], words: `NO: ${names} computed another result` };
  }
  const own = attempts.find((attempt) => isOwnResult(attempt, trial));
  const equal = attempts.filter((attempt) => hasEqualResult(attempt, trial) && attempt !== own);
  const workers = [...new Set(equal.map(({ worker }) => worker))];
  const independent = equal.filter((attempt) => own !== undefined && areIndependent(own, attempt));
  const others = [...new Set(independent.map(({ worker }) => worker))];
  if (others.length > 0 || trial.audit === 'verified') {
    const names = others.length === 0 ? 'another worker' : others.join(', ');
    return { verified: true, workers: others, words: `yes: ${names} computed the same digest` };
  }
  const words = isProgramStudy(study) && workers.length === 0 ? onceWords(study) : null;
  return { verified: null, workers: [], words: words ?? repeatedWords(trial, workers) };
}

/** Whether a program of the user trains its trials. */
function isProgramStudy({ spec }: StudyRecord): boolean {
  return isProgram(spec.trainer);
}

function onceWords({ spec }: StudyRecord): string {
  return spec.trainer['repeatable'] === 'exact'
    ? 'computed once'
    : 'not repeatable: the program may give another result next time';
}

/** @param workers those that computed the same result again */
function repeatedWords({ worker, audit }: TrialRecord, workers: readonly string[]): string {
  const others = workers.filter((name) => name !== worker);
  if (others.length > 0)
    return `not independently; ${others.join(', ')}, with the same token, computed the same digest`;
  return workers.length > 0 || audit === 'repeated'
    ? `not by another worker; ${worker} computed the same digest twice`
    : 'computed once';
}

/** Of all replicates of a configuration: true if each is verified, false if one is disputed. */
export function areVerified(
  study: StudyRecord,
  replicates: readonly TrialRecord[],
  attempts: AttemptsByTrial,
): boolean | null {
  const each = replicates.map(
    (trial) => trialVerification(study, trial, attempts.get(trialName(trial.id)) ?? []).verified,
  );
  if (each.includes(false)) return false;
  return each.every((verified) => verified === true) ? true : null;
}

/** Whether the trial's result is of this attempt: the last one of its worker, if a correction replaced it. */
function isOwnResult({ worker, kind, fingerprint }: AttemptRecord, trial: TrialRecord): boolean {
  const isEqual = fingerprint === null || fingerprint === trial.fingerprint;
  return worker === trial.worker && kind !== 'test' && isEqual;
}

/** After a correction, the attempt that computed the right result first is on record as disputed. */
function hasEqualResult({ outcome, kind, fingerprint }: AttemptRecord, trial: TrialRecord) {
  return (
    outcome === 'duplicate' ||
    (outcome === 'accepted' && kind !== 'search') ||
    (outcome === 'disputed' && fingerprint !== null && fingerprint === trial.fingerprint)
  );
}

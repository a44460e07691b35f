/**
 * Verification: whether another worker computed a trial again with the same result: as an audit, as the test
 * of the winner, or after the loss of a worker.
 */
import type { StudyRecord } from '../../study/study-record.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../../study/trial.ts';

export interface TrialVerification {
  /** False: another result, and the dispute is not settled; null: no other worker computed the trial. */
  readonly verified: boolean | null;
  /** Names of the other workers that computed the same result. */
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
  const equal = attempts.filter((attempt) => hasEqualResult(attempt, trial));
  const workers = [...new Set(equal.map(({ worker }) => worker))];
  const others = workers.filter((worker) => worker !== trial.worker);
  if (others.length > 0 || trial.audit === 'verified') {
    const names = others.length === 0 ? 'another worker' : others.join(', ');
    return { verified: true, workers: others, words: `yes: ${names} computed the same digest` };
  }
  const isRepeated = workers.length > 0 || trial.audit === 'repeated';
  return {
    verified: null,
    workers: [],
    words: isRepeated
      ? `not by another worker; ${trial.worker} computed the same digest twice`
      : 'computed once; the command below checks the digest',
  };
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

/** After a correction, the attempt that computed the right result first is on record as disputed. */
function hasEqualResult({ outcome, kind, fingerprint }: AttemptRecord, trial: TrialRecord) {
  return (
    outcome === 'duplicate' ||
    (outcome === 'accepted' && kind !== 'search') ||
    (outcome === 'disputed' && fingerprint !== null && fingerprint === trial.fingerprint)
  );
}

/**
 * Whether a trial was computed again, by whom, and what that showed: one answer for every output.
 *
 * `verified` is true where another worker got the same result to the last bit, false where one got another
 * result and nobody settled it, and null where no other worker computed it. It does not matter why it was
 * computed again: for an audit, to test the winner, or because its first worker was thought to be lost.
 */
import type { StudyRecord } from '../../study/study-record.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../../study/trial.ts';

export interface Recomputation {
  readonly verified: boolean | null;
  /** Other workers with the same result. */
  readonly workers: readonly string[];
  /** Null where there is no result. */
  readonly words: string | null;
}

/** @param attempts of this trial; those that gave no result, or the one that stands, say nothing here */
export function recomputationOf(
  study: StudyRecord,
  trial: TrialRecord,
  attempts: readonly AttemptRecord[],
): Recomputation {
  if (trial.result?.kind !== 'complete') return { verified: null, workers: [], words: null };
  const disputed = attempts.filter(({ outcome }) => outcome === 'disputed');
  const { winner } = study;
  const isWinner = winner !== null && trialName(winner.trial) === trialName(trial.id);
  // A third worker may have settled it: then the one that computed something else was wrong.
  const isOpen = trial.audit === 'disputed' || (disputed.length > 0 && trial.audit !== 'verified');
  if (isOpen || (isWinner && winner.reproduced === false)) {
    const workers = [...new Set(disputed.map(({ worker }) => worker))];
    const who = workers.length === 0 ? 'another worker' : workers.join(', ');
    return { verified: false, workers: [], words: `NO: ${who} computed another result` };
  }
  const again = attempts.filter((attempt) => isSameAgain(attempt, trial));
  const workers = [...new Set(again.map(({ worker }) => worker))];
  const others = workers.filter((worker) => worker !== trial.worker);
  if (others.length > 0 || trial.audit === 'verified') {
    const who = others.length === 0 ? 'another worker' : others.join(', ');
    return { verified: true, workers: others, words: `yes: the same digest again on ${who}` };
  }
  const isRepeated = workers.length > 0 || trial.audit === 'repeated';
  return {
    verified: null,
    workers: [],
    words: isRepeated
      ? `by no other worker; the same digest again on ${trial.worker}, its own`
      : 'computed once; `train again` below checks the digest',
  };
}

/** Of all replicates of a λ: yes where each is, no where one is not. @param attempts by the trial's name */
export function verifiedOf(
  study: StudyRecord,
  replicates: readonly TrialRecord[],
  attempts: ReadonlyMap<string, readonly AttemptRecord[]>,
): boolean | null {
  const each = replicates.map(
    (trial) => recomputationOf(study, trial, attempts.get(trialName(trial.id)) ?? []).verified,
  );
  if (each.includes(false)) return false;
  return each.every((verified) => verified === true) ? true : null;
}

/** Where a result was put right, the attempt that gave the right one first was called disputed. */
function isSameAgain({ outcome, kind, fingerprint }: AttemptRecord, trial: TrialRecord) {
  return (
    outcome === 'duplicate' ||
    (outcome === 'accepted' && kind !== 'search') ||
    (outcome === 'disputed' && fingerprint !== null && fingerprint === trial.fingerprint)
  );
}

/** Attempt times: when a configuration was trained. Audits and tests of the winner are not counted. */
import { trialName, type TrialRecord } from '../../study/trial.ts';
import type { AttemptsByTrial } from './verification.ts';

export interface AttemptTimes {
  /** When the first attempt of any replicate was assigned; null if none was, or attempts are unknown. */
  readonly startedAtMs: number | null;
  /** When the last attempt of any replicate ended; null if one has not ended, or attempts are unknown. */
  readonly endedAtMs: number | null;
}

export function attemptTimes(
  replicates: readonly TrialRecord[],
  attempts: AttemptsByTrial,
): AttemptTimes {
  const searches = replicates
    .flatMap(({ id }) => attempts.get(trialName(id)) ?? [])
    .filter(({ kind }) => kind === 'search');
  const starts = searches.map(({ assignedAtMs }) => assignedAtMs);
  const ends = searches.flatMap(({ endedAtMs }) => endedAtMs ?? []);
  const isOpen = replicates.some(({ status }) => status === 'waiting' || status === 'running');
  return {
    startedAtMs: starts.length === 0 ? null : Math.min(...starts),
    endedAtMs: isOpen || ends.length === 0 ? null : Math.max(...ends),
  };
}

/** Attempt times: when a configuration was trained. Audits and tests of the winner are not counted. */
import { trialName, type AttemptRecord, type TrialRecord } from '../../study/trial.ts';
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

/** Time in which at least one attempt ran, in ms. Lost attempts do not count: their true ends are unknown. */
export function activeMs(attempts: readonly AttemptRecord[]): number {
  const ended = attempts
    .filter(({ endedAtMs, outcome }) => endedAtMs !== null && outcome !== 'lost')
    .toSorted((a, b) => a.assignedAtMs - b.assignedAtMs);
  let sum = 0;
  let untilMs = -Infinity;
  for (const { assignedAtMs, endedAtMs } of ended) {
    sum += Math.max(0, (endedAtMs ?? 0) - Math.max(assignedAtMs, untilMs));
    untilMs = Math.max(untilMs, endedAtMs ?? 0);
  }
  return sum;
}

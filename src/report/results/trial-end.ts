/** Trial end: how a trained trial ended, for charts: with a value, or why it has none. */
export type TrialEnd = 'complete' | 'diverged' | 'stopped';

/**
 * Null for a trial that was not trained, or has not ended.
 *
 * @param status of the trial; one that was stopped at a rung has a result, but no value that ranks
 */
export function trialEnd(
  status: string,
  value: number | null,
  isTrained: boolean,
): TrialEnd | null {
  if (value !== null) return 'complete';
  if (!isTrained) return null;
  if (status === 'stopped') return 'stopped';
  return status === 'failed' ? 'diverged' : null;
}

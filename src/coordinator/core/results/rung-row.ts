/** Rung row: what the store needs to know of a result of a trial with rungs. */
import type { TrialEntry } from '../state/trial-state.ts';

export function rungRow({ rungs }: TrialEntry): { rung?: 'between' | 'last' } {
  if (rungs === null) return {};
  return { rung: rungs.toStep === null ? 'last' : 'between' };
}

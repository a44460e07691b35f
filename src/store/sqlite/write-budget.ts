/** Budget writes: store the end of a budget, the time of a study, and the trials beyond the end. */
import type { DatabaseSync } from 'node:sqlite';
import type { RowWriters } from '../rows.ts';
import { hasResult, isTrial, prepare, trialKey } from './statements.ts';
import type { Tables, TrialKey } from './tables.ts';

type StudyColumns<Column extends keyof Tables['study']> = Pick<Tables['study'], 'name' | Column>;
type TrialStatusColumns = TrialKey & Pick<Tables['trial'], 'status' | 'reason'>;

export function budgetWriter(
  database: DatabaseSync,
): RowWriters<'budget-ended' | 'study-time' | 'trial-dropped' | 'trial-restored'> {
  const setEnd = prepare<StudyColumns<'budget_end'>>(
    database,
    'UPDATE study SET budget_end = :budget_end WHERE name = :name',
  );
  const setTime = prepare<StudyColumns<'active_ms'>>(
    database,
    'UPDATE study SET active_ms = :active_ms WHERE name = :name',
  );
  const drop = prepare<TrialKey & Pick<Tables['trial'], 'reason'>>(
    database,
    `UPDATE trial SET status = 'cancelled', reason = :reason WHERE ${isTrial} AND status <> 'cancelled'`,
  );
  const restore = prepare<TrialStatusColumns>(
    database,
    `UPDATE trial SET status = :status, reason = :reason, failures = 0
     WHERE ${isTrial} AND status = 'cancelled' AND ${hasResult}`,
  );
  return {
    'budget-ended': ({ study, end }) =>
      setEnd.changeOne({ name: study, budget_end: end === null ? null : JSON.stringify(end) }),
    'study-time': ({ study, activeMs }) => setTime.changeOne({ name: study, active_ms: activeMs }),
    'trial-dropped': ({ study, trial, reason }) =>
      drop.changeOne({ ...trialKey(study, trial), reason }),
    'trial-restored': ({ study, trial, status, reason }) =>
      restore.changeOne({ ...trialKey(study, trial), status, reason }),
  };
}

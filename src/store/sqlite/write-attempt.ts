/** Writes of attempts, and what they change in their trial: its status and its counts. */
import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import { trialName } from '../../study/trial.ts';
import type { StoreRow } from '../rows.ts';
import { insert, isTrial, keyColumns, prepare, trialKey } from './statements.ts';
import type { Tables, TrialKey } from './tables.ts';

type AttemptKey = TrialKey & { attempt: number };
type AttemptEnd = Pick<Tables['attempt'], 'outcome' | 'reason' | 'ended_at_ms' | 'fingerprint'>;

export function attemptWriter(database: DatabaseSync) {
  const statements = attemptStatements(database);
  return {
    'attempt-opened': ({ study, attempt: record }: StoreRow<'attempt-opened'>): void => {
      const { trial, attempt } = record;
      const key = trialKey(study, trial);
      statements.open.changeOne(
        {
          ...key,
          attempt,
          kind: record.kind,
          worker: record.worker,
          session: record.session,
          pack: record.pack,
          assigned_at_ms: record.assignedAtMs,
          ended_at_ms: record.endedAtMs,
          outcome: record.outcome,
          reason: record.reason,
          fingerprint: record.fingerprint,
        },
        () => `opening attempt ${attempt} of ${trialName(trial)}`,
      );
      if (record.kind !== 'search') return;
      statements.run.changeOne(key, () => `assigning ${trialName(trial)}`);
    },

    'attempt-closed': (row: StoreRow<'attempt-closed'>): void => {
      const { study, trial, attempt, outcome, reason, endedAtMs, fingerprint } = row;
      const key = trialKey(study, trial);
      const end = { outcome, reason, ended_at_ms: endedAtMs, fingerprint };
      const closed = statements.close.first({ ...key, attempt, ...end });
      assert(closed, () => `attempt ${attempt} of ${trialName(trial)} is open until it is closed`);
      if (!row.countsAsFailure || closed.kind !== 'search') return;
      statements.countFailure.changeOne(key, () => `counting a failure of ${trialName(trial)}`);
    },

    'attempt-reported': (row: StoreRow<'attempt-reported'>): void => {
      const { study, trial, attempt, fingerprint } = row;
      statements.report.changeOne(
        { ...trialKey(study, trial), attempt, fingerprint },
        () => `the late result of attempt ${attempt} of ${trialName(trial)}`,
      );
    },
  };
}

function attemptStatements(database: DatabaseSync) {
  return {
    open: insert(database, 'attempt', [
      ...keyColumns,
      'attempt',
      'kind',
      'worker',
      'session',
      'pack',
      'assigned_at_ms',
      'ended_at_ms',
      'outcome',
      'reason',
      'fingerprint',
    ]),
    run: prepare<TrialKey>(
      database,
      `UPDATE trial SET status = 'running', attempts = attempts + 1 WHERE ${isTrial} AND status = 'waiting'`,
    ),
    countFailure: prepare<TrialKey>(
      database,
      `UPDATE trial SET failures = failures + 1 WHERE ${isTrial}`,
    ),
    close: prepare<AttemptKey & AttemptEnd, Pick<Tables['attempt'], 'kind'>>(
      database,
      `UPDATE attempt SET outcome = :outcome, reason = :reason, ended_at_ms = :ended_at_ms, fingerprint = :fingerprint
       WHERE ${isTrial} AND attempt = :attempt AND outcome IS NULL RETURNING kind`,
    ),
    report: prepare<AttemptKey & { fingerprint: string }>(
      database,
      `UPDATE attempt SET fingerprint = :fingerprint
       WHERE ${isTrial} AND attempt = :attempt AND outcome IS NOT NULL AND fingerprint IS NULL`,
    ),
  };
}

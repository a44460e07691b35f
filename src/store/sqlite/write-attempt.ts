/** Attempt writes: store attempts, and update the status and the counts of their trials. */
import type { DatabaseSync } from 'node:sqlite';
import type { RowWriters } from '../rows.ts';
import { insert, isTrial, keyColumns, prepare, trialKey } from './statements.ts';
import type { Tables, TrialKey } from './tables.ts';

type AttemptKey = TrialKey & { attempt: number };
type AttemptEnd = Pick<Tables['attempt'], 'outcome' | 'reason' | 'ended_at_ms' | 'fingerprint'>;

export function attemptWriter(
  database: DatabaseSync,
): RowWriters<'attempt-opened' | 'attempt-closed' | 'attempt-reported'> {
  const open = insert(database, 'attempt');
  const run = prepare<TrialKey>(
    database,
    `UPDATE trial SET status = 'running', attempts = attempts + 1 WHERE ${isTrial} AND status = 'waiting'`,
  );
  // Without RETURNING, for which SQLite builds a temporary table at each call.
  const close = prepare<AttemptKey & AttemptEnd>(
    database,
    `UPDATE attempt SET outcome = :outcome, reason = :reason, ended_at_ms = :ended_at_ms, fingerprint = :fingerprint
     WHERE ${isTrial} AND attempt = :attempt AND outcome IS NULL`,
  );
  const countFailure = prepare<AttemptKey>(
    database,
    `UPDATE trial SET failures = failures + 1 WHERE ${isTrial} AND EXISTS (SELECT 1 FROM attempt AS a
     WHERE ${keyColumns.map((column) => `a.${column} = trial.${column}`).join(' AND ')}
     AND a.attempt = :attempt AND a.kind = 'search')`,
  );
  const report = prepare<AttemptKey & { fingerprint: string }>(
    database,
    `UPDATE attempt SET fingerprint = :fingerprint
     WHERE ${isTrial} AND attempt = :attempt AND outcome IS NOT NULL AND fingerprint IS NULL`,
  );
  return {
    'attempt-opened': ({ study, attempt: record }) => {
      const { trial, assignedAtMs, endedAtMs, machineId, tokenId, ...columns } = record;
      const key = trialKey(study, trial);
      const ids = { machine_id: machineId, token_id: tokenId };
      const times = { assigned_at_ms: assignedAtMs, ended_at_ms: endedAtMs };
      open({ ...key, ...columns, ...ids, ...times });
      if (record.kind === 'search') run.changeOne(key);
    },
    'attempt-closed': (row) => {
      const { study, trial, attempt, outcome, reason, endedAtMs, fingerprint } = row;
      const key = trialKey(study, trial);
      const end = { outcome, reason, ended_at_ms: endedAtMs, fingerprint };
      close.changeOne({ ...key, attempt, ...end });
      if (row.countsAsFailure) countFailure.change({ ...key, attempt });
    },
    'attempt-reported': ({ study, trial, attempt, fingerprint }) =>
      report.changeOne({ ...trialKey(study, trial), attempt, fingerprint }),
  };
}

/** Attempt writes: store attempts, and update the status and the counts of their trials. */
import type { DatabaseSync } from 'node:sqlite';
import type { AttemptOutcome } from '../../study/trial.ts';
import type { RowWriters } from '../rows.ts';
import {
  insertOrdered,
  isTrial,
  keyColumns,
  prepare,
  prepareOrdered,
  trialKey,
  type OrderedKey,
  type OrderedStatement,
} from './statements.ts';
import type { TrialKey } from './tables.ts';

type AttemptKey = TrialKey & { attempt: number };
type AttemptEnd = [
  outcome: AttemptOutcome,
  reason: string | null,
  endedAtMs: number,
  fingerprint: string | null,
];

export function attemptWriter(
  database: DatabaseSync,
): RowWriters<'attempt-opened' | 'attempt-closed' | 'attempt-reported'> {
  // Without RETURNING, for which SQLite builds a temporary table at each call.
  const close: OrderedStatement<[...AttemptEnd, ...OrderedKey, attempt: number]> = prepareOrdered(
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
    'attempt-opened': attemptOpener(database),
    'attempt-closed': (row) => {
      const { study, trial, attempt, outcome, reason, endedAtMs, fingerprint } = row;
      const { stage, index, replicate } = trial;
      close(outcome, reason, endedAtMs, fingerprint, study, stage, index, replicate, attempt);
      if (row.countsAsFailure) countFailure.change({ ...trialKey(study, trial), attempt });
    },
    'attempt-reported': ({ study, trial, attempt, fingerprint }) =>
      report.changeOne({ ...trialKey(study, trial), attempt, fingerprint }),
  };
}

function attemptOpener(database: DatabaseSync): RowWriters<'attempt-opened'>['attempt-opened'] {
  const open = insertOrdered(database, 'attempt', [
    ...keyColumns,
    'attempt',
    'kind',
    'worker',
    'session',
    'machine_id',
    'token_id',
    'pack',
    'assigned_at_ms',
    'ended_at_ms',
    'outcome',
    'reason',
    'fingerprint',
    'to_step',
  ]);
  const run: OrderedStatement<OrderedKey> = prepareOrdered(
    database,
    `UPDATE trial SET status = 'running', attempts = attempts + 1 WHERE ${isTrial} AND status = 'waiting'`,
  );
  return ({ study, attempt: record }) => {
    const { trial, attempt, kind, worker, session, pack, assignedAtMs, endedAtMs } = record;
    const { stage, index, replicate } = trial;
    const { machineId, tokenId, outcome, reason, fingerprint, toStep = null } = record;
    open(
      study,
      stage,
      index,
      replicate,
      attempt,
      kind,
      worker,
      session,
      machineId,
      tokenId,
      pack,
      assignedAtMs,
      endedAtMs,
      outcome,
      reason,
      fingerprint,
      toStep,
    );
    if (kind === 'search') run(study, stage, index, replicate);
  };
}

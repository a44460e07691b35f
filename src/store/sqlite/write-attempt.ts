/**
 * Writes about attempts, and what they change in their trial: it runs once an attempt to search is
 * granted, and it is charged for one that was lost. Each a guarded statement, prepared once.
 */
import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import {
  trialName,
  type AttemptOutcome,
  type AttemptKind,
  type TrialId,
} from '../../study/trial.ts';
import type { RowOf } from '../rows.ts';
import { prepare } from './statements.ts';

export function attemptWriter(database: DatabaseSync) {
  const statements = { ...trialStatements(database), ...attemptStatements(database) };
  return {
    opened({ study, attempt: record }: RowOf<'attempt-opened'>): void {
      const { trial, ...attempt } = record;
      const name = `attempt ${attempt.attempt} of ${trialName(trial)}`;
      statements.open.changeOne({ study, ...trial, ...attempt }, () => `opening ${name}`);
      if (attempt.kind !== 'search') return;
      statements.grant.changeOne({ study, ...trial }, () => `granting ${trialName(trial)}`);
    },

    closed(row: RowOf<'attempt-closed'>): void {
      const { study, trial, attempt, outcome, reason, endedAtMs, fingerprint } = row;
      const closed = statements.close.first({
        study,
        ...trial,
        attempt,
        outcome,
        reason,
        endedAtMs,
        fingerprint,
      });
      assert(closed, () => `closing attempt ${attempt} of ${trialName(trial)} finds it open`);
      if (!row.charged || closed.purpose !== 'search') return;
      statements.charge.changeOne({ study, ...trial }, () => `charging ${trialName(trial)}`);
    },

    reported({ study, trial, attempt, fingerprint }: RowOf<'attempt-reported'>): void {
      statements.report.changeOne(
        { study, ...trial, attempt, fingerprint },
        () => `the result of attempt ${attempt} of ${trialName(trial)}`,
      );
    },
  };
}

type Key = TrialId & { study: string };

interface NewAttempt extends Key {
  attempt: number;
  kind: AttemptKind;
  worker: string;
  session: string;
  pack: string;
  grantedAtMs: number;
  endedAtMs: number | null;
  outcome: AttemptOutcome | null;
  reason: string | null;
  fingerprint: string | null;
}

interface ClosedAttempt extends Key {
  attempt: number;
  outcome: AttemptOutcome;
  reason: string | null;
  endedAtMs: number;
  fingerprint: string | null;
}

function trialStatements(database: DatabaseSync) {
  return {
    grant: prepare(database, (query, $: Key) =>
      query
        .updateTable('trial')
        .set((eb) => ({ status: 'running', attempts: eb('attempts', '+', 1) }))
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where('k', '=', $.index)
        .where('replicate', '=', $.replicate)
        .where('status', '=', 'waiting'),
    ),
    charge: prepare(database, (query, $: Key) =>
      query
        .updateTable('trial')
        .set((eb) => ({ charged: eb('charged', '+', 1) }))
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where('k', '=', $.index)
        .where('replicate', '=', $.replicate),
    ),
  };
}

function attemptStatements(database: DatabaseSync) {
  return {
    open: prepare(database, (query, $: NewAttempt) =>
      query.insertInto('attempt').values({
        study: $.study,
        stage: $.stage,
        k: $.index,
        replicate: $.replicate,
        attempt: $.attempt,
        purpose: $.kind,
        worker: $.worker,
        session: $.session,
        pack: $.pack,
        granted_at_ms: $.grantedAtMs,
        ended_at_ms: $.endedAtMs,
        outcome: $.outcome,
        reason: $.reason,
        fingerprint: $.fingerprint,
      }),
    ),
    report: prepare(database, (query, $: Key & { attempt: number; fingerprint: string }) =>
      query
        .updateTable('attempt')
        .set({ fingerprint: $.fingerprint })
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where('k', '=', $.index)
        .where('replicate', '=', $.replicate)
        .where('attempt', '=', $.attempt)
        .where('outcome', 'is not', null)
        .where('fingerprint', 'is', null),
    ),
    close: prepare(database, (query, $: ClosedAttempt) =>
      query
        .updateTable('attempt')
        .set({
          outcome: $.outcome,
          reason: $.reason,
          ended_at_ms: $.endedAtMs,
          fingerprint: $.fingerprint,
        })
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where('k', '=', $.index)
        .where('replicate', '=', $.replicate)
        .where('attempt', '=', $.attempt)
        .where('outcome', 'is', null)
        .returning('purpose'),
    ),
  };
}

/**
 * Trial writes: store trials and their results. The `WHERE` of a statement is the state that the row
 * expects.
 */
import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import { formatParams, paramsText } from '../../study/search-space.ts';
import { divergedReason, trialName, type TrialResult } from '../../study/trial.ts';
import type { RowWriters, StoreRow } from '../rows.ts';
import { curveText, metricsText } from './curve-text.ts';
import { insert, isTrial, keyColumns, prepare, trialKey } from './statements.ts';
import type { Tables, TrialKey } from './tables.ts';

const hasResult = `EXISTS (SELECT 1 FROM result AS r WHERE ${keyColumns.map((column) => `r.${column} = trial.${column}`).join(' AND ')})`;

type TrialColumns<Column extends keyof Tables['trial']> = TrialKey & Pick<Tables['trial'], Column>;

export function trialWriter(
  database: DatabaseSync,
): RowWriters<'trial-created' | 'trial-status' | 'trial-audited'> {
  const create = insert(database, 'trial');
  const setStatus = (from: string) =>
    prepare<TrialColumns<'status' | 'reason'>>(
      database,
      `UPDATE trial SET status = :status, reason = :reason WHERE ${isTrial} AND status IN (${from})`,
    );
  const stopRunning = setStatus("'running'");
  const cancel = setStatus("'waiting', 'running'");
  const audit = prepare<TrialColumns<'audit'>>(
    database,
    `UPDATE trial SET audit = :audit WHERE ${isTrial} AND ${hasResult}`,
  );
  return {
    'trial-created': ({ study, id, params }) => {
      const isFinite = (value: unknown) => typeof value !== 'number' || Number.isFinite(value);
      assert(
        Object.values(params).every(isFinite),
        () => `parameters of ${trialName(id)} are finite: ${formatParams(params)}`,
      );
      const start = { status: 'waiting', attempts: 0, failures: 0 } as const;
      create({ ...trialKey(study, id), params: paramsText(params), ...start });
    },
    'trial-status': ({ study, trial, status, reason }) => {
      const statement = status === 'cancelled' ? cancel : stopRunning;
      statement.changeOne({ ...trialKey(study, trial), status, reason });
    },
    'trial-audited': ({ study, trial, verdict }) =>
      audit.changeOne({ ...trialKey(study, trial), audit: verdict }),
  };
}

export function resultWriter(
  database: DatabaseSync,
): RowWriters<'trial-ended' | 'result-replaced'> {
  const end = (from: string) =>
    prepare<TrialKey & TrialEnd>(
      database,
      `UPDATE trial SET status = :status, reason = :reason WHERE ${isTrial} AND ${from}`,
    );
  // The first result counts, also a late one of a trial that failed without a result.
  const endFirst = end(
    `(status IN ('waiting', 'running') OR (status = 'failed' AND NOT ${hasResult}))`,
  );
  const endAgain = end("status IN ('complete', 'failed')");
  const add = insert(database, 'result');
  const remove = prepare<TrialKey & { replaces: string }>(
    database,
    `DELETE FROM result WHERE ${isTrial} AND fingerprint = :replaces AND EXISTS (SELECT 1 FROM stage
     WHERE stage.study = result.study AND stage.name = result.stage AND stage.closed = 0)`,
  );
  return {
    'trial-ended': (row) => {
      const key = trialKey(row.study, row.trial);
      endFirst.changeOne({ ...key, ...trialEnd(row.result) });
      add({ ...key, ...resultColumns(row) });
    },
    'result-replaced': (row) => {
      const key = trialKey(row.study, row.trial);
      remove.changeOne({ ...key, replaces: row.replaces });
      endAgain.changeOne({ ...key, ...trialEnd(row.result) });
      add({ ...key, ...resultColumns(row) });
    },
  };
}

type TrialEnd = Pick<Tables['trial'], 'status' | 'reason'>;

function trialEnd({ kind, steps }: TrialResult): TrialEnd {
  const isComplete = kind === 'complete';
  return {
    status: isComplete ? 'complete' : 'failed',
    reason: isComplete ? null : divergedReason(steps),
  };
}

function resultColumns({
  worker,
  result,
  fingerprint,
}: StoreRow<'trial-ended' | 'result-replaced'>) {
  const last = result.curve.at(-1);
  const isComplete = result.kind === 'complete';
  return {
    worker,
    steps: result.steps,
    seconds: result.seconds,
    digest: isComplete ? result.digest : null,
    fingerprint,
    measured_step: last?.step ?? null,
    metrics: last === undefined ? null : metricsText(last.metrics),
    curve: curveText(result.curve),
    bits: isComplete ? result.validationCorrect : null,
  } satisfies Omit<Tables['result'], keyof TrialKey>;
}

/**
 * Trial writes: store trials and their results. The `WHERE` of a statement is the state that the row
 * expects.
 */
import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import type { Metrics } from '../../study/metrics.ts';
import { formatParams, paramsText } from '../../study/search-space.ts';
import { divergedReason, trialName, type TrialResult } from '../../study/trial.ts';
import type { RowWriters, StoreRow } from '../rows.ts';
import { insert, isTrial, prepare, trialKey } from './statements.ts';
import type { Tables, TrialKey } from './tables.ts';

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
    `UPDATE trial SET audit = :audit WHERE ${isTrial} AND steps IS NOT NULL`,
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
  const setResult = `UPDATE trial SET status = :status, reason = :reason, worker = :worker, steps = :steps,
    seconds = :seconds, digest = :digest, measured_step = :measured_step, fingerprint = :fingerprint WHERE ${isTrial}`;
  // The first result counts, also a late one of a trial that failed without a result.
  const end = prepare<TrialKey & ResultColumns>(
    database,
    `${setResult} AND status IN ('waiting', 'running', 'failed') AND steps IS NULL`,
  );
  const replace = prepare<TrialKey & ResultColumns & { replaces: string }>(
    database,
    `${setResult} AND fingerprint = :replaces AND EXISTS (SELECT 1 FROM stage
     WHERE stage.study = trial.study AND stage.name = trial.stage AND stage.closed = 0)`,
  );
  const removals = ['correctness', 'measurement'].map((table) =>
    prepare<TrialKey>(database, `DELETE FROM ${table} WHERE ${isTrial}`),
  );
  const addCorrectness = insert(database, 'correctness');
  const addMeasurement = insert(database, 'measurement');
  const addDetails = (key: TrialKey, result: TrialResult): void => {
    if (result.kind === 'complete') addCorrectness({ ...key, bits: result.validationCorrect });
    for (const { step, metrics } of result.curve)
      addMeasurement({ ...key, step, metrics: metricsText(metrics) });
  };
  return {
    'trial-ended': (row) => {
      const key = trialKey(row.study, row.trial);
      end.changeOne({ ...key, ...resultColumns(row) });
      addDetails(key, row.result);
    },
    'result-replaced': (row) => {
      const key = trialKey(row.study, row.trial);
      for (const remove of removals) remove.change(key);
      replace.changeOne({ ...key, ...resultColumns(row), replaces: row.replaces });
      addDetails(key, row.result);
    },
  };
}

/** JSON with sorted keys. Values that are not finite, which only a diverged trial has, are left out. */
export function metricsText(metrics: Metrics): string {
  const finite: Record<string, number> = {};
  for (const name of Object.keys(metrics).toSorted()) {
    const value = metrics[name];
    if (value !== undefined && Number.isFinite(value)) finite[name] = value;
  }
  return JSON.stringify(finite);
}

function resultColumns(row: StoreRow<'trial-ended'> | StoreRow<'result-replaced'>) {
  const { worker, result, fingerprint } = row;
  const isComplete = result.kind === 'complete';
  return {
    worker,
    status: isComplete ? 'complete' : 'failed',
    reason: isComplete ? null : divergedReason(result.steps),
    steps: result.steps,
    seconds: result.seconds,
    digest: isComplete ? result.digest : null,
    measured_step: result.curve.at(-1)?.step ?? null,
    fingerprint,
  } satisfies Partial<Tables['trial']>;
}

type ResultColumns = ReturnType<typeof resultColumns>;

/** Writes of trials and their results. The `where` of a statement is the state that the row expects. */
import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import type { Metrics } from '../../study/metrics.ts';
import { formatParams, paramsText } from '../../study/search-space.ts';
import {
  divergedReason,
  trialName,
  type TrialResult,
  type TrialStatus,
} from '../../study/trial.ts';
import type { StoreRow } from '../rows.ts';
import { insert, isTrial, keyColumns, prepare, trialKey } from './statements.ts';
import type { Tables, TrialKey } from './tables.ts';

export function trialWriter(database: DatabaseSync) {
  const statements = trialStatements(database);
  return {
    'trial-created': ({ study, id, params }: StoreRow<'trial-created'>): void => {
      const values = Object.values(params);
      const areFinite = values.every(
        (value) => typeof value !== 'number' || Number.isFinite(value),
      );
      assert(areFinite, () => `parameters of ${trialName(id)} are finite: ${formatParams(params)}`);
      statements.create.changeOne(
        {
          ...trialKey(study, id),
          params: paramsText(params),
          status: 'waiting',
          attempts: 0,
          failures: 0,
        },
        () => `creating ${trialName(id)}`,
      );
    },

    'trial-status': ({ study, trial, status, reason }: StoreRow<'trial-status'>): void => {
      const statement = status === 'cancelled' ? statements.cancel : statements.stopRunning;
      statement.changeOne(
        { ...trialKey(study, trial), status, reason },
        () => `setting ${trialName(trial)} to ${status}`,
      );
    },

    'trial-audited': ({ study, trial, verdict }: StoreRow<'trial-audited'>): void => {
      statements.audit.changeOne(
        { ...trialKey(study, trial), audit: verdict },
        () => `the audit of ${trialName(trial)}`,
      );
    },
  };
}

export function resultWriter(database: DatabaseSync) {
  const statements = { ...resultStatements(database), ...detailStatements(database) };

  function addDetails(key: TrialKey, result: TrialResult): void {
    if (result.kind === 'complete')
      statements.addCorrectness.change({ ...key, bits: result.validationCorrect });
    for (const { step, metrics } of result.curve)
      statements.addMeasurement.change({ ...key, step, metrics: metricsText(metrics) });
  }

  return {
    'trial-ended': (row: StoreRow<'trial-ended'>): void => {
      const key = trialKey(row.study, row.trial);
      statements.end.changeOne(
        { ...key, ...resultColumns(row) },
        () => `ending ${trialName(row.trial)}`,
      );
      addDetails(key, row.result);
    },

    'result-replaced': (row: StoreRow<'result-replaced'>): void => {
      const key = trialKey(row.study, row.trial);
      statements.removeCorrectness.change(key);
      statements.removeMeasurements.change(key);
      statements.replace.changeOne(
        { ...key, ...resultColumns(row), replaces: row.replaces },
        () => `replacing the result of ${trialName(row.trial)}`,
      );
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

type ResultColumns = Omit<
  Tables['trial'],
  keyof TrialKey | 'params' | 'attempts' | 'failures' | 'audit'
>;

function resultColumns(
  row: Pick<StoreRow<'trial-ended'>, 'worker' | 'result' | 'fingerprint'>,
): ResultColumns {
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
  };
}

function trialStatements(database: DatabaseSync) {
  const setStatus = (from: string) =>
    prepare<TrialKey & { status: TrialStatus; reason: string | null }>(
      database,
      `UPDATE trial SET status = :status, reason = :reason WHERE ${isTrial} AND status IN (${from})`,
    );
  return {
    create: insert(database, 'trial', [...keyColumns, 'params', 'status', 'attempts', 'failures']),
    stopRunning: setStatus("'running'"),
    cancel: setStatus("'waiting', 'running'"),
    audit: prepare<TrialKey & Pick<Tables['trial'], 'audit'>>(
      database,
      `UPDATE trial SET audit = :audit WHERE ${isTrial} AND steps IS NOT NULL`,
    ),
  };
}

function resultStatements(database: DatabaseSync) {
  const setResult = `UPDATE trial SET status = :status, reason = :reason, worker = :worker, steps = :steps,
    seconds = :seconds, digest = :digest, measured_step = :measured_step, fingerprint = :fingerprint WHERE ${isTrial}`;
  return {
    /** The first result counts, also a late one of a trial that failed without a result. */
    end: prepare<TrialKey & ResultColumns>(
      database,
      `${setResult} AND status IN ('waiting', 'running', 'failed') AND steps IS NULL`,
    ),
    replace: prepare<TrialKey & ResultColumns & { replaces: string }>(
      database,
      `${setResult} AND fingerprint = :replaces AND EXISTS (SELECT 1 FROM stage
       WHERE stage.study = trial.study AND stage.name = trial.stage AND stage.closed = 0)`,
    ),
  };
}

function detailStatements(database: DatabaseSync) {
  return {
    addCorrectness: insert(database, 'correctness', [...keyColumns, 'bits']),
    addMeasurement: insert(database, 'measurement', [...keyColumns, 'step', 'metrics']),
    removeCorrectness: prepare<TrialKey>(database, `DELETE FROM correctness WHERE ${isTrial}`),
    removeMeasurements: prepare<TrialKey>(database, `DELETE FROM measurement WHERE ${isTrial}`),
  };
}

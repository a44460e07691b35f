/**
 * Writes about trials: each a guarded statement, prepared once. The `where` of a statement is the
 * state that the row expects; who decides that it is the right one is `coordinator`.
 */
import type { DatabaseSync } from 'node:sqlite';
import {
  divergedReason,
  trialName,
  type AuditVerdict,
  type Measurement,
  type TrialId,
  type TrialResult,
  type TrialStatus,
} from '../../study/trial.ts';
import type { RowOf } from '../rows.ts';
import { prepare } from './statements.ts';

export function trialWriter(database: DatabaseSync) {
  const statements = {
    ...trialStatements(database),
    end: endStatement(database),
    ...auditStatements(database),
    addMeasurement: measurementStatement(database),
    addCorrectness: correctnessStatement(database),
  };

  return {
    created({ study, id, lambda }: RowOf<'trial-created'>): void {
      statements.create.changeOne({ study, ...id, lambda }, () => `creating ${trialName(id)}`);
    },

    status({ study, trial, status, reason }: RowOf<'trial-status'>): void {
      const statement = status === 'cancelled' ? statements.cancel : statements.giveUp;
      statement.changeOne(
        { study, ...trial, status, reason },
        () => `setting ${trialName(trial)} to ${status}`,
      );
    },

    ended({ study, trial, worker, result, fingerprint }: RowOf<'trial-ended'>): void {
      statements.end.changeOne(
        { study, ...trial, ...resultColumns(worker, result, fingerprint) },
        () => `ending ${trialName(trial)}`,
      );
      addDetails(study, trial, result);
    },

    replaced(row: RowOf<'result-replaced'>): void {
      const { study, trial, worker, result, fingerprint, replaces } = row;
      statements.removeCorrectness.change({ study, ...trial });
      statements.removeMeasurements.change({ study, ...trial });
      statements.replace.changeOne(
        { study, ...trial, ...resultColumns(worker, result, fingerprint), replaces },
        () => `replacing the result of ${trialName(trial)}`,
      );
      addDetails(study, trial, result);
    },

    audited({ study, trial, verdict }: RowOf<'trial-audited'>): void {
      statements.audit.changeOne(
        { study, ...trial, verdict },
        () => `the audit of ${trialName(trial)}`,
      );
    },
  };

  function addDetails(study: string, trial: TrialId, result: TrialResult): void {
    if (result.kind === 'complete') {
      statements.addCorrectness.change({ study, ...trial, bits: result.validationCorrect });
    }
    for (const point of result.curve) {
      statements.addMeasurement.change({ study, ...trial, ...storedMeasurement(point) });
    }
  }
}

function resultColumns(worker: string, result: TrialResult, fingerprint: string): ResultColumns {
  const isComplete = result.kind === 'complete';
  return {
    worker,
    status: isComplete ? 'complete' : 'failed',
    reason: isComplete ? null : divergedReason(result.steps),
    steps: result.steps,
    seconds: result.seconds,
    digest: isComplete ? result.digest : null,
    measuredStep: result.curve.at(-1)?.step ?? null,
    fingerprint,
  };
}

/** NaN and the infinities have no place in the store: only a diverged trial has them. */
export function finiteOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

type Key = TrialId & { study: string };

/** A measurement whose metrics may be missing, since they were not finite. */
type StoredMeasurement = {
  [K in keyof Measurement]:
    Measurement[K] | (K extends 'step' | 'epoch' | 'learningRate' ? never : null);
};

function storedMeasurement(point: Measurement): StoredMeasurement {
  return {
    step: point.step,
    epoch: point.epoch,
    learningRate: point.learningRate,
    trainLoss: finiteOrNull(point.trainLoss),
    trainCost: finiteOrNull(point.trainCost),
    trainAccuracy: finiteOrNull(point.trainAccuracy),
    validationLoss: finiteOrNull(point.validationLoss),
    validationCost: finiteOrNull(point.validationCost),
    validationAccuracy: finiteOrNull(point.validationAccuracy),
    testLoss: finiteOrNull(point.testLoss),
    testAccuracy: finiteOrNull(point.testAccuracy),
  };
}

function trialStatements(database: DatabaseSync) {
  return {
    create: prepare(database, (query, $: Key & { lambda: number }) =>
      query.insertInto('trial').values({
        study: $.study,
        stage: $.stage,
        k: $.index,
        replicate: $.replicate,
        lambda: $.lambda,
        status: 'waiting',
        attempts: 0,
        charged: 0,
      }),
    ),
    giveUp: statusStatement(database, ['running']),
    cancel: statusStatement(database, ['waiting', 'running']),
  };
}

function statusStatement(database: DatabaseSync, from: TrialStatus[]) {
  return prepare(database, (query, $: Key & { status: TrialStatus; reason: string | null }) =>
    query
      .updateTable('trial')
      .set({ status: $.status, reason: $.reason })
      .where('study', '=', $.study)
      .where('stage', '=', $.stage)
      .where('k', '=', $.index)
      .where('replicate', '=', $.replicate)
      .where('status', 'in', from),
  );
}

interface ResultColumns {
  worker: string;
  status: TrialStatus;
  reason: string | null;
  steps: number;
  seconds: number;
  digest: string | null;
  measuredStep: number | null;
  fingerprint: string;
}

/** Waiting, running, or failed without a result: the first result counts, late or not. */
function endStatement(database: DatabaseSync) {
  return prepare(database, (query, $: Key & ResultColumns) =>
    query
      .updateTable('trial')
      .set({
        status: $.status,
        reason: $.reason,
        worker: $.worker,
        steps: $.steps,
        seconds: $.seconds,
        digest: $.digest,
        measured_step: $.measuredStep,
        fingerprint: $.fingerprint,
      })
      .where('study', '=', $.study)
      .where('stage', '=', $.stage)
      .where('k', '=', $.index)
      .where('replicate', '=', $.replicate)
      .where('status', 'in', ['waiting', 'running', 'failed'])
      .where('steps', 'is', null),
  );
}

/** What audits change: only in a stage that is still open, and only the result that was named. */
function auditStatements(database: DatabaseSync) {
  return {
    audit: prepare(database, (query, $: Key & { verdict: AuditVerdict | null }) =>
      query
        .updateTable('trial')
        .set({ audit: $.verdict })
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where('k', '=', $.index)
        .where('replicate', '=', $.replicate)
        .where('steps', 'is not', null),
    ),
    replace: prepare(database, (query, $: Key & ResultColumns & { replaces: string }) =>
      query
        .updateTable('trial')
        .set({
          status: $.status,
          reason: $.reason,
          worker: $.worker,
          steps: $.steps,
          seconds: $.seconds,
          digest: $.digest,
          measured_step: $.measuredStep,
          fingerprint: $.fingerprint,
        })
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where('k', '=', $.index)
        .where('replicate', '=', $.replicate)
        .where('fingerprint', '=', $.replaces)
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('stage')
              .select('stage.name')
              .whereRef('stage.study', '=', 'trial.study')
              .whereRef('stage.name', '=', 'trial.stage')
              .where('stage.closed', '=', 0),
          ),
        ),
    ),
    removeCorrectness: prepare(database, (query, $: Key) =>
      query
        .deleteFrom('correctness')
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where('k', '=', $.index)
        .where('replicate', '=', $.replicate),
    ),
    removeMeasurements: prepare(database, (query, $: Key) =>
      query
        .deleteFrom('measurement')
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where('k', '=', $.index)
        .where('replicate', '=', $.replicate),
    ),
  };
}

function correctnessStatement(database: DatabaseSync) {
  return prepare(database, (query, $: Key & { bits: Uint8Array }) =>
    query.insertInto('correctness').values({
      study: $.study,
      stage: $.stage,
      k: $.index,
      replicate: $.replicate,
      bits: $.bits,
    }),
  );
}

function measurementStatement(database: DatabaseSync) {
  return prepare(database, (query, $: Key & StoredMeasurement) =>
    query.insertInto('measurement').values({
      study: $.study,
      stage: $.stage,
      k: $.index,
      replicate: $.replicate,
      step: $.step,
      epoch: $.epoch,
      learning_rate: $.learningRate,
      train_loss: $.trainLoss,
      train_cost: $.trainCost,
      train_accuracy: $.trainAccuracy,
      validation_loss: $.validationLoss,
      validation_cost: $.validationCost,
      validation_accuracy: $.validationAccuracy,
      test_loss: $.testLoss,
      test_accuracy: $.testAccuracy,
    }),
  );
}

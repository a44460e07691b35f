/** Rows of the tables back into records: pure, and the inverse of what `write-*.ts` stored. */
import { assert } from '../../base/assert.ts';
import type { WinnerRecord, WinnerTest } from '../../study/study-record.ts';
import {
  noCorrectness,
  type AttemptRecord,
  type Measurement,
  type StageRecord,
  type TrialRecord,
  type TrialResult,
} from '../../study/trial.ts';
import type {
  AttemptRow,
  EventRow,
  MeasurementColumn,
  StageRow,
  TrialRow,
  WinnerRow,
} from './queries.ts';

/** A line of the log. */
export interface EventRecord {
  /** Ascending in the order in which things happened, whatever the clock did. */
  readonly sequence: number;
  readonly atMs: number;
  readonly study: string | null;
  readonly what: string;
  readonly detail: string;
}

/** @param details the whole curve, or null for its last point, which comes with the row; the bits, if asked for */
export function trialRecord(
  stage: string,
  row: TrialRow,
  details: { curve: readonly Measurement[] | null; bits: Uint8Array | undefined },
): TrialRecord {
  return {
    id: { stage, index: row.k, replicate: row.replicate },
    lambda: row.lambda,
    status: row.status,
    reason: row.reason,
    attempts: row.attempts,
    failures: row.charged,
    worker: row.worker,
    result: resultOf(row, details.curve ?? lastPoint(row), details.bits ?? noCorrectness),
    fingerprint: row.fingerprint,
    audit: row.audit,
  };
}

function resultOf(
  row: TrialRow,
  curve: readonly Measurement[],
  validationCorrect: Uint8Array,
): TrialResult | null {
  const { steps, seconds, digest } = row;
  if (steps === null || seconds === null) return null;
  if (digest === null) return { kind: 'diverged', steps, seconds, curve };
  return { kind: 'complete', steps, seconds, digest, curve, validationCorrect };
}

function lastPoint(row: TrialRow): Measurement[] {
  return row.step === null ? [] : [measurementOf(row)];
}

export function measurementOf(row: Pick<TrialRow, MeasurementColumn>): Measurement {
  const { step, epoch, learning_rate: learningRate } = row;
  assert(
    step !== null && epoch !== null && learningRate !== null,
    'a measurement has its step, its epoch and its rate',
  );
  return {
    step,
    epoch,
    learningRate,
    trainLoss: row.train_loss ?? NaN,
    trainCost: row.train_cost ?? NaN,
    trainAccuracy: row.train_accuracy ?? NaN,
    validationLoss: row.validation_loss ?? NaN,
    validationCost: row.validation_cost ?? NaN,
    validationAccuracy: row.validation_accuracy ?? NaN,
    testLoss: row.test_loss,
    testAccuracy: row.test_accuracy,
  };
}

export function attemptRecord(stage: string, row: AttemptRow): AttemptRecord {
  return {
    trial: { stage, index: row.k, replicate: row.replicate },
    attempt: row.attempt,
    kind: row.purpose,
    worker: row.worker,
    session: row.session,
    pack: row.pack,
    grantedAtMs: row.granted_at_ms,
    endedAtMs: row.ended_at_ms,
    outcome: row.outcome,
    reason: row.reason,
    fingerprint: row.fingerprint,
  };
}

export function winnerRecord(row: WinnerRow): WinnerRecord {
  const tests: WinnerTest[] = JSON.parse(row.tests);
  return {
    trial: { stage: row.stage, index: row.k, replicate: row.replicate },
    testAccuracy: row.test_accuracy,
    testLoss: row.test_loss,
    testWorker: row.test_worker,
    reproduced: row.reproduced === null ? null : row.reproduced === 1,
    tests,
  };
}

export function stageRecord(row: StageRow): StageRecord {
  const { range_min: min, range_max: max } = row;
  const warnings: string[] = JSON.parse(row.warnings);
  return {
    name: row.name,
    trials: row.trials,
    range: min === null || max === null ? null : { min, max },
    reason: row.reason,
    closed: row.closed === 1,
    warnings,
  };
}

export function eventRecord(row: EventRow): EventRecord {
  const { sequence, at_ms: atMs, study, what, detail } = row;
  return { sequence, atMs, study, what, detail };
}

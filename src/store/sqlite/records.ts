/** Records: rows of the tables back into the records of `study`. Pure; the inverse of `write-*.ts`. */
import type { WinnerRecord, WinnerTest } from '../../study/study-record.ts';
import {
  noCorrectness,
  type AttemptRecord,
  type Measurement,
  type StageRecord,
  type TrialId,
  type TrialRecord,
  type TrialResult,
} from '../../study/trial.ts';
import type { StoredRank } from '../rows.ts';
import type { TrialRow } from './queries.ts';
import type { Tables, TrialKey } from './tables.ts';

interface ResultDetails {
  /** The whole curve; null for the last point alone, which is in the row of the trial. */
  readonly curve: readonly Measurement[] | null;
  /** Undefined if the bits were not read. */
  readonly bits: Uint8Array | undefined;
}

/** No details: the last point of the curve, without bits. */
export const lastPoint: ResultDetails = { curve: null, bits: undefined };

export function trialId({ stage, trial_index: index, replicate }: TrialKey): TrialId {
  return { stage, index, replicate };
}

export function trialRecord(row: TrialRow, details: ResultDetails): TrialRecord {
  return {
    id: trialId(row),
    params: JSON.parse(row.params),
    status: row.status,
    reason: row.reason,
    attempts: row.attempts,
    failures: row.failures,
    worker: row.worker,
    result: trialResult(row, details),
    fingerprint: row.fingerprint,
    audit: row.audit,
  };
}

function trialResult(row: TrialRow, { curve: whole, bits }: ResultDetails): TrialResult | null {
  const { steps, seconds, digest } = row;
  if (steps === null || seconds === null) return null;
  const { measured_step: step, metrics } = row;
  const last = step === null || metrics === null ? [] : [measurement({ step, metrics })];
  const curve = whole ?? last;
  if (digest === null) return { kind: 'diverged', steps, seconds, curve };
  const validationCorrect = bits ?? noCorrectness;
  return { kind: 'complete', steps, seconds, digest, curve, validationCorrect };
}

export function measurement({
  step,
  metrics,
}: Pick<Tables['measurement'], 'step' | 'metrics'>): Measurement {
  return { step, metrics: JSON.parse(metrics) };
}

export function attemptRecord(row: Tables['attempt']): AttemptRecord {
  return {
    trial: trialId(row),
    attempt: row.attempt,
    kind: row.kind,
    worker: row.worker,
    session: row.session,
    pack: row.pack,
    assignedAtMs: row.assigned_at_ms,
    endedAtMs: row.ended_at_ms,
    outcome: row.outcome,
    reason: row.reason,
    fingerprint: row.fingerprint,
  };
}

export function storedRank(row: Tables['ranking']): StoredRank {
  return {
    trial: trialId(row),
    rankInStage: row.rank_in_stage,
    rankInStudy: row.rank_in_study,
  };
}

export function winnerRecord(row: Tables['winner']): WinnerRecord {
  const tests: WinnerTest[] = JSON.parse(row.tests);
  return {
    trial: trialId(row),
    testAccuracy: row.test_accuracy,
    testLoss: row.test_loss,
    testWorker: row.test_worker,
    reproduced: row.reproduced === null ? null : row.reproduced === 1,
    tests,
  };
}

export function stageRecord(row: Tables['stage']): StageRecord {
  const warnings: string[] = JSON.parse(row.warnings);
  return {
    name: row.name,
    trials: row.trials,
    space: row.space === null ? null : JSON.parse(row.space),
    reason: row.reason,
    closed: row.closed === 1,
    warnings,
  };
}

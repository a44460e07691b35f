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
import type { TrialOptions } from '../store.ts';
import { parseCurve } from './curve-text.ts';
import type { AttemptRow, DetailedTrialRow, TrialRow } from './queries.ts';
import type { Tables, TrialKey } from './tables.ts';

function trialId({ stage, trial_index: index, replicate }: Omit<TrialKey, 'study'>): TrialId {
  return { stage, index, replicate };
}

/** By default the result has its last measurement only, and no bits. */
export function trialRecord(
  row: TrialRow,
  curve = lastPoint(row),
  validationCorrect = noCorrectness,
): TrialRecord {
  return {
    id: trialId(row),
    params: JSON.parse(row.params),
    status: row.status,
    reason: row.reason,
    attempts: row.attempts,
    failures: row.failures,
    worker: row.worker,
    result: trialResult(row, curve, validationCorrect),
    fingerprint: row.fingerprint,
    audit: row.audit,
    ...(row.source !== null && { source: row.source }),
  };
}

/** A trial with the details that `options` names. */
export function detailedTrialRecord(row: DetailedTrialRow, options: TrialOptions): TrialRecord {
  const curve = options.curves === true && row.curve !== null ? parseCurve(row.curve) : undefined;
  return trialRecord(row, curve, (options.correctness === true && row.bits) || undefined);
}

function lastPoint({ measured_step: step, metrics }: TrialRow): Measurement[] {
  return step === null || metrics === null ? [] : [{ step, metrics: JSON.parse(metrics) }];
}

function trialResult(
  { steps, seconds, digest }: TrialRow,
  curve: readonly Measurement[],
  validationCorrect: Uint8Array,
): TrialResult | null {
  if (steps === null || seconds === null) return null;
  if (digest === null) return { kind: 'diverged', steps, seconds, curve };
  return { kind: 'complete', steps, seconds, digest, curve, validationCorrect };
}

export function attemptRecord(row: AttemptRow): AttemptRecord {
  return {
    trial: trialId(row),
    attempt: row.attempt,
    kind: row.kind,
    worker: row.worker,
    session: row.session,
    machineId: row.machine_id,
    tokenId: row.token_id,
    pack: row.pack,
    assignedAtMs: row.assigned_at_ms,
    endedAtMs: row.ended_at_ms,
    outcome: row.outcome,
    reason: row.reason,
    fingerprint: row.fingerprint,
    ...(row.to_step !== null && { toStep: row.to_step }),
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
    attemptsBefore: JSON.parse(row.attempts_before),
  };
}

export function stageRecord(row: Tables['stage']): StageRecord {
  return {
    name: row.name,
    trials: row.trials,
    space: row.space === null ? null : JSON.parse(row.space),
    reason: row.reason,
    closed: row.closed === 1,
  };
}

/** Records: rows of the tables back into the records of `study`. Pure; the inverse of `write-*.ts`. */
import type { WinnerRecord, WinnerTest } from '../../study/study-record.ts';
import {
  noCorrectness,
  type AttemptRecord,
  type Measurement,
  type StageRecord,
  type TrialRecord,
  type TrialResult,
} from '../../study/trial.ts';
import type { StoredRank } from '../rows.ts';
import type { EventRecord } from '../store.ts';
import type { TrialRow } from './queries.ts';
import type { Tables } from './tables.ts';

interface ResultDetails {
  /** The whole curve; null for the last point alone, which is in the row of the trial. */
  readonly curve: readonly Measurement[] | null;
  /** Undefined if the bits were not read. */
  readonly bits: Uint8Array | undefined;
}

/** No details: the last point of the curve, without bits. */
export const lastPoint: ResultDetails = { curve: null, bits: undefined };

export function trialRecord(row: TrialRow, details: ResultDetails): TrialRecord {
  return {
    id: { stage: row.stage, index: row.trial_index, replicate: row.replicate },
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
  const curve = whole ?? lastMeasurement(row);
  if (digest === null) return { kind: 'diverged', steps, seconds, curve };
  return {
    kind: 'complete',
    steps,
    seconds,
    digest,
    curve,
    validationCorrect: bits ?? noCorrectness,
  };
}

function lastMeasurement({ measured_step: step, metrics }: TrialRow): Measurement[] {
  return step === null || metrics === null ? [] : [{ step, metrics: JSON.parse(metrics) }];
}

export function measurement({ step, metrics }: Tables['measurement']): Measurement {
  return { step, metrics: JSON.parse(metrics) };
}

export function attemptRecord(row: Tables['attempt']): AttemptRecord {
  return {
    trial: { stage: row.stage, index: row.trial_index, replicate: row.replicate },
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
    trial: { stage: row.stage, index: row.trial_index, replicate: row.replicate },
    rankInStage: row.rank_in_stage,
    rankInStudy: row.rank_in_study,
  };
}

export function winnerRecord(row: Tables['winner']): WinnerRecord {
  const tests: WinnerTest[] = JSON.parse(row.tests);
  return {
    trial: { stage: row.stage, index: row.trial_index, replicate: row.replicate },
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

export function eventRecord({
  sequence,
  at_ms: atMs,
  study,
  what,
  detail,
}: Tables['event']): EventRecord {
  return { sequence, atMs, study, what, detail };
}

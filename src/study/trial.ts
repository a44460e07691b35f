/**
 * A trial and what became of it. Plain data that every room speaks.
 *
 * A trial's state changes in one place only, `coordinator/core/state/trial-state.ts`.
 */
import type { LambdaRange } from './spec/study-spec.ts';

/** (stage, k, replicate), each counted from 1. */
export interface TrialId {
  readonly stage: string;
  readonly index: number;
  readonly replicate: number;
}

/** `coarse/7`; replicate 2 and later of it `coarse/7.2`. One trial, one text, and back. */
export function trialName(id: TrialId): string {
  return id.replicate === 1 ? `${id.stage}/${id.index}` : `${id.stage}/${id.index}.${id.replicate}`;
}

/** The inverse of `trialName`; null for anything else. */
export function parseTrialName(text: string): TrialId | null {
  const match =
    /^(?<stage>[a-z0-9][a-z0-9_.-]*)\/(?<k>[1-9]\d{0,8})(?:\.(?<replicate>[1-9]\d{0,5}))?$/.exec(
      text,
    );
  if (match?.groups === undefined) return null;
  const { stage = '', k, replicate = '1' } = match.groups;
  return { stage, index: Number(k), replicate: Number(replicate) };
}

export type TrialStatus = 'waiting' | 'running' | 'complete' | 'failed' | 'cancelled';

/** How an attempt ended; null while it is open. */
export type AttemptOutcome =
  | 'accepted'
  | 'duplicate'
  | 'disputed'
  | 'diverged'
  | 'returned'
  | 'lost'
  | 'crashed'
  | 'timeout'
  | 'superseded'
  | 'cancelled';

/** `search`: the trial itself. `test`: the winner again, with the test set. `audit`: again, to compare. */
export type AttemptKind = 'search' | 'test' | 'audit';

/** Losses are mean cross-entropy in nats; costs add λ(‖W1‖² + ‖W2‖²); accuracies are shares in [0, 1]. */
export interface Measurement {
  /** SGD updates done, from 1. */
  readonly step: number;
  /** Passes over the training set done: step / steps per epoch, a fraction. */
  readonly epoch: number;
  /** The rate of the update that led here. */
  readonly learningRate: number;
  readonly trainLoss: number;
  readonly trainCost: number;
  readonly trainAccuracy: number;
  readonly validationLoss: number;
  readonly validationCost: number;
  readonly validationAccuracy: number;
  /** Null unless this run measures the test set, and then only at the last step. */
  readonly testLoss: number | null;
  readonly testAccuracy: number | null;
}

/** What a training run gives: a pure function of its spec and data, but for `seconds`. */
export type TrialResult =
  | {
      readonly kind: 'complete';
      readonly steps: number;
      /** Training alone, without loading and measuring; a pack's time is shared equally. */
      readonly seconds: number;
      /** SHA-256 of the final parameters: 64 hexadecimal digits. */
      readonly digest: string;
      /** By step, ascending; the last is the result. At least one. */
      readonly curve: readonly Measurement[];
      /** Bit r (bit r % 8 of byte ⌊r / 8⌋): record r of the validation split was classified right. */
      readonly validationCorrect: Uint8Array;
    }
  | {
      readonly kind: 'diverged';
      /** The step after which a loss was NaN or infinite. */
      readonly steps: number;
      readonly seconds: number;
      readonly curve: readonly Measurement[];
    };

/** Where the bits are not at hand: one for all, since a hundred thousand empty arrays are not nothing. */
export const noCorrectness: Uint8Array = new Uint8Array(0);

/** Why a diverged trial failed. @param step the one after which a loss was NaN or infinite */
export function divergedReason(step: number): string {
  return `diverged: the loss was no longer finite after step ${step}`;
}

/**
 * What computing a trial again has shown. `verified`: another worker got the very same result.
 * `repeated`: the same worker did, since there was no other. `unchecked`: it was due, and no attempt
 * came to its end, or the stage had closed before its worker was found out. `disputed`: workers got different results, and no third one settled it.
 */
export type AuditVerdict = 'verified' | 'repeated' | 'unchecked' | 'disputed';

/** One execution of a trial on a worker, as the store keeps it. */
export interface AttemptRecord {
  readonly trial: TrialId;
  /** Counted from 1 within the trial, never reused: the fencing token. */
  readonly attempt: number;
  readonly kind: AttemptKind;
  readonly worker: string;
  /** The worker process's own random name for its life: a restarted worker is another session. */
  readonly session: string;
  /** The pack it was granted in: equal for trials trained side by side. */
  readonly pack: string;
  readonly grantedAtMs: number;
  readonly endedAtMs: number | null;
  readonly outcome: AttemptOutcome | null;
  readonly reason: string | null;
  /** Of the result that it gave, whatever became of it (`result-fingerprint.ts`); null where it gave none. */
  readonly fingerprint: string | null;
}

/** One trial, as the store keeps it. */
export interface TrialRecord {
  readonly id: TrialId;
  readonly lambda: number;
  readonly status: TrialStatus;
  /** Why it failed or was cancelled; null otherwise. */
  readonly reason: string | null;
  /** Attempts granted so far. */
  readonly attempts: number;
  /** Attempts that count towards the limit of three. */
  readonly failures: number;
  /** The worker whose result was accepted; null before. */
  readonly worker: string | null;
  /** Null unless complete or diverged. Lists of many trials may leave `curve` at its last point. */
  readonly result: TrialResult | null;
  /** Of `result`, whole; null without one. */
  readonly fingerprint: string | null;
  /** Null: nobody computed it again. */
  readonly audit: AuditVerdict | null;
}

/** A trial of which nothing has been done yet. */
export function waitingTrial(id: TrialId, lambda: number): TrialRecord {
  return {
    id,
    lambda,
    status: 'waiting',
    reason: null,
    attempts: 0,
    failures: 0,
    worker: null,
    result: null,
    fingerprint: null,
    audit: null,
  };
}

/** One stage, as the store keeps it. */
export interface StageRecord {
  readonly name: string;
  readonly trials: number;
  /** Null until it is known: a narrowing stage waits for the one it narrows. */
  readonly range: LambdaRange | null;
  /** Why the range is what it is, for people; null where the study gave it. */
  readonly reason: string | null;
  readonly closed: boolean;
  readonly warnings: readonly string[];
}

export type StudyStatus = 'waiting' | 'running' | 'paused' | 'complete' | 'cancelled' | 'failed';

/** Whether nobody works on the study any more; a complete one may still be extended. */
export function isOver(status: StudyStatus): boolean {
  return status === 'complete' || status === 'failed' || status === 'cancelled';
}

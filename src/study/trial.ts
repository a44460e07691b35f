/**
 * Trial: one training run of a study and its result. Only `coordinator/core/state/trial-state.ts` changes
 * the state of a trial.
 */
import type { Metrics } from './metrics.ts';
import type { Params, SearchSpace } from './search-space.ts';

/**
 * `index` counts the sampled configurations of the stage, `replicate` the trainings of one; both from 1. An
 * index above `knownIndexBase` counts the configurations that the study file gives with `also`.
 */
export interface TrialId {
  readonly stage: string;
  readonly index: number;
  readonly replicate: number;
}

/** The largest index of a sampled configuration. Known configurations have the indices above it. */
export const knownIndexBase = 1_000_000;

/** `coarse/7`; its second replicate is `coarse/7.2`. The first configuration of `also` is `coarse/also-1`. */
export function trialName({ stage, index, replicate }: TrialId): string {
  const number = index > knownIndexBase ? `also-${index - knownIndexBase}` : index;
  return replicate === 1 ? `${stage}/${number}` : `${stage}/${number}.${replicate}`;
}

/** The inverse of `trialName`; null for anything else. */
export function parseTrialName(text: string): TrialId | null {
  const pattern = /^([a-z0-9][a-z0-9_.-]*)\/(also-)?([1-9]\d{0,8})(?:\.([1-9]\d{0,5}))?$/;
  const [, stage, known, number, replicate = 1] = pattern.exec(text) ?? [];
  if (stage === undefined) return null;
  const index = Number(number) + (known === undefined ? 0 : knownIndexBase);
  if (index > knownIndexBase && known === undefined) return null;
  return { stage, index, replicate: Number(replicate) };
}

/**
 * `paused`: trained to a rung; the next round continues or stops it. `stopped`: clearly worse than another
 * trial at a rung, so it is not trained further. Only studies with `stop` have these two.
 */
export type TrialStatus =
  'waiting' | 'running' | 'paused' | 'complete' | 'stopped' | 'failed' | 'cancelled';

/** How an attempt ended. */
export type AttemptOutcome =
  | 'accepted'
  | 'duplicate'
  | 'disputed'
  | 'diverged'
  | 'returned'
  | 'lost'
  | 'crashed'
  | 'timeout'
  | 'obsolete'
  | 'cancelled';

/** `search`: the trial itself. `test`: the winner again, with the test set. `audit`: again, to compare. */
export type AttemptKind = 'search' | 'test' | 'audit';

/** The metrics of one trial at one step. */
export interface Measurement {
  /** Updates done, from 1. */
  readonly step: number;
  /** By name. Metrics of the test set are present at the last step of runs that measure it. */
  readonly metrics: Metrics;
}

/** The result of a training run: a pure function of its spec and data, except for `seconds`. */
export type TrialResult =
  | {
      readonly kind: 'complete';
      readonly steps: number;
      /** Training time without loading and measuring; a pack's time is divided equally. */
      readonly seconds: number;
      /** SHA-256 of the final parameters: 64 hexadecimal digits. */
      readonly digest: string;
      /** In order of steps; the last is the result. At least one. */
      readonly curve: readonly Measurement[];
      /** Bit r (bit r % 8 of byte ⌊r / 8⌋): record r of the validation split was classified correctly. */
      readonly validationCorrect: Uint8Array;
    }
  | {
      readonly kind: 'diverged';
      /** The step after which a loss was NaN or infinite. */
      readonly steps: number;
      readonly seconds: number;
      readonly curve: readonly Measurement[];
    };

/** Placeholder for bits that were not read: one object for all trials, to save memory. */
export const noCorrectness: Uint8Array = new Uint8Array(0);

/** @param step the step after which a loss was NaN or infinite */
export function divergedReason(step: number): string {
  return `diverged: the loss was no longer finite after step ${step}`;
}

/**
 * Outcome of an audit, the redundant computation of a trial. `verified`: a worker of another token,
 * or the coordinator itself, computed the same result. `repeated`: a worker of the same token did, because
 * there was no other. `unchecked`: an audit was due, but
 * none was completed. `disputed`: two workers computed different results, and neither the
 * coordinator nor a third token settled it.
 */
export type AuditVerdict = 'verified' | 'repeated' | 'unchecked' | 'disputed';

/** Why a trial was stopped: another trial was clearly better on the same validation images. */
export interface StopDecision {
  /** Number of the rung at which they were compared, from 1. */
  readonly rung: number;
  /** Its step. */
  readonly step: number;
  /** The trial with the most correct images at the rung. */
  readonly leader: TrialId;
  /** Validation records that only the leader classified correctly. */
  readonly onlyLeader: number;
  /** Validation records that only the stopped trial classified correctly. */
  readonly onlyTrial: number;
}

/** `stopped at step 1000: coarse/3 was right on 412 records where this was not, 287 the other way`. */
export function stoppedReason({ step, leader, onlyLeader, onlyTrial }: StopDecision): string {
  return `stopped at step ${step}: ${trialName(leader)} was right on ${onlyLeader} records where this was not, ${onlyTrial} the other way`;
}

/** The result of a trial at a rung. */
export interface RungResult {
  readonly result: Extract<TrialResult, { readonly kind: 'complete' }>;
  readonly worker: string;
  readonly fingerprint: string;
  /** The verdict when the trial left the rung. */
  readonly audit: AuditVerdict | null;
  /** As `source` of a trial. */
  readonly source?: string | undefined;
}

/** How far a trial is that is trained from rung to rung. */
export interface RungProgress {
  /** Step to which it is trained in the present round; null: its last step. */
  readonly toStep: number | null;
  /** Results at the rungs that it has reached, by step; the last one is that of its last step, if it ended. */
  readonly results: readonly RungResult[];
  /** Null unless it is stopped. */
  readonly stop: StopDecision | null;
}

/** One execution of a trial on a worker, as it is stored. */
export interface AttemptRecord {
  readonly trial: TrialId;
  /** Counted from 1 within the trial, never reused: the fencing token. */
  readonly attempt: number;
  readonly kind: AttemptKind;
  readonly worker: string;
  /** Random name of the worker process: a restarted worker is another session. */
  readonly session: string;
  /** Random id of the worker's machine; '' if unknown. */
  readonly machineId: string;
  /** Id of the token with which the worker has connected; '' if unknown. Audits count votes by it. */
  readonly tokenId: string;
  /** Trials with the same pack were trained side by side in one thread. */
  readonly pack: string;
  readonly assignedAtMs: number;
  /** Null while the attempt is open, as is `outcome`. */
  readonly endedAtMs: number | null;
  readonly outcome: AttemptOutcome | null;
  readonly reason: string | null;
  /** Fingerprint of its result, accepted or not (`result-fingerprint.ts`); null without a result. */
  readonly fingerprint: string | null;
  /** The rung to which it trains, as a step; null: to the last step of the trial. */
  readonly toStep?: number | null;
}

/** One trial, as it is stored. */
export interface TrialRecord {
  readonly id: TrialId;
  readonly params: Params;
  readonly status: TrialStatus;
  /** Why it failed, was stopped or was cancelled; null otherwise. */
  readonly reason: string | null;
  /** Search attempts so far. */
  readonly attempts: number;
  /** Attempts to its present rung, or to its end, that count towards the limit of failures. */
  readonly failures: number;
  /** The worker whose result was accepted; null without a result. */
  readonly worker: string | null;
  /** Null unless complete, diverged, or at a rung. Lists of many trials may leave `curve` at its last point. */
  readonly result: TrialResult | null;
  /** Fingerprint of `result`; null without one. */
  readonly fingerprint: string | null;
  /** Null if the trial was not audited. */
  readonly audit: AuditVerdict | null;
  /** Absent if the trial is trained to its end at once. */
  readonly rungs?: RungProgress;
  /** Study and trial from which `result` was taken, such as `quickstart coarse/7`; absent: it was trained here. */
  readonly source?: string | undefined;
}

/**
 * How often the trial was started: at first, and again after an attempt without a result. Continuations from
 * rung to rung, an attempt each, are not starts.
 */
export function trialStarts({ attempts, rungs, status }: TrialRecord): number {
  const reached = rungs?.results.length ?? 0;
  const continues = status === 'running' || status === 'failed';
  return attempts - Math.max(0, continues ? reached : reached - 1);
}

/** A new trial. */
export function waitingTrial(id: TrialId, params: Params): TrialRecord {
  const none = { reason: null, worker: null, result: null, fingerprint: null, audit: null };
  return { id, params, status: 'waiting', attempts: 0, failures: 0, ...none };
}

/** One stage, as it is stored. */
export interface StageRecord {
  readonly name: string;
  readonly trials: number;
  /** Null until the stage opens: a narrowed stage waits for the stage that it narrows. */
  readonly space: SearchSpace | null;
  /** How the space was found, in a sentence; null if the study file gives it. */
  readonly reason: string | null;
  readonly closed: boolean;
}

export const studyStatuses = [
  'waiting',
  'running',
  'paused',
  'complete',
  'cancelled',
  'failed',
] as const;
export type StudyStatus = (typeof studyStatuses)[number];

/** Whether the study has ended; a complete one can still be extended. */
export function isOver(status: StudyStatus | 'interrupted'): boolean {
  return status === 'complete' || status === 'failed' || status === 'cancelled';
}

/** Summaries: what a running coordinator reports of its studies and workers. */
import type { ParameterName, Params } from './search-space.ts';
import { studyStatuses, type AttemptKind, type StudyStatus } from './trial.ts';

/** `interrupted`: running in the store, but no coordinator works on it. */
export const shownStatuses = [...studyStatuses, 'interrupted'] as const;
export type ShownStatus = (typeof shownStatuses)[number];

/** @param isServed whether a coordinator works on the study */
export function shownStatus(status: StudyStatus, isServed: boolean): ShownStatus {
  return status === 'running' && !isServed ? 'interrupted' : status;
}

/** Trials of a stage. */
export interface StageCount {
  readonly name: string;
  /** Trials that have ended; cancelled ones do not count. */
  readonly done: number;
  /** All trials; of a race, those created so far, and at least one per configuration. */
  readonly total: number;
}

/** State of a study. */
export interface StudySummary {
  readonly study: string;
  readonly status: ShownStatus;
  /** Weight of its share of the threads. */
  readonly priority: number;
  /** The open stage; null before the first and after the last. */
  readonly stage: string | null;
  /** All stages of the study, in order. */
  readonly stages: readonly StageCount[];
  /** Sums over the stages. */
  readonly done: number;
  readonly total: number;
  readonly running: number;
  /** Name of the objective's metric; `best.value` is a value of it. */
  readonly metric: string;
  /** Searched parameters whose numbers are written as decimals; the numbers of others have exponents. */
  readonly decimals: readonly ParameterName[];
  /** The best trial of all stages; null if none has a value. */
  readonly best: {
    readonly trial: string;
    readonly params: Params;
    readonly value: number;
  } | null;
  /** Test accuracy of the winner; null until it is measured. */
  readonly testAccuracy: number | null;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** Estimate of the time until all trials have ended; null if unknown. */
  readonly msLeft: number | null;
  /** What is used of the budget, or how it ended; null without one. */
  readonly budget: string | null;
  /** Whether the winner is being trained again with the test set. */
  readonly testing: boolean;
  /** Why the study failed, was paused or was cancelled, or why no worker trains it; null otherwise. */
  readonly reason: string | null;
}

/**
 * `joining`: connected, without data yet. `ready`: idle. `busy`: trains. `draining`: finishes its packs and
 * leaves. `incompatible`: cannot train the present study. `excluded`: returned a wrong result.
 * `backing off`: failed several times in a row. `lost`: disconnected.
 */
export const workerStates = [
  'joining',
  'ready',
  'busy',
  'draining',
  'incompatible',
  'excluded',
  'backing off',
  'lost',
] as const;

/** The counts of the open stage, or else of the last one that has opened; null before the first. */
export function presentStage({
  stage,
  stages,
}: Pick<StudySummary, 'stage' | 'stages'>): StageCount | null {
  return (
    stages.find(({ name }) => name === stage) ?? stages.findLast(({ done }) => done > 0) ?? null
  );
}

export interface WorkerSummary {
  readonly name: string;
  readonly address: string;
  readonly threads: number;
  /** Threads that train now. */
  readonly busy: number;
  readonly kernel: string;
  /** Whether its arithmetic passed the self-test, so that its results are reproducible bit for bit. */
  readonly reproducible: boolean;
  readonly trialsCompleted: number;
  /** The trials that it trains now. */
  readonly training: readonly { readonly study: string; readonly trial: string }[];
  /** When its last message arrived. */
  readonly heardAtMs: number;
  readonly state: (typeof workerStates)[number];
  /** Why it receives no trials, or why each of its results is audited; null otherwise. */
  readonly reason: string | null;
}

type WatchedWorker = Pick<WorkerSummary, 'name' | 'threads' | 'busy' | 'trialsCompleted'>;

/** A trial that a worker trains now. */
export interface RunningTrial {
  readonly worker: string;
  readonly study: string;
  /** `coarse/7`. */
  readonly trial: string;
  readonly kind: AttemptKind;
  /** Updates done, as last reported; 0 before the first report. */
  readonly step: number;
  /** Updates of the whole training. */
  readonly steps: number;
}

/** A study and its workers, as `watch` shows them. */
export interface WatchSnapshot {
  readonly progress: StudySummary;
  readonly workers: readonly WatchedWorker[];
  /** Time since the watch began. */
  readonly elapsedMs: number;
}

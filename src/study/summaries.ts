/** Summaries: what a running coordinator reports of its studies and workers. */
import type { Params } from './search-space.ts';
import type { StudyStatus } from './trial.ts';

/** State of a study. */
export interface StudySummary {
  readonly study: string;
  readonly status: StudyStatus;
  /** The open stage; null before the first and after the last. */
  readonly stage: string | null;
  /** Trials of that stage that have ended; cancelled ones do not count. */
  readonly done: number;
  /** Trials of that stage. */
  readonly total: number;
  readonly running: number;
  /** Name of the objective's metric; `best.value` is a value of it. */
  readonly metric: string;
  /** The best trial of all stages; null if none has a value. */
  readonly best: {
    readonly trial: string;
    readonly params: Params;
    readonly value: number;
  } | null;
  /** Whether the winner is being trained again with the test set. */
  readonly testing: boolean;
  /** Why the study failed, was paused or was cancelled; null otherwise. */
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
  readonly state: (typeof workerStates)[number];
  /** Why it receives no trials; null if it does. */
  readonly reason: string | null;
}

/** A study and its workers, as `watch` shows them. */
export interface WatchSnapshot {
  readonly progress: StudySummary;
  readonly workers: readonly Pick<WorkerSummary, 'name' | 'threads' | 'busy'>[];
  /** Time since the watch began. */
  readonly elapsedMs: number;
}

/**
 * What operators' commands and a running coordinator say to each other, as both think of it; and
 * what a coordinator must be able to do so that it can be served (`rpc-server.ts`).
 */
import type { ObjectiveMetric } from '../../study/spec/study-spec.ts';
import type { StudyStatus } from '../../study/trial.ts';
import type { SessionStream } from '../server/session-stream.ts';

export type SubmitOutcome = 'created' | 'resumed' | 'extended' | 'complete';

export interface SubmittedStudy {
  readonly name: string;
  readonly outcome: SubmitOutcome;
}

/** Where a study stands. */
export interface StudySummary {
  readonly study: string;
  readonly status: StudyStatus;
  /** The stage that is open; null before the first and after the last. */
  readonly stage: string | null;
  /** Trials of that stage that have come to their end (none that were cancelled), all of them, and those that run now. */
  readonly done: number;
  readonly total: number;
  readonly running: number;
  /** What ranks: `best.value` is a value of it. */
  readonly metric: ObjectiveMetric;
  /** Over all stages. */
  readonly best: { readonly trial: string; readonly lambda: number; readonly value: number } | null;
  /** The winner is being trained again with the test set. */
  readonly testing: boolean;
  /** Why it failed, or was paused or cancelled. */
  readonly reason: string | null;
}

type WorkerState =
  'joining' | 'ready' | 'busy' | 'draining' | 'ineligible' | 'quarantined' | 'lost';

export interface WorkerSummary {
  readonly name: string;
  readonly address: string;
  readonly threads: number;
  /** Threads that train now. */
  readonly busy: number;
  readonly kernel: string;
  readonly numerics: 'canonical' | 'other';
  readonly trialsCompleted: number;
  readonly state: WorkerState;
  /** Why it gets no work. */
  readonly reason: string | null;
}

/** A study as `watch` shows it. */
export interface WatchSnapshot {
  readonly progress: StudySummary;
  readonly workers: readonly {
    readonly name: string;
    readonly threads: number;
    readonly busy: number;
  }[];
  readonly elapsedMs: number;
}

/** What workers ask of a coordinator. */
export interface ClusterHandlers {
  /** A worker's stream was opened; its token is good. Listeners are set before this returns. */
  session(stream: SessionStream): void;
  /** The part's bytes from `offset` on; null for a digest that no study uses. */
  fetchPart(
    digest: string,
    offset: number,
  ): Iterable<Uint8Array> | AsyncIterable<Uint8Array> | null;
}

/** What operators ask of a coordinator. What is thrown reaches them; `RidgelineError` as it is. */
export interface ControlHandlers {
  /** @param spec the study in its canonical spelling, not yet looked at */
  submitStudy(spec: string, fresh: boolean): Promise<SubmittedStudy>;
  listStudies(): readonly StudySummary[];
  listWorkers(): readonly WorkerSummary[];
  setStudy(study: string, change: 'pause' | 'resume' | 'cancel', reason: string): Promise<void>;
  /** @returns how many workers were asked; all of them for null */
  drainWorker(worker: string | null, reason: string): number;
  /** Now and whenever it has changed, until the study has ended or `signal` fires. */
  watch(study: string, signal: AbortSignal): AsyncIterable<WatchSnapshot>;
}

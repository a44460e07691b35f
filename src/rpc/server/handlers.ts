/**
 * Handlers: the methods that a coordinator implements for `rpc-server.ts`, one for each request.
 */
import type { StudySummary, WatchSnapshot, WorkerSummary } from '../../study/summaries.ts';
import type {
  ResultsRequest,
  StudySubmission,
  SubmittedStudy,
} from '../messages/control-messages.ts';
import type { StatePart } from '../messages/state-messages.ts';
import type { SessionStream } from './session-stream.ts';

export type { ResultsRequest, SubmitOutcome } from '../messages/control-messages.ts';

/** Requests of workers. */
export interface ClusterHandlers {
  /** A worker with a valid token has opened a stream. Sets the stream's listeners before it returns. */
  session(stream: SessionStream): void;
  /** The shard's bytes from `offset` on; null if no study uses a shard with this digest. */
  fetchShard(
    digest: string,
    offset: number,
  ): Iterable<Uint8Array> | AsyncIterable<Uint8Array> | null;
  /**
   * A part of a state that the worker uploads.
   *
   * @returns whether the next part is wanted; after the last one, whether the state was stored
   */
  uploadState(part: StatePart, tokenId: string): Promise<boolean>;
}

/** Requests of operators. A `RidgelineError` that a method throws is thrown at the client, too. */
export interface ControlHandlers {
  /** @param submission with a `spec`, the study as canonical JSON, or a `file`; neither is validated yet */
  submitStudy(submission: StudySubmission): Promise<SubmittedStudy>;
  listStudies(): Promise<readonly StudySummary[]>;
  listWorkers(): readonly WorkerSummary[];
  setStudy(study: string, change: 'pause' | 'resume' | 'cancel', reason: string): Promise<void>;
  /** @param trials names; null: all that ended without a result. @returns the number of trials */
  retryTrials(study: string, trials: readonly string[] | null): Promise<number>;
  /**
   * @param worker null: all workers
   * @returns number of workers that were asked to leave
   */
  drainWorker(worker: string | null, reason: string): number;
  /** Ends the coordinator in an orderly way, after the answer. */
  stopCoordinator(): void;
  /** A snapshot now and after each change, until the study has ended or `signal` is aborted. */
  watch(study: string, signal: AbortSignal): AsyncIterable<WatchSnapshot>;
  /** The bytes of a file with results. Aborting `signal` ends the work. */
  results(request: ResultsRequest, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

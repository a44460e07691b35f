/**
 * Store: the durable record of studies, as a port. The coordinator writes it, every command reads it.
 *
 * All methods are asynchronous, so that an implementation may be a file, a server or a service. Writes
 * are rows (`rows.ts`); a commit is one transaction, and commits take effect in the order of the calls.
 * `sqlite/` is the implementation; `test/conformance/store.ts` checks any other one.
 *
 * Not here: how a store is opened, locked, backed up and migrated, which differs between implementations;
 * what a row means, which the coordinator decides.
 */
import type { Exclusion } from '../study/exclusion.ts';
import type { StoredFile } from '../study/program-files.ts';
import type { Objective } from '../study/spec/study-spec.ts';
import type { StudyRecord } from '../study/study-record.ts';
import type { AttemptRecord, TrialId, TrialRecord } from '../study/trial.ts';
import type { StoredRank, StoreRow } from './rows.ts';

/** What a list of trials contains; without options, results have their last measurement only. */
export interface TrialOptions {
  /** Whole curves. */
  readonly curves?: boolean;
  /** The bits of correctly classified validation records; otherwise `validationCorrect` is empty. */
  readonly correctness?: boolean;
}

/** One line of the log. */
export interface EventRecord {
  /** Ascends in the order of the commits, also if the clock was set back. */
  readonly sequence: number;
  readonly atMs: number;
  /** Null if the event concerns no study. */
  readonly study: string | null;
  readonly what: string;
  readonly detail: string;
}

/**
 * Everything that can be read. Each method reads one committed state, `trialBatches` and
 * `attemptBatches` excepted. Metrics that were not finite when they were stored are absent; -0 is read as 0.
 */
export interface StoreReads {
  /** The files that the trainer of a study needs, by name. Empty if there is no such study. */
  programFiles(study: string): Promise<StoredFile[]>;
  /** In order of submission. */
  studies(): Promise<StudyRecord[]>;
  /** Null if there is no such study. */
  study(name: string): Promise<StudyRecord | null>;
  /** By stage order, index, replicate. Empty if there is no such study. */
  trials(study: string, options?: TrialOptions): Promise<TrialRecord[]>;
  /** The same in batches, for large studies: later batches may show later commits. */
  trialBatches(study: string, options?: TrialOptions): AsyncIterable<readonly TrialRecord[]>;
  /** One trial with its whole curve and its bits; null if it does not exist. */
  trial(study: string, id: TrialId): Promise<TrialRecord | null>;
  /** Attempts of one trial, or of all, by stage order, index, replicate, attempt. */
  attempts(study: string, trial?: TrialId): Promise<AttemptRecord[]>;
  /** All attempts in batches, as `trialBatches`. */
  attemptBatches(study: string): AsyncIterable<readonly AttemptRecord[]>;
  /**
   * What the programs of a trial's attempts have printed, by number of the attempt; without those that printed
   * nothing. The oldest ones of a study are removed if they are too large.
   */
  attemptLogs(study: string, trial: TrialId): Promise<ReadonlyMap<number, string>>;
  /** The ranks of the last row `ranks`, by stage order, index, replicate; trials without rank are left out. */
  ranks(study: string): Promise<StoredRank[]>;
  /** The newest `limit` events, oldest first. */
  events(limit: number): Promise<EventRecord[]>;
  /** By session, oldest first: worker processes that are excluded; none of their results count. */
  exclusions(): Promise<Map<string, Exclusion>>;
  /** Calls `read`; all that it reads through its argument is from one committed state. */
  snapshot<T>(read: (reads: StoreReads) => Promise<T>): Promise<T>;
}

export interface StoreReader extends StoreReads, AsyncDisposable {
  /** May be called again. */
  close(): Promise<void>;
}

export interface Store extends StoreReader {
  /**
   * One transaction: all rows in order, or none. Resolves when the rows are on disk.
   *
   * @throws RidgelineError STATE_UNWRITABLE if the disk is full or refuses; nothing was stored then.
   *   STATE_UNCERTAIN if the disk did not confirm the write: the process must end. An assertion if a
   *   row finds another state than it expects, which is a bug of the caller; nothing was stored then.
   */
  commit(rows: readonly StoreRow[]): Promise<void>;
  /** Removes a study with everything in it, after a copy was made. @returns null if there is no such study */
  removeStudy(study: string): Promise<RemovedStudy | null>;
  /** Replaces the description of the process that holds the store; the error of a second process shows it. */
  writeOwner(owner: string): Promise<void>;
}

/** A study that was removed from the store. */
interface RemovedStudy {
  /** Where its copy is; null if it had no results and was not copied. */
  readonly copy: string | null;
}

/** Ranks the trials of a study's closed stages: `storedRanks` of `search`, which the store may not import. */
export type RankTrials = (
  trials: readonly TrialRecord[],
  objective: Objective,
  stageOrder: readonly string[],
) => readonly StoredRank[];

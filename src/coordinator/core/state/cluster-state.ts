/**
 * Cluster state: what the dispatcher keeps in memory about studies, workers and packs. Plain data.
 *
 * Not here: decisions, and the life of a trial (`trial-state.ts`), of a worker (`workers/workers.ts`) and
 * of a stage (`studies/stage-progress.ts`).
 */
import type { DatasetReference } from '../../../study/spec/dataset-reference.ts';
import type { StudySpec } from '../../../study/spec/study-spec.ts';
import type { WinnerRecord } from '../../../study/study-record.ts';
import type { StudySummary } from '../../../study/summaries.ts';
import type { TrainerDescription } from '../../../study/trainer-description.ts';
import type { AttemptKind, StageRecord, StudyStatus } from '../../../study/trial.ts';
import type { TrialEntry } from './trial-state.ts';

/** Two clocks read together: decisions use `monotonicMs`, records store `wallMs`. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** What the dispatcher needs of a study besides its spec: its data set and its trainer. */
export interface StudyData {
  readonly search: DatasetReference;
  /** With the shards of the test split; null if the study has no test split. */
  readonly test: DatasetReference | null;
  /** Number of records in the validation split. */
  readonly validationCount: number;
  readonly trainer: TrainerDescription;
}

export interface StageEntry {
  record: StageRecord;
  readonly trials: TrialEntry[];
  /** Number of trials that have not ended. */
  open: number;
  /** Number of trials that were cancelled. */
  cancelled: number;
  /** Trials to be audited before the stage closes; null: to be found again (`results/audits.ts`). */
  audits: TrialEntry[] | null;
}

export interface StudyEntry {
  readonly name: string;
  /** Unique, also among studies that had the same name before; prefix of the ids of its packs. */
  readonly stamp: string;
  spec: StudySpec;
  status: StudyStatus;
  readonly data: StudyData;
  readonly searchKey: string;
  readonly testKey: string | null;
  readonly stages: StageEntry[];
  readonly trials: Map<string, TrialEntry>;
  /** Trials to schedule, next one last. Entries that are no longer waiting are skipped. */
  queue: TrialEntry[];
  /** Number of waiting trials. */
  waiting: number;
  winner: WinnerRecord | null;
  /** The best configuration so far; undefined: to be found again (`results/best-configuration.ts`). */
  best: StudySummary['best'] | undefined;
  /** Monotonic; null while the study is not over. */
  endedAtMs: number | null;
}

export interface WorkerEntry {
  /** Random, one per worker process. */
  readonly session: string;
  name: string;
  address: string;
  threads: number;
  packMax: number;
  kernel: string;
  selfTestDigest: string;
  connected: boolean;
  draining: boolean;
  /** The worker has said that it drains: it leaves when its stream closes. */
  leaving: boolean;
  /** Why the worker was asked to drain; null if it was not asked. */
  drainReason: string | null;
  /** Monotonic; null while connected. */
  closedAtMs: number | null;
  /** Time of the last message; monotonic. */
  heardAtMs: number;
  /** Whether its loss was reported since its stream closed. */
  reportedLost: boolean;
  readonly datasets: Set<string>;
  /** Key of the data set that it is fetching, one at a time; null if none. */
  preparing: string | null;
  /** Why a data set could not be fetched, by its key. */
  readonly datasetFailures: Map<string, string>;
  /** Packs that occupy a thread. */
  readonly packs: Set<PackEntry>;
  /** Number of accepted results. */
  trialsCompleted: number;
  /** Failed packs since the last result. */
  failuresInRow: number;
  /** No new pack until then, after a failure; monotonic. */
  pausedUntilMs: number;
  /** No new pack until then if another worker is available, after many failures in a row; monotonic. */
  backOffUntilMs: number;
}

/** A pack: trials trained side by side in one thread. Its attempts close one by one. */
export interface PackEntry {
  readonly id: string;
  readonly study: string;
  readonly kind: AttemptKind;
  readonly session: string;
  readonly members: readonly { readonly trial: TrialEntry; readonly attempt: number }[];
  /** End of its lease; monotonic. */
  deadlineMs: number;
  /** Last step reported; -1: the worker has not reported the pack yet. */
  step: number;
  aborted: boolean;
}

export interface DispatcherSettings {
  /** How long a pack may make no progress before its trials are scheduled again. */
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** How long the leases of a closed stream wait for the same session to come back. */
  readonly reconnectMs: number;
  /** How long a lost worker stays in the table, and its late results are taken. */
  readonly forgetMs: number;
  readonly selfTestDigest: string;
  readonly version: string;
  /** The only study that is scheduled; without it, all are. */
  readonly onlyStudy?: string;
  /** Threads of workers that are being started: packs leave trials for them. */
  readonly threadsExpected?: number;
}

export interface ClusterState {
  readonly settings: DispatcherSettings;
  /** Monotonic. */
  lastEventMs: number;
  /** Until then, workers from before a restart of the coordinator may come back; monotonic. */
  returningUntilMs: number;
  /** In order of submission. */
  readonly studies: Map<string, StudyEntry>;
  /** By session. */
  readonly workers: Map<string, WorkerEntry>;
  readonly packs: Map<string, PackEntry>;
  /** Reason by session: workers that have computed a wrong result. */
  readonly excluded: Map<string, string>;
}

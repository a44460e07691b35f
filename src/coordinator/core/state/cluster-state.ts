/** Cluster state: what the dispatcher keeps in memory about studies, workers and packs. Data only. */
import { sha256 } from '../../../base/digest.ts';
import type { BudgetEnd } from '../../../study/budget.ts';
import { datasetKey, type DatasetReference } from '../../../study/spec/dataset-reference.ts';
import type { Exclusion } from '../../../study/exclusion.ts';
import type { StudySpec } from '../../../study/spec/study-spec.ts';
import type { StudyRecord, WinnerRecord } from '../../../study/study-record.ts';
import type { StudySummary } from '../../../study/summaries.ts';
import type { TrainerDescription } from '../../../study/trainer-description.ts';
import type { AttemptKind, StageRecord, StudyStatus } from '../../../study/trial.ts';
import { ownTokenId } from '../../../study/own-token.ts';
import { newHealth, type Health } from './health.ts';
import type { KnownResults } from './known-results.ts';
import { PackedResults } from './packed-results.ts';
import { TrialIndex } from './trial-index.ts';
import type { TrialEntry } from './trial-state.ts';
import type { UploadEntry } from './upload-entry.ts';

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

export class StageEntry {
  record: StageRecord;
  readonly trials: TrialEntry[] = [];
  /** Number of trials that wait or run. */
  open = 0;
  /** Number of trials that are paused at a rung. */
  paused = 0;
  /** Number of trials that were cancelled. */
  cancelled = 0;
  /** Number of configurations, from the first one on, that have ended and do not reach the target. */
  belowTarget = 0;
  /** Number of ended trials when the planner was last asked while others were open; null: not asked. */
  plannedAt: number | null = null;
  /** Trials to audit before the stage closes; null: not known, `openAudits` finds them. */
  audits: TrialEntry[] | null = null;

  constructor(record: StageRecord) {
    this.record = record;
  }
}

/** What is known about a trial whose attempts ended without a result. In memory only. */
export interface Setback {
  /** The trial is not assigned before; monotonic. */
  restUntilMs: number;
  /** Whether a pack that contained it failed, so that it is trained without other trials. */
  alone: boolean;
  /** Consecutive deaths of a worker process that trained it, all at about the same progress. */
  deaths: number;
  /** Those of `deaths` that count as failures of the trial. */
  deathsCounted: number;
  /** Most progress that its packs had reported at these deaths, and the longest `stride` of them. */
  deathStep: number;
  deathStride: number;
}

export class StudyEntry {
  readonly name: string;
  /** Unique, also among studies that had the same name before; prefix of the ids of its packs. */
  readonly stamp: string;
  spec: StudySpec;
  status: StudyStatus;
  readonly data: StudyData;
  /** Keys of `data.search` and `data.test`. */
  readonly searchKey: string;
  readonly testKey: string | null;
  /** What a worker must allow (`study/program-needs.ts`); null: nothing. */
  readonly needs: string | null;
  /** Most memory of a trial, in bytes; 0: unlimited. */
  readonly memory: number;
  readonly stages: StageEntry[];
  readonly results = new PackedResults();
  readonly trials = new TrialIndex();
  /** Trials to schedule, next one last. Entries that are no longer waiting are skipped. */
  queue: TrialEntry[] = [];
  /** Number of waiting trials. */
  waiting = 0;
  /** Trials whose attempts ended without a result, since the coordinator started. */
  readonly setbacks = new Map<TrialEntry, Setback>();
  /** States at the last rungs of trials that workers have uploaded (`results/uploaded-states.ts`). */
  readonly uploads = new Map<TrialEntry, UploadEntry>();
  /** Failures of its program since the coordinator started, and the workers on which it has failed. */
  readonly programFailures = { count: 0, sessions: new Set<string>() };
  winner: WinnerRecord | null;
  /** Null while the budget has not ended, or without one. */
  budgetEnd: BudgetEnd | null;
  /** Steps to which its trials are planned; null: not known, `stepsPlanned` counts them. */
  stepsPlanned: number | null = null;
  /** Milliseconds in which it ran, counted with a budget of time; and those that are stored. */
  activeMs: number;
  storedActiveMs: number;
  /** The best configuration so far; undefined: not known, `bestSoFar` finds it. */
  best: StudySummary['best'] | undefined;
  /** Time of the end; monotonic; null while the study is not over. */
  endedAtMs: number | null = null;
  /** Results of other studies that its trials take; null: none. */
  known: KnownResults | null = null;
  /** Its share of the threads is proportional to it. */
  priority: number;
  /**
   * Use of the threads (`scheduling/fair-shares.ts`). `usedMs`: thread time per unit of priority. `threads`:
   * held since the last count. `isIdle`: it had nothing to train when a thread was free.
   */
  readonly share = { usedMs: 0, threads: 0, isIdle: true };

  /** The study without its trials. */
  constructor(record: StudyRecord, data: StudyData) {
    const { spec, status, priority, winner, createdAtMs, stages } = record;
    this.name = spec.study;
    // bug: fresh-study-shares-pack-names
    this.stamp = sha256(`${spec.study} ${createdAtMs}`).slice(0, 12);
    this.spec = spec;
    this.status = status;
    this.priority = priority;
    this.data = data;
    this.searchKey = datasetKey(data.search);
    this.testKey = data.test === null ? null : datasetKey(data.test);
    this.needs = data.trainer.needs?.(spec.trainer) ?? null;
    this.memory = data.trainer.memory?.(spec.trainer) ?? 0;
    this.stages = stages.map((stage) => new StageEntry(stage));
    this.winner = winner;
    this.budgetEnd = record.budgetEnd ?? null;
    this.activeMs = record.activeMs ?? 0;
    this.storedActiveMs = this.activeMs;
  }
}

/** Where a worker's stream comes from. */
export interface Peer {
  /** HOST:PORT as the coordinator sees it. */
  readonly address: string;
  /** Id of the token of its call. */
  readonly tokenId: string;
}

/** Why the results of a machine are audited. `verified`: how many were, since then or a restart. */
export interface Probation {
  readonly reason: string;
  verified: number;
}

/** A worker process; `joinWorker` copies the fields of its `hello`. */
export class WorkerEntry {
  /** Random name of the worker process. */
  readonly session: string;
  /** Unique among connected workers. */
  name: string;
  /** Random id of its machine; '' if unknown. */
  machineId = '';
  /** Id of the token with which it has connected; '' if unknown. */
  tokenId = '';
  address = '';
  threads = 0;
  packMax = 1;
  kernel = '';
  selfTestDigest = '';
  connected = false;
  draining = false;
  /** Whether the worker has announced that it drains: it leaves when its stream closes. */
  leaving = false;
  /** Why the worker was asked to drain; null if it was not asked. */
  drainReason: string | null = null;
  /** When its stream closed; monotonic; null while connected. */
  closedAtMs: number | null = null;
  /** Time of the last message; monotonic. */
  heardAtMs = 0;
  /** Whether its loss was reported since its stream closed. */
  reportedLost = false;
  /** Keys of the data sets that it holds. */
  readonly datasets = new Set<string>();
  /** Programs of users that it runs (`study/program-needs.ts`), and how many at once. */
  allowed: ReadonlySet<string> = new Set();
  slots = 1;
  /** Memory of its machine, in bytes; 0: unknown. */
  memory = 0;
  /** Key of the data set that it is fetching, one at a time; null if none. */
  preparing: string | null = null;
  /** Why a data set could not be fetched, by its key. */
  readonly datasetFailures = new Map<string, string>();
  /** Packs that occupy a thread. */
  readonly packs = new Set<PackEntry>();
  /** Number of accepted results. */
  trialsCompleted = 0;
  /** Of its machine and of its host; shared with the other workers there once it has joined. */
  machine = newHealth();
  host = newHealth();
  /** Whether a later process has joined from the same machine under the same name. */
  replaced = false;

  constructor(session: string, name: string) {
    this.session = session;
    this.name = name;
  }
}

/** A pack: trials trained side by side in one thread. Its attempts close one by one. */
export interface PackEntry {
  readonly id: string;
  readonly study: string;
  readonly kind: AttemptKind;
  readonly session: string;
  /** `attempt`: number of the attempt. */
  readonly members: { readonly trial: TrialEntry; readonly attempt: number }[];
  /** When it was assigned; the monotonic time is -Infinity if that was before a restart. */
  readonly assignedAt: Moment;
  /** End of its lease; monotonic. */
  deadlineMs: number;
  /** Last progress reported; -1: the worker has not reported the pack yet. */
  step: number;
  /** Progress between its last two reports. */
  stride: number;
  /** Whether its worker was asked to stop it. */
  aborted: boolean;
  /** Whether its worker receives no other pack while it runs. */
  readonly isolated: boolean;
}

export interface DispatcherSettings {
  /** How long a pack may make no progress before its trials are scheduled again. */
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** How long the leases of a closed stream wait for the same session to come back. */
  readonly reconnectMs: number;
  /** How long a lost worker stays in the table, and its late results are accepted. */
  readonly forgetMs: number;
  readonly selfTestDigest: string;
  readonly version: string;
  /** The only study that is scheduled; without it, all are. */
  readonly onlyStudy?: string;
  /** Threads of workers that are being started: packs leave trials for them. */
  readonly threadsExpected?: number;
  /** Whether the shell can start a referee (`results/referee.ts`). */
  readonly hasReferee?: boolean;
}

/** Whether a worker is the coordinator's own, which settles disputes and trains nothing else. */
export function isReferee({ tokenId }: { readonly tokenId: string }): boolean {
  return tokenId === ownTokenId;
}

export interface ClusterState {
  readonly settings: DispatcherSettings;
  /** Time of the last event; monotonic. */
  lastEventMs: number;
  /** Until then, workers from before a restart of the coordinator may come back; monotonic. */
  returningUntilMs: number;
  /** Studies by name, in order of submission. */
  readonly studies: Map<string, StudyEntry>;
  /** Workers by session. */
  readonly workers: Map<string, WorkerEntry>;
  readonly packs: Map<string, PackEntry>;
  /** Health by `machineOf` and by `hostOf` of workers. */
  readonly health: Map<string, Health>;
  /** Workers that are kept free for a trial that must be alone on its worker. */
  readonly reserved: Set<WorkerEntry>;
  /** By session: workers that have computed a wrong result. */
  readonly excluded: Map<string, Exclusion>;
  /** By `machineOf`: machines on which a worker was excluded (`workers/probation.ts`). */
  readonly probation: Map<string, Probation>;
  /** Until when disputes wait for the referee to join; monotonic; null while it is not wanted. */
  refereeUntilMs: number | null;
  /** When the use of threads was counted last; monotonic. `usedMs`: of the study that was served last. */
  readonly shares: { countedAtMs: number; usedMs: number };
}

/**
 * What the dispatcher knows: studies, workers and packs. Plain mutable data, and the questions that
 * several of the dispatcher's parts ask of it. No decision is taken here.
 */
import { assert } from '../../../base/assert.ts';
import { sha256 } from '../../../base/digest.ts';
import type { StudySummary } from '../../../rpc/messages/control-messages.ts';
import type { CoordinatorMessage } from '../../../rpc/messages/messages.ts';
import { datasetKey, type DatasetReference } from '../../../study/spec/dataset-reference.ts';
import type { StudySpec } from '../../../study/spec/study-spec.ts';
import type { StudyRecord, WinnerRecord } from '../../../study/study-record.ts';
import {
  isOver,
  trialName,
  type AttemptKind,
  type Measurement,
  type StageRecord,
  type StudyStatus,
  type TrialId,
  type TrialRecord,
} from '../../../study/trial.ts';
import type { StoreRow } from '../../../store/rows.ts';
import { acceptsResult, isEnded, type TrialEntry } from './trial-state.ts';

/** Two clocks read together: `monotonicMs` decides, `wallMs` is only written down. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** A study's data set as the dispatcher needs it: how to name it to workers, and the size of a validation. */
export interface StudyData {
  readonly search: DatasetReference;
  /** With the test split's parts; null where the study has no test split. */
  readonly test: DatasetReference | null;
  readonly validationCount: number;
}

export interface StageEntry {
  record: StageRecord;
  readonly trials: TrialEntry[];
  /** Trials that have not ended: the stage closes when it reaches 0, and its audits are settled. */
  open: number;
  /** Trials that were cancelled: they have ended, and nothing was done of them. */
  cancelled: number;
  /** Trials that must be computed again before the stage closes; null: to be found again (`auditing.ts`). */
  audits: TrialEntry[] | null;
}

export interface StudyEntry {
  readonly name: string;
  /** Of no other study, not even of one that had its name before and was thrown away: packs are called by it. */
  readonly stamp: string;
  spec: StudySpec;
  status: StudyStatus;
  readonly data: StudyData;
  readonly searchKey: string;
  readonly testKey: string | null;
  readonly stages: StageEntry[];
  readonly trials: Map<string, TrialEntry>;
  /** Trials to grant, next one last. Entries that are no longer waiting are skipped when met. */
  queue: TrialEntry[];
  waiting: number;
  winner: WinnerRecord | null;
  /** The best λ so far, for those who watch; undefined: to be found again (`progress.ts`). */
  best: StudySummary['best'] | undefined;
  /** Monotonic; null while it is not over. */
  endedAtMs: number | null;
}

/**
 * A worker process.
 *
 *     joining --welcome, data ready--> ready <--> busy
 *        |                              |
 *        +-- stream closed -------------+--> (its leases run out) --> lost
 *     ready, busy -- told to, or says so --> draining --> gone
 *     any -- fails too often, or gave a wrong result --> quarantined (`quarantine.ts`)
 */
export interface WorkerEntry {
  readonly session: string;
  name: string;
  address: string;
  threads: number;
  packMax: number;
  kernel: string;
  selfTestDigest: string;
  connected: boolean;
  draining: boolean;
  /** It knows that it drains: when its stream closes it has left. */
  leaving: boolean;
  /** Why it was asked to leave; null where it was not asked. */
  drainReason: string | null;
  /** Monotonic; null while connected. */
  closedAtMs: number | null;
  /** When it last said anything; monotonic. */
  heardAtMs: number;
  /** Whether it was said that it is lost, since its stream closed. */
  reportedLost: boolean;
  readonly datasets: Set<string>;
  /** The data set it is fetching now; one at a time. */
  preparing: string | null;
  readonly datasetFailures: Map<string, string>;
  /** Packs that occupy a thread of it. */
  readonly packs: Set<PackEntry>;
  /** Results of it that were accepted. */
  trialsCompleted: number;
  /** Packs in a row that it gave back or lost; a result sets it back. */
  failuresInRow: number;
  /** After a failure it is given nothing until then, after many in a row only where nobody else is here; monotonic. */
  backOffUntilMs: number;
  suspendedUntilMs: number;
}

/** Trials on one thread. Members are closed one by one; the thread is free when the worker says so. */
export interface PackEntry {
  readonly id: string;
  readonly study: string;
  readonly kind: AttemptKind;
  readonly session: string;
  readonly members: readonly { readonly trial: TrialEntry; readonly attempt: number }[];
  /** Monotonic. */
  deadlineMs: number;
  step: number;
  aborted: boolean;
}

/** Something that people may want to see; also written to the store's log of events. */
type Notice =
  | {
      readonly kind: 'worker-joined';
      readonly worker: string;
      readonly threads: number;
      readonly address: string;
    }
  | { readonly kind: 'worker-left'; readonly worker: string; readonly reason: string }
  | { readonly kind: 'worker-lost'; readonly worker: string; readonly reason: string }
  | {
      readonly kind: 'worker-ineligible';
      readonly worker: string;
      readonly study: string;
      readonly reason: string;
    }
  | { readonly kind: 'trial-ended'; readonly study: string; readonly trial: TrialRecord }
  | {
      readonly kind: 'attempt-lost';
      readonly study: string;
      readonly trial: TrialId;
      readonly attempt: number;
      readonly worker: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'result-disputed';
      readonly study: string;
      readonly trial: TrialId;
      readonly worker: string;
    }
  | { readonly kind: 'worker-quarantined'; readonly worker: string; readonly reason: string }
  | { readonly kind: 'stage-opened'; readonly study: string; readonly stage: StageRecord }
  /** `trials` of the stage's `of` λ are given another replicate. */
  | {
      readonly kind: 'race-round';
      readonly study: string;
      readonly stage: string;
      readonly trials: number;
      readonly of: number;
    }
  | { readonly kind: 'stage-closed'; readonly study: string; readonly stage: string }
  | {
      readonly kind: 'study-ended';
      readonly study: string;
      readonly status: StudyStatus;
      readonly reason: string | null;
    };

/** What those who watch are told. */
export type LiveEvent =
  | Notice
  | {
      readonly kind: 'measured';
      readonly study: string;
      readonly trial: TrialId;
      readonly measurement: Measurement;
    };

export type Effect =
  | { readonly kind: 'send'; readonly session: string; readonly message: CoordinatorMessage }
  | { readonly kind: 'notice'; readonly notice: Notice };

/** What to store, then what to do: nothing of `afterCommit` happens before `persist` is on disk. */
export interface Decision {
  readonly persist: StoreRow[];
  readonly afterCommit: Effect[];
}

// The settings stand in the state so that every part of the dispatcher reads the same ones.
export interface DispatcherSettings {
  /** How long an attempt may make no progress before it is given to somebody else. */
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** How long the leases of a closed stream wait for the same session to come back. */
  readonly reconnectMs: number;
  /** How long a lost worker stays in the table, and its late results are expected. */
  readonly forgetMs: number;
  readonly selfTestDigest: string;
  readonly version: string;
  /** The one study that is trained, where the others rest. */
  readonly onlyStudy?: string;
  /** Threads of workers that are being started: packs leave something for them. */
  readonly threadsExpected?: number;
}

export interface ClusterState {
  readonly settings: DispatcherSettings;
  /** Monotonic. */
  lastEventMs: number;
  /** Until then, workers from before a restart of the coordinator may still come back; monotonic. */
  returningUntilMs: number;
  /** In order of submission. */
  readonly studies: Map<string, StudyEntry>;
  /** By session. */
  readonly workers: Map<string, WorkerEntry>;
  readonly packs: Map<string, PackEntry>;
  /** Sessions whose results were shown to be wrong, and why. */
  readonly excluded: Map<string, string>;
}

export function trialEntry(record: TrialRecord): TrialEntry {
  return {
    id: record.id,
    name: trialName(record.id),
    lambda: record.lambda,
    status: record.status,
    reason: record.reason,
    failures: record.failures,
    alone: record.failures > 0,
    worker: record.worker,
    result: record.result,
    fingerprint: record.fingerprint,
    audit: record.audit,
    auditFailures: 0,
    attempts: [],
  };
}

export function trialRecord(trial: TrialEntry): TrialRecord {
  const {
    id,
    lambda,
    status,
    reason,
    failures: charged,
    worker,
    result,
    fingerprint,
    audit,
  } = trial;
  const attempts = trial.attempts.filter((attempt) => attempt.kind === 'search').length;
  return {
    id,
    lambda,
    status,
    reason,
    attempts,
    failures: charged,
    worker,
    result,
    fingerprint,
    audit,
  };
}

export function studyEntry(
  { spec, status, winner, createdAtMs }: Omit<StudyRecord, 'stages'>,
  data: StudyData,
  now: Moment,
): StudyEntry {
  return {
    name: spec.study,
    stamp: sha256(`${spec.study} ${createdAtMs}`).slice(0, 12),
    spec,
    status,
    data,
    searchKey: datasetKey(data.search),
    testKey: data.test === null ? null : datasetKey(data.test),
    stages: [],
    trials: new Map(),
    queue: [],
    waiting: 0,
    winner,
    best: undefined,
    endedAtMs: isOver(status) ? now.monotonicMs : null,
  };
}

/** Puts trials in a stage; those that wait go to the queue, first trial first. */
export function addTrials(
  study: StudyEntry,
  stage: StageEntry,
  trials: readonly TrialEntry[],
): void {
  for (const trial of trials) {
    stage.trials.push(trial);
    study.trials.set(trial.name, trial);
    if (!isEnded(trial)) stage.open += 1;
    if (trial.status === 'cancelled') stage.cancelled += 1;
  }
  const waiting = trials.filter((trial) => trial.status === 'waiting');
  study.queue = [...waiting.toReversed(), ...study.queue];
  study.waiting += waiting.length;
  study.best = undefined;
}

/** Whether a worker's arithmetic is good enough for a study. */
export function isArithmeticCompatible(
  state: ClusterState,
  worker: WorkerEntry,
  spec: StudySpec,
): boolean {
  return spec.numerics === 'any' || worker.selfTestDigest === state.settings.selfTestDigest;
}

export function freeThreads(state: ClusterState, worker: WorkerEntry): number {
  if (!worker.connected || worker.draining || state.lastEventMs < worker.backOffUntilMs) return 0;
  return Math.max(0, worker.threads - worker.packs.size);
}

export function isActive(study: StudyEntry): boolean {
  return study.status === 'waiting' || study.status === 'running';
}

export function stageOf(study: StudyEntry, trial: TrialEntry): StageEntry {
  const stage = study.stages.find((entry) => entry.record.name === trial.id.stage);
  assert(stage, () => `${trial.name} belongs to a stage`);
  return stage;
}

/** A stage without its trials (`addTrials`). */
export function stageEntry(record: StageRecord): StageEntry {
  return { record, trials: [], open: 0, cancelled: 0, audits: null };
}

/** Whether a result of it would be the first, and count. */
export function isAwaited(study: StudyEntry, trial: TrialEntry): boolean {
  return acceptsResult(trial) && !stageOf(study, trial).record.closed && !isOver(study.status);
}

/** Messages of `control_service.proto`: one codec for each. */
import type {
  StageCount,
  StudySummary,
  WatchSnapshot,
  WorkerSummary,
} from '../../study/summaries.ts';
import { priorityMax } from '../../study/study-record.ts';
import type { Token } from '../credentials/tokens.ts';
import * as wire from '../generated/ridgeline/v1/control_service.ts';
import { params } from './trial-messages.ts';
import {
  asBuffer,
  finite,
  list,
  name,
  optional,
  plain,
  reason,
  record,
  safeInteger,
  textUpTo,
  whole,
  wireLimits,
  words,
  type Codec,
  type ValueFrom,
} from './wire-codec.ts';

/** Characters of a condition on rows. */
const whereCharacters = 4_096;
const columnName = textUpTo(256);

const filesMax = 100;
/** The length of the request limits all files together. */
const fileContent: Codec<Uint8Array, Buffer> = { write: asBuffer, read: (from) => from };

export const studySubmission = record({
  spec: textUpTo(wireLimits.specCharacters),
  file: textUpTo(wireLimits.specCharacters),
  fresh: plain<boolean>(),
  priority: optional(whole(1, priorityMax)),
  files: list(fileContent, 0, filesMax),
  reuse: plain<boolean>(),
});
export type StudySubmission = ValueFrom<typeof studySubmission>;

export const resultsRequest = record({
  study: name,
  format: words({
    json: wire.ResultsFormat.RESULTS_FORMAT_JSON,
    jsonl: wire.ResultsFormat.RESULTS_FORMAT_JSON_LINES,
    csv: wire.ResultsFormat.RESULTS_FORMAT_CSV,
    parquet: wire.ResultsFormat.RESULTS_FORMAT_PARQUET,
  }),
  stage: optional(name),
  top: optional(whole(1, 1_000_000)),
  where: optional(textUpTo(whereCharacters)),
  sort: optional(columnName),
  columns: list(columnName, 0, 1_024),
  replicates: plain<boolean>(),
  curves: plain<boolean>(),
});
export type ResultsRequest = ValueFrom<typeof resultsRequest>;

/** A message as it is written; absent fields are possible when it is read. */
type Message<Value, Wire> = Codec<Value, Wire, Wire | undefined>;

const role = words({
  worker: wire.Role.ROLE_WORKER,
  viewer: wire.Role.ROLE_VIEWER,
  admin: wire.Role.ROLE_ADMIN,
});

export const newToken = record({ role, ttlSeconds: optional(safeInteger(1)) });

export const submittedStudy = record({
  name,
  outcome: words({
    created: wire.SubmitOutcome.SUBMIT_OUTCOME_CREATED,
    resumed: wire.SubmitOutcome.SUBMIT_OUTCOME_RESUMED,
    extended: wire.SubmitOutcome.SUBMIT_OUTCOME_EXTENDED,
    complete: wire.SubmitOutcome.SUBMIT_OUTCOME_COMPLETE,
  }),
});

export type SubmittedStudy = ValueFrom<typeof submittedStudy>;
export type SubmitOutcome = SubmittedStudy['outcome'];

const stageCount: Message<StageCount, wire.StageCount> = record({
  name,
  done: plain<number>(),
  total: plain<number>(),
});

export const studySummary: Message<StudySummary, wire.StudySummary> = record({
  study: name,
  status: words({
    waiting: wire.StudyStatus.STUDY_STATUS_WAITING,
    running: wire.StudyStatus.STUDY_STATUS_RUNNING,
    paused: wire.StudyStatus.STUDY_STATUS_PAUSED,
    complete: wire.StudyStatus.STUDY_STATUS_COMPLETE,
    cancelled: wire.StudyStatus.STUDY_STATUS_CANCELLED,
    failed: wire.StudyStatus.STUDY_STATUS_FAILED,
    interrupted: wire.StudyStatus.STUDY_STATUS_INTERRUPTED,
  }),
  priority: whole(1, priorityMax),
  stage: optional(name),
  stages: list(stageCount, 0, Infinity),
  done: plain<number>(),
  total: plain<number>(),
  running: plain<number>(),
  best: optional(record({ trial: name, params, value: finite })),
  testing: plain<boolean>(),
  reason: optional(reason),
  metric: name,
  decimals: list(name, 0, Infinity),
  testAccuracy: optional(finite),
  createdAtMs: safeInteger(),
  endedAtMs: optional(safeInteger()),
  msLeft: optional(finite),
  budget: optional(reason),
});

export const workerSummary: Message<WorkerSummary, wire.WorkerSummary> = record({
  name,
  address: name,
  threads: plain<number>(),
  busy: plain<number>(),
  kernel: name,
  reproducible: plain<boolean>(),
  trialsCompleted: safeInteger(),
  training: list(record({ study: name, trial: name }), 0, Infinity),
  heardAtMs: safeInteger(),
  state: words({
    joining: wire.WorkerState.WORKER_STATE_JOINING,
    ready: wire.WorkerState.WORKER_STATE_READY,
    busy: wire.WorkerState.WORKER_STATE_BUSY,
    draining: wire.WorkerState.WORKER_STATE_DRAINING,
    incompatible: wire.WorkerState.WORKER_STATE_INCOMPATIBLE,
    excluded: wire.WorkerState.WORKER_STATE_EXCLUDED,
    'backing off': wire.WorkerState.WORKER_STATE_BACKING_OFF,
    lost: wire.WorkerState.WORKER_STATE_LOST,
  }),
  reason: optional(reason),
});

const watchedWorker = record({
  name,
  threads: plain<number>(),
  busy: plain<number>(),
  trialsCompleted: safeInteger(),
});

export const snapshot: Message<WatchSnapshot, wire.WatchResponse> = record({
  progress: studySummary,
  workers: list(watchedWorker, 0, Infinity),
  elapsedMs: safeInteger(),
});

export const tokenSummary: Message<Token, wire.TokenSummary> = record({
  id: name,
  role,
  createdAtMs: safeInteger(),
  expiresAtMs: optional(safeInteger()),
});

/** Small clusters: a dispatcher, workers that are only messages, and what decisions contain. */
import { Dispatcher } from '../../../src/coordinator/core/dispatcher.ts';
import type {
  DispatcherSettings,
  Moment,
  Peer,
  StudyData,
} from '../../../src/coordinator/core/state/cluster-state.ts';
import type { Notice } from '../../../src/coordinator/core/state/live-events.ts';
import type { Decision } from '../../../src/coordinator/core/state/turn.ts';
import { StoredStudy } from '../../../src/coordinator/core/studies/restore.ts';
import {
  protocolVersion,
  type CoordinatorMessage,
  type Hello,
} from '../../../src/rpc/messages/messages.ts';
import type { StoreRow } from '../../../src/store/rows.ts';
import { datasetKey, type DatasetReference } from '../../../src/study/spec/dataset-reference.ts';
import type { Exclusion } from '../../../src/study/exclusion.ts';
import type { StudySpec } from '../../../src/study/spec/study-spec.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import type { AttemptRecord, TrialId, TrialRecord, TrialResult } from '../../../src/study/trial.ts';
import type { ControlPorts } from '../../../src/coordinator/shell/rpc-handlers.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { twoLayer } from '../../../src/trainers/two-layer/description.ts';
import { exampleStudy } from '../../study/support/example-study.ts';

export const settings: DispatcherSettings = {
  leaseMs: 20_000,
  heartbeatMs: 5_000,
  reconnectMs: 1_000,
  forgetMs: 600_000,
  selfTestDigest: 'right',
  version: 'test',
};
export const start: Moment = { monotonicMs: 0, wallMs: 1.7e12 };
export const later = (ms: number): Moment => ({ monotonicMs: ms, wallMs: start.wallMs + ms });

export const reference: DatasetReference = {
  shards: [{ name: 'digits', digest: 'a'.repeat(64), bytes: 1, count: 1797 }],
  seed: 1,
  train: { count: 1000 },
  validation: { count: 400 },
  test: null,
  stratify: false,
};
export const dataset = datasetKey(reference);
export const data: StudyData = {
  search: reference,
  test: null,
  validationCount: 400,
  trainer: twoLayer,
};
export const details = {
  priority: 1,
  shardDigests: {},
  officialData: null,
  dataWarnings: [],
  imageCounts: null,
};

export function newDispatcher(
  changes: Partial<DispatcherSettings> = {},
  stored: readonly StoredStudy[] = [],
  excluded: ReadonlyMap<string, Exclusion> = new Map(),
): Dispatcher {
  return new Dispatcher({ ...settings, ...changes }, stored, excluded, start);
}

/** A connection with a separate token, named after the session. */
export function peerFrom(session: string): Peer {
  return { address: 'address', tokenId: session };
}

/** One worker process without data, named after its session. */
export function helloFrom(session: string, changes: Partial<Hello> = {}): Hello {
  return {
    kind: 'hello',
    protocol: protocolVersion,
    version: 'test',
    session,
    name: session,
    threads: 1,
    packMax: 1,
    kernel: 'portable',
    processor: 'Test CPU 1',
    selfTestDigest: 'right',
    held: [],
    datasets: [],
    machineId: session,
    allowed: [],
    kept: [],
    slots: 1,
    memory: 0,
    ...changes,
  };
}

/** A dispatcher with one study, and one worker of one thread that has received its first pack. */
export function oneWorker(): { dispatcher: Dispatcher; pack: string } {
  const dispatcher = newDispatcher();
  dispatcher.joined(helloFrom('s'), peerFrom('s'), start);
  dispatcher.submit(exampleStudy(), data, details, start);
  const [pack = ''] = packsIn(dispatcher.received('s', { kind: 'dataset-ready', dataset }, start));
  return { dispatcher, pack };
}

interface StoredParts {
  readonly data?: StudyData;
  readonly trials?: readonly TrialRecord[];
  readonly attempts?: readonly AttemptRecord[];
}

export function restored(
  record: StudyRecord,
  { data: studyData = data, trials = [], attempts = [] }: StoredParts,
): StoredStudy {
  const stored = new StoredStudy(record, studyData);
  for (const trial of trials) stored.addTrial(trial);
  for (const attempt of attempts) stored.addAttempt(attempt);
  return stored;
}

/** A study in the store; trials and attempts are given. */
export function storedStudy(
  spec: StudySpec,
  changes: Partial<StudyRecord> = {},
  parts: StoredParts = {},
): StoredStudy {
  const record: StudyRecord = {
    spec,
    status: 'running',
    reason: null,
    createdAtMs: 1.7e12,
    endedAtMs: null,
    selfTestDigest: 'right',
    ...details,
    stages: spec.stages.map(({ name, trials }) => ({
      name,
      trials,
      space: { lambda: { distribution: 'log_uniform', min: 1e-9, max: 0.1 } },
      reason: null,
      closed: false,
    })),
    winner: null,
    ...changes,
  };
  return restored(record, { data, ...parts });
}

export const coarse = (index: number): TrialId => ({ stage: 'coarse', index, replicate: 1 });

export function openAttempt(
  trial: TrialId,
  attempt: number,
  changes: Partial<AttemptRecord> = {},
): AttemptRecord {
  return {
    trial,
    attempt,
    kind: 'search',
    worker: 'w',
    session: 's',
    machineId: 's',
    tokenId: 's',
    pack: `pack-${attempt}`,
    assignedAtMs: 1.7e12,
    endedAtMs: null,
    outcome: null,
    reason: null,
    fingerprint: null,
    ...changes,
  };
}

type CompleteResult = Extract<TrialResult, { kind: 'complete' }>;

/** A complete result of `exampleStudy()` that contradicts nothing: half of the images are correct. */
export function completeResult(
  digest = 'c'.repeat(64),
  changes: Partial<CompleteResult> = {},
): CompleteResult {
  const { trainer } = exampleStudy();
  const scores = { validation_accuracy: 0.5, validation_loss: 1.5 };
  const schedule = twoLayer.measuredSteps(trainer, 1_000);
  const curve = schedule.map((step) => ({
    step,
    metrics: { ...twoLayer.progressAt(trainer, 1_000, step), ...scores },
  }));
  const validationCorrect = new Uint8Array(data.validationCount / 8).fill(0b1111);
  const steps = schedule.at(-1) ?? 0;
  return { kind: 'complete', steps, seconds: 1, digest, curve, validationCorrect, ...changes };
}

/** Ids of the packs that a decision assigns. */
export function packsIn(decision: Decision): string[] {
  return messagesIn(decision, 'assign').map(({ assignment }) => assignment.pack);
}

export function messagesIn<Kind extends CoordinatorMessage['kind']>(
  { afterCommit }: Decision,
  kind: Kind,
): Extract<CoordinatorMessage, { kind: Kind }>[] {
  return afterCommit.flatMap((effect) =>
    effect.kind === 'send' && effect.message.kind === kind
      ? [effect.message as Extract<CoordinatorMessage, { kind: Kind }>]
      : [],
  );
}

export function answersIn(decision: Decision): string[] {
  return messagesIn(decision, 'answer').map(({ answer }) => answer);
}

export function noticesIn<Kind extends Notice['kind']>(
  { afterCommit }: Decision,
  kind: Kind,
): Extract<Notice, { kind: Kind }>[] {
  return afterCommit.flatMap((effect) =>
    effect.kind === 'notice' && effect.notice.kind === kind
      ? [effect.notice as Extract<Notice, { kind: Kind }>]
      : [],
  );
}

export function rowsIn<Kind extends StoreRow['kind']>(
  { persist }: Decision,
  kind: Kind,
): Extract<StoreRow, { kind: Kind }>[] {
  return persist.flatMap((row) =>
    row.kind === kind ? [row as Extract<StoreRow, { kind: Kind }>] : [],
  );
}

/** Ports of the handlers of operators' requests; no test that uses them submits a file or reads results. */
export const controlPorts: ControlPorts = {
  describeTrainer,
  stopCoordinator: () => undefined,
  readStudyFile: unreachablePort,
  results: unreachablePort,
};

function unreachablePort(): never {
  throw new Error('the test does not use this port');
}

/** Records and rows of one study, as the tests of the store write them. */
import type { StoreRow } from '../../../src/store/rows.ts';
import type { StoreReads } from '../../../src/store/store.ts';
import type { StudySpec } from '../../../src/study/spec/study-spec.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import type {
  AttemptRecord,
  Measurement,
  StageRecord,
  TrialId,
  TrialResult,
} from '../../../src/study/trial.ts';
import { exampleStudy, plainTrainer, twoStages } from '../../study/support/example-study.ts';

type CompleteResult = Extract<TrialResult, { kind: 'complete' }>;

export function specNamed(study: string, trials = 3): StudySpec {
  return exampleStudy({
    study,
    seed: 2 ** 53 - 1,
    trainer: {
      ...plainTrainer,
      batch: 100,
      learningRate: { min: 1e-5, max: 0.1, stepSize: 500, cycleMultiplier: 1 },
      measure: 'cycle',
    },
    stages: twoStages(trials, trials),
  });
}

/** No stage is open yet. */
export function stageRecords(spec: StudySpec): StageRecord[] {
  return spec.stages.map(({ name, trials }) => ({
    name,
    trials,
    space: null,
    reason: null,
    closed: false,
  }));
}

export const space = { lambda: { distribution: 'log_uniform', min: 1e-9, max: 0.1 } } as const;

export function studyRecord(spec: StudySpec): StudyRecord {
  return {
    spec,
    status: 'waiting',
    priority: 1,
    reason: null,
    createdAtMs: 1_790_000_000_123,
    endedAtMs: null,
    selfTestDigest: 'a'.repeat(64),
    shardDigests: { digits: 'b'.repeat(64) },
    officialData: true,
    dataWarnings: [{ code: 'empty_class', text: 'class 0 has no images.' }],
    imageCounts: { train: 1000, validation: 400, test: null },
    stages: stageRecords(spec),
    winner: null,
  };
}

export function openAttempt(
  trial: TrialId,
  attempt: number,
  kind: AttemptRecord['kind'] = 'search',
): AttemptRecord {
  return {
    trial,
    attempt,
    kind,
    worker: 'node-1',
    session: 'session-1',
    machineId: 'machine-1',
    tokenId: 'token-1',
    pack: `pack-${trial.stage}-${trial.index}-${attempt}`,
    assignedAtMs: 1_790_000_001_000,
    endedAtMs: null,
    outcome: null,
    reason: null,
    fingerprint: null,
  };
}

export function measurementAt(step: number, validationAccuracy = 0.5): Measurement {
  return {
    step,
    metrics: {
      epoch: step / 10,
      learning_rate: 0.1 / step,
      train_loss: 1 / 3,
      train_cost: 2 / 3,
      train_accuracy: 0.75,
      validation_loss: 1.1,
      validation_cost: 1.2,
      validation_accuracy: validationAccuracy,
    },
  };
}

export function completeResult(validationAccuracy = 0.5, points = 2): CompleteResult {
  return {
    kind: 'complete',
    steps: points * 10,
    seconds: 0.25,
    digest: 'c'.repeat(64),
    curve: Array.from({ length: points }, (_, index) =>
      measurementAt((index + 1) * 10, validationAccuracy),
    ),
    validationCorrect: Uint8Array.of(1, 2, 255, 0),
  };
}

/** Trial `coarse/INDEX`, or another replicate of it. */
export const coarse = (index: number, replicate = 1): TrialId => ({
  stage: 'coarse',
  index,
  replicate,
});

export const created = (id: TrialId, lambda = 0.1): StoreRow<'trial-created'> => ({
  kind: 'trial-created',
  study: 'first',
  id,
  params: { lambda },
});

/** A study with an open first stage of three waiting trials. */
export const startedStudy: readonly StoreRow[] = [
  { kind: 'study-created', record: studyRecord(specNamed('first')) },
  {
    kind: 'stage-opened',
    study: 'first',
    stage: { ...stageRecords(specNamed('first'))[0]!, space, reason: null },
  },
  ...[1, 2, 3].map((index) => created(coarse(index), 0.1 / index)),
];

/** The first attempt of a trial. */
export const assigned = (trial: TrialId): StoreRow<'attempt-opened'> => ({
  kind: 'attempt-opened',
  study: 'first',
  attempt: openAttempt(trial, 1),
});

export const ended = (result: TrialResult, trial = coarse(1)): StoreRow<'trial-ended'> => ({
  kind: 'trial-ended',
  study: 'first',
  trial,
  worker: 'node-1',
  result,
  fingerprint: 'f'.repeat(64),
});

/** The first attempt of `coarse/1` ends without a result. */
export const closed: StoreRow<'attempt-closed'> = {
  kind: 'attempt-closed',
  study: 'first',
  trial: coarse(1),
  attempt: 1,
  outcome: 'lost',
  reason: null,
  endedAtMs: 5,
  countsAsFailure: true,
  fingerprint: null,
};

export const event = (detail: string): StoreRow<'event'> => ({
  kind: 'event',
  atMs: 1,
  study: null,
  what: 'noted',
  detail,
});

/** Everything that can be read. */
export async function everything(reads: StoreReads) {
  const studies = await reads.studies();
  const names = studies.map(({ spec }) => spec.study);
  return {
    studies,
    trials: await Promise.all(
      names.map((name) => reads.trials(name, { curves: true, correctness: true })),
    ),
    attempts: await Promise.all(names.map((name) => reads.attempts(name))),
    ranks: await Promise.all(names.map((name) => reads.ranks(name))),
    exclusions: await reads.exclusions(),
    events: await reads.events(1_000_000),
  };
}

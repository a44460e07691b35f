/** A study and its pieces as the store's tests write them: real records, built by hand. */
import type { StoreReader } from '../../../src/store/sqlite/read.ts';
import type { RowOf, StoreRow } from '../../../src/store/rows.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import type { StudySpec } from '../../../src/study/spec/study-spec.ts';
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
    dataset: {
      source: { kind: 'named', name: 'digits' },
      train: { kind: 'count', count: 1000 },
      validation: { kind: 'count', count: 300 },
      test: { kind: 'count', count: 400 },
    },
    trainer: {
      ...plainTrainer,
      batch: 100,
      learningRate: { min: 1e-5, max: 0.1, stepSize: 500 },
      measure: { kind: 'cycle' },
    },
    stages: twoStages(trials, trials),
  });
}

export function stagesOf(spec: StudySpec): StageRecord[] {
  return spec.stages.map(({ name, trials }) => ({
    name,
    trials,
    range: null,
    reason: null,
    closed: false,
    warnings: [],
  }));
}

export function studyRecord(spec: StudySpec): StudyRecord {
  return {
    spec,
    status: 'waiting',
    reason: null,
    createdAtMs: 1_790_000_000_123,
    endedAtMs: null,
    selfTestDigest: 'a'.repeat(64),
    shardDigests: { digits: 'b'.repeat(64) },
    officialData: true,
    stages: stagesOf(spec),
    winner: null,
  };
}

export function attemptOf(
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
    pack: `pack-${trial.stage}-${trial.index}-${attempt}`,
    grantedAtMs: 1_790_000_001_000,
    endedAtMs: null,
    outcome: null,
    reason: null,
    fingerprint: null,
  };
}

export function measurementAt(step: number, validationAccuracy = 0.5): Measurement {
  return {
    step,
    epoch: step / 10,
    learningRate: 0.1 / step,
    trainLoss: 1 / 3,
    trainCost: 2 / 3,
    trainAccuracy: 0.75,
    validationLoss: 1.1,
    validationCost: 1.2,
    validationAccuracy,
    testLoss: null,
    testAccuracy: null,
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

export const coarse = (k: number) => ({ stage: 'coarse', index: k, replicate: 1 });

/** A study with an open first stage of three waiting trials. */
export const startedStudy: readonly StoreRow[] = [
  { kind: 'study-created', record: studyRecord(specNamed('first')) },
  {
    kind: 'stage-opened',
    study: 'first',
    stage: { ...stagesOf(specNamed('first'))[0]!, range: { min: 1e-9, max: 0.1 }, reason: null },
  },
  ...[1, 2, 3].map((k): StoreRow => ({
    kind: 'trial-created',
    study: 'first',
    id: coarse(k),
    lambda: 0.1 / k,
  })),
];
export const granted: StoreRow = {
  kind: 'attempt-opened',
  study: 'first',
  attempt: attemptOf(coarse(1), 1),
};
export const ended = (result: TrialResult): RowOf<'trial-ended'> => ({
  kind: 'trial-ended',
  study: 'first',
  trial: coarse(1),
  worker: 'node-1',
  result,
  fingerprint: 'f'.repeat(64),
});
export const closed: RowOf<'attempt-closed'> = {
  kind: 'attempt-closed',
  study: 'first',
  trial: coarse(1),
  attempt: 1,
  outcome: 'lost',
  reason: null,
  endedAtMs: 5,
  charged: true,
  fingerprint: null,
};

/** All that a reader shows. */
export function everything(reader: StoreReader) {
  return {
    studies: reader.studies(),
    trials: reader
      .studies()
      .map(({ spec }) => reader.trials(spec.study, { curves: true, correctness: true })),
    attempts: reader.studies().map(({ spec }) => reader.attempts(spec.study)),
    events: reader.events(1_000_000),
  };
}

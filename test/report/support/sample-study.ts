/** A small finished study, written by hand, and the results that the outputs of these tests print. */
import { formatJson } from '../../../src/report/files/json.ts';
import { diffSide, type DiffSide } from '../../../src/report/results/study-diff.ts';
import {
  studyResults,
  type ResultsOptions,
  type StudyResults,
} from '../../../src/report/results/study-results.ts';
import type { Metrics } from '../../../src/study/metrics.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import type { Measurement, TrialRecord, TrialResult } from '../../../src/study/trial.ts';
import { twoLayer } from '../../../src/trainers/two-layer/description.ts';
import { exampleStudy, plainTrainer, twoStages } from '../../study/support/example-study.ts';

export function toResults(
  record: StudyRecord,
  records: readonly TrialRecord[],
  options?: ResultsOptions,
): StudyResults {
  return studyResults(record, records, twoLayer, options);
}

/** The warnings of a study, one per line. */
export function warningText(record: StudyRecord, records: readonly TrialRecord[]): string {
  return toResults(record, records)
    .warnings.map(({ text }) => text)
    .join('\n');
}

/** The JSON document of results. */
export function toDocument(results: StudyResults): string {
  return formatJson(results, null, '0.2.0');
}

export function toSide(record: StudyRecord, records: readonly TrialRecord[]): DiffSide {
  return diffSide(record, records, twoLayer);
}

function measurement(validationAccuracy: number, changes: Metrics = {}): Measurement {
  return {
    step: 1000,
    metrics: {
      epoch: 10,
      learning_rate: 1e-5,
      train_loss: 1.25,
      train_cost: 1.5,
      train_accuracy: 0.6125,
      validation_loss: 1.503_219_876_543_21,
      validation_cost: 1.75,
      validation_accuracy: validationAccuracy,
      ...changes,
    },
  };
}

export function completeResult(validationAccuracy: number, changes: Metrics = {}): TrialResult {
  return {
    kind: 'complete',
    steps: 1000,
    seconds: 1.234_567,
    digest: '1a2b3c4d'.repeat(8),
    curve: [measurement(validationAccuracy, changes)],
    validationCorrect: new Uint8Array(),
  };
}

export function trial(
  stage: string,
  index: number,
  lambda: number,
  changes: Partial<TrialRecord> = {},
): TrialRecord {
  return {
    id: { stage, index, replicate: 1 },
    params: { lambda },
    status: 'complete',
    reason: null,
    attempts: 1,
    failures: 0,
    worker: 'node-a',
    result: completeResult(0.4),
    fingerprint: 'f'.repeat(64),
    audit: null,
    ...changes,
  };
}

/** Two stages; the fine one narrows the coarse one. */
export const study: StudyRecord = {
  spec: exampleStudy({
    study: 'sample',
    seed: 7,
    trainer: {
      ...plainTrainer,
      batch: 100,
      learningRate: { min: 1e-5, max: 1e-1, stepSize: 500, cycleMultiplier: 1 },
      cycles: 1,
      measure: 'cycle',
    },
    stages: twoStages(3, 2),
  }),
  status: 'complete',
  priority: 1,
  reason: null,
  createdAtMs: 0,
  endedAtMs: 1,
  selfTestDigest: 'k',
  shardDigests: {},
  officialData: true,
  dataWarnings: [],
  imageCounts: { train: 1000, validation: 400, test: 500 },
  stages: [
    {
      name: 'coarse',
      trials: 3,
      space: { lambda: { distribution: 'log_uniform', min: 1e-9, max: 1e-1 } },
      reason: null,
      closed: true,
    },
    {
      name: 'fine',
      trials: 2,
      space: { lambda: { distribution: 'log_uniform', min: 1e-3, max: 1e-2 } },
      reason: 'from 1.00e-3 to 1.00e-2: the best trial is coarse/2',
      closed: true,
    },
  ],
  winner: {
    trial: { stage: 'fine', index: 2, replicate: 1 },
    testAccuracy: 0.468,
    testLoss: 1.6,
    testWorker: 'node-b',
    reproduced: true,
    tests: [{ replicate: 1, accuracy: 0.468, loss: 1.6, worker: 'node-b' }],
    attemptsBefore: [],
  },
};

export const trials: readonly TrialRecord[] = [
  trial('coarse', 1, 1.234_567_890_123e-7, { result: completeResult(0.41) }),
  trial('coarse', 2, 0.004, { result: completeResult(0.46), attempts: 2 }),
  trial('coarse', 3, 0.09, {
    status: 'failed',
    reason: 'diverged: the loss was no longer finite after step 12',
    result: { kind: 'diverged', steps: 12, seconds: 0.1, curve: [measurement(0.1)] },
  }),
  trial('fine', 1, 0.002, { result: completeResult(0.45), worker: 'node-b' }),
  trial('fine', 2, 0.0123, { result: completeResult(0.4712) }),
];

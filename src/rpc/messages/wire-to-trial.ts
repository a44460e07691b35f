/**
 * The nouns of `trial.proto`, from the wire: settings, data set references, results. Every rule that
 * its comments state is checked here, and nowhere after.
 */
import type { DatasetReference } from '../../study/spec/dataset-reference.ts';
import type {
  MeasureSchedule,
  CountedSelection,
  TrainerSettings,
  TrainingLength,
} from '../../study/spec/study-spec.ts';
import type { Measurement, TrialResult } from '../../study/trial.ts';
import type * as wire from '../generated/ridgeline/v1/trial.ts';
import {
  malformed,
  readAmount,
  readDigest,
  readList,
  readName,
  readSafeInteger,
  readShare,
  readWhole,
  required,
  wireLimits,
} from './wire-reading.ts';

const uint32Max = 2 ** 32 - 1;

export function readTrainerSettings(from: wire.TrainerSettings): TrainerSettings {
  const rate = required('learning_rate', from.learningRate);
  const min = readAmount('learning_rate.min', rate.min);
  const max = readAmount('learning_rate.max', rate.max);
  if (min > max) malformed(`learning_rate.min ${min} is above learning_rate.max ${max}`);
  const dropout = readShare('dropout', from.dropout);
  if (dropout === 1) malformed('dropout is 1');
  return {
    hidden: readWhole('hidden', from.hidden, 1, 4_096),
    batch: readWhole('batch', from.batch, 1, 100_000),
    learningRate: {
      min,
      max,
      stepSize: readWhole('step_size', rate.stepSize, 1, uint32Max),
      ...(rate.cycleMultiplier === 0
        ? {}
        : { cycleMultiplier: readWhole('cycle_multiplier', rate.cycleMultiplier, 2, 16) }),
    },
    length: readLength(required('length', from.length)),
    measure: readSchedule(required('measure', from.measure?.schedule)),
    dropout,
    mirror: from.mirror,
    shift: readWhole('shift', from.shift, 0, 1_024),
  };
}

function readLength(from: NonNullable<wire.TrainerSettings['length']>): TrainingLength {
  switch (from.$case) {
    case 'cycles':
      return { kind: 'cycles', cycles: readWhole('cycles', from.value, 1, uint32Max) };
    case 'epochs':
      return { kind: 'epochs', epochs: readWhole('epochs', from.value, 1, uint32Max) };
  }
}

function readSchedule(from: NonNullable<wire.MeasureSchedule['schedule']>): MeasureSchedule {
  switch (from.$case) {
    case 'cycle':
    case 'epoch':
    case 'end':
      return { kind: from.$case };
    case 'steps':
      return { kind: 'steps', steps: readWhole('measure.steps', from.value, 1, uint32Max) };
  }
}

export function readDatasetReference(from: wire.DatasetReference): DatasetReference {
  return {
    parts: readList('parts', from.parts, 1, wireLimits.parts, (part) => ({
      name: readName('part.name', part.name),
      digest: readDigest('part.digest', part.digest),
      bytes: readSafeInteger('part.bytes', part.bytes),
      count: readWhole('part.count', part.count, 1, uint32Max),
    })),
    seed: readSafeInteger('seed', from.seed),
    train: readSelection('train', from.train),
    validation: readSelection('validation', from.validation),
    test: from.test === undefined ? null : readSelection('test', from.test),
    ...(from.stratify ? { stratify: true } : {}),
  };
}

function readSelection(field: string, from: wire.Selection | undefined): CountedSelection {
  const selection = required(field, from?.selection);
  switch (selection.$case) {
    case 'parts': {
      const { names } = selection.value;
      const parts = readList(field, names, 1, wireLimits.parts, (name) => readName(field, name));
      return { kind: 'parts', parts };
    }
    case 'count':
      return { kind: 'count', count: readWhole(`${field}.count`, selection.value, 1, uint32Max) };
  }
}

export function readTrialResult(from: wire.TrialResult): TrialResult {
  const outcome = required('outcome', from.outcome);
  const isComplete = outcome.$case === 'complete';
  const steps = readWhole('steps', from.steps, 1, uint32Max);
  const seconds = readAmount('seconds', from.seconds);
  const curve = readList('curve', from.curve, isComplete ? 1 : 0, wireLimits.curvePoints, (point) =>
    readMeasurement(point, isComplete ? 'finite' : 'any'),
  );
  for (let i = 1; i < curve.length; i++) {
    if ((curve[i - 1]?.step ?? 0) >= (curve[i]?.step ?? 0)) malformed('curve does not ascend');
  }
  const last = curve.at(-1)?.step ?? 0;
  if (isComplete ? last !== steps : last > steps) {
    malformed(`curve ends at step ${last}, the trial at step ${steps}`);
  }
  if (outcome.$case === 'diverged') return { kind: 'diverged', steps, seconds, curve };
  const { digest, validationCorrect } = outcome.value;
  if (validationCorrect.length > wireLimits.validationBytes) {
    malformed(`validation_correct has ${validationCorrect.length} bytes`);
  }
  return {
    kind: 'complete',
    steps,
    seconds,
    digest: readDigest('digest', digest),
    curve,
    // A copy: the decoder's Buffer is a view that would keep the whole message in memory.
    validationCorrect: new Uint8Array(validationCorrect),
  };
}

/** @param losses `any`: a diverging trial may report NaN and infinite losses */
export function readMeasurement(from: wire.Measurement, losses: 'finite' | 'any'): Measurement {
  const readLoss = (field: string, value: number): number => {
    if (losses === 'any' && !(value < 0)) return value;
    return readAmount(field, value);
  };
  return {
    step: readWhole('step', from.step, 1, uint32Max),
    epoch: readAmount('epoch', from.epoch),
    learningRate: readAmount('learning_rate', from.learningRate),
    trainLoss: readLoss('train_loss', from.trainLoss),
    trainCost: readLoss('train_cost', from.trainCost),
    trainAccuracy: readShare('train_accuracy', from.trainAccuracy),
    validationLoss: readLoss('validation_loss', from.validationLoss),
    validationCost: readLoss('validation_cost', from.validationCost),
    validationAccuracy: readShare('validation_accuracy', from.validationAccuracy),
    testLoss: from.testLoss === undefined ? null : readLoss('test_loss', from.testLoss),
    testAccuracy:
      from.testAccuracy === undefined ? null : readShare('test_accuracy', from.testAccuracy),
  };
}

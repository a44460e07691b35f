/** The nouns of `trial.proto`, to the wire. The inverse of `wire-to-trial.ts`. */
import type { DatasetReference } from '../../study/spec/dataset-reference.ts';
import type {
  CountedSelection,
  MeasureSchedule,
  TrainerSettings,
} from '../../study/spec/study-spec.ts';
import type { Measurement, TrialResult } from '../../study/trial.ts';
import type * as wire from '../generated/ridgeline/v1/trial.ts';
import { wireLimits } from './wire-reading.ts';

export function writeTrainerSettings(settings: TrainerSettings): wire.TrainerSettings {
  const { hidden, batch, learningRate, length, dropout, mirror, shift } = settings;
  return {
    hidden,
    batch,
    learningRate: { ...learningRate, cycleMultiplier: learningRate.cycleMultiplier ?? 0 },
    length:
      length.kind === 'cycles'
        ? { $case: 'cycles', value: length.cycles }
        : { $case: 'epochs', value: length.epochs },
    measure: { schedule: writeSchedule(settings.measure) },
    dropout,
    mirror,
    shift,
  };
}

function writeSchedule(measure: MeasureSchedule): wire.MeasureSchedule['schedule'] {
  return measure.kind === 'steps'
    ? { $case: 'steps', value: measure.steps }
    : { $case: measure.kind, value: {} };
}

export function writeDatasetReference(reference: DatasetReference): wire.DatasetReference {
  const { parts, seed, train, validation, test } = reference;
  return {
    parts: parts.map((part) => ({ ...part, bytes: BigInt(part.bytes) })),
    seed: BigInt(seed),
    train: writeSelection(train),
    validation: writeSelection(validation),
    test: test === null ? undefined : writeSelection(test),
    stratify: reference.stratify === true,
  };
}

function writeSelection(selection: CountedSelection): wire.Selection {
  return {
    selection:
      selection.kind === 'parts'
        ? { $case: 'parts', value: { names: [...selection.parts] } }
        : { $case: 'count', value: selection.count },
  };
}

export function writeTrialResult(result: TrialResult): wire.TrialResult {
  const { steps, seconds } = result;
  const curve = thinned(result.curve).map((point) => writeMeasurement(point));
  if (result.kind === 'diverged') {
    return { steps, seconds, curve, outcome: { $case: 'diverged', value: {} } };
  }
  const { buffer, byteOffset, byteLength } = result.validationCorrect;
  const validationCorrect = Buffer.from(buffer, byteOffset, byteLength);
  const outcome = {
    $case: 'complete',
    value: { digest: result.digest, validationCorrect },
  } as const;
  return { steps, seconds, curve, outcome };
}

/** A curve that is too long for a message keeps evenly spaced points, and always its last one. */
function thinned(curve: readonly Measurement[]): readonly Measurement[] {
  const { curvePoints } = wireLimits;
  if (curve.length <= curvePoints) return curve;
  const spacing = (curve.length - 1) / (curvePoints - 1);
  const kept = new Set(Array.from({ length: curvePoints }, (_, i) => Math.round(i * spacing)));
  return curve.filter((_, i) => kept.has(i));
}

export function writeMeasurement(measurement: Measurement): wire.Measurement {
  const { testLoss, testAccuracy } = measurement;
  return {
    ...measurement,
    testLoss: testLoss ?? undefined,
    testAccuracy: testAccuracy ?? undefined,
  };
}

/** Messages of `trial.proto`, and the texts of hyperparameters: one codec for each. */
import { classificationMetrics, type Metrics } from '../../study/metrics.ts';
import { paramsText, type Params, type ParamValue } from '../../study/search-space.ts';
import type { DatasetReference } from '../../study/spec/dataset-reference.ts';
import type { CountedSelection } from '../../study/spec/study-spec.ts';
import type { Measurement, TrialResult } from '../../study/trial.ts';
import type * as wire from '../generated/ridgeline/v1/trial.ts';
import {
  amount,
  digest,
  finite,
  list,
  malformed,
  name,
  optional,
  plain,
  record,
  safeInteger,
  share,
  textUpTo,
  whole,
  wireLimits,
  type Codec,
} from './wire-codec.ts';

const shardNames = list(name, 1, wireLimits.shards);
const count = whole(1);

const selection: Codec<CountedSelection, wire.Selection, wire.Selection | undefined> = {
  write: (value) => ({
    selection:
      'count' in value
        ? { $case: 'count', value: value.count }
        : { $case: 'shards', value: { names: [...value] } },
  }),
  read: (from, field) => {
    const { selection: given } = from ?? {};
    switch (given?.$case) {
      case 'shards':
        return shardNames.read(given.value.names, field);
      case 'count':
        return { count: count.read(given.value, `${field}.count`) };
      case undefined:
        return malformed(`${field} is missing`);
    }
  },
};

const shardReference = record({ name, digest, bytes: safeInteger(), count });

export const datasetReference = record({
  shards: list(shardReference, 1, wireLimits.shards),
  seed: safeInteger(),
  train: selection,
  validation: selection,
  test: optional(selection),
  stratify: plain<boolean>(),
}) satisfies Codec<DatasetReference, wire.DatasetReference, wire.DatasetReference | undefined>;

const paramsJson = textUpTo(wireLimits.paramsCharacters);

/** Hyperparameters of a trial as JSON text. */
export const params: Codec<Params, string> = {
  write: paramsText,
  read: (from, field) => {
    const entries = Object.entries(parseObject(paramsJson.read(from, field), field));
    if (entries.length > wireLimits.params) malformed(`${field} has ${entries.length} entries`);
    return Object.fromEntries(
      entries.map(([key, value]) => [
        name.read(key, `a name in ${field}`),
        readParam(value, `${field}.${key}`),
      ]),
    );
  },
};

function parseObject(json: string, field: string): object {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    malformed(`${field} is not JSON`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  return malformed(`${field} is not a JSON object`);
}

function readParam(value: unknown, field: string): ParamValue {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string' && value.length <= wireLimits.paramCharacters) return value;
  return malformed(`${field} is not a finite number, a Boolean or a short text`);
}

/** Ranges of the metrics that `trial.proto` lists. */
const ranges = new Map(
  classificationMetrics.map((metric) => [metric.name, metric.unit === 'share' ? share : amount]),
);
const metricName = new RegExp(`^[a-z][a-z0-9_]{0,${wireLimits.metricCharacters - 1}}$`);

/** @param values `any`: NaN and infinite values are valid, as in trials that diverge */
function metrics(values: 'finite' | 'any'): Codec<Metrics, Record<string, number>> {
  const readMetric = (key: string, value: number, field: string): void => {
    if (!metricName.test(key)) malformed(`${field} has an invalid metric name`);
    if (values === 'any' && !Number.isFinite(value)) return;
    (ranges.get(key) ?? finite).read(value, `${field}.${key}`);
  };
  return {
    write: (value) => ({ ...value }),
    read: (from, field) => {
      const entries = Object.entries(from);
      if (entries.length > wireLimits.metrics) malformed(`${field} has ${entries.length} entries`);
      for (const [key, value] of entries) readMetric(key, value, field);
      return from;
    },
  };
}

const finiteMeasurement = record({ step: whole(1), metrics: metrics('finite') });

/** A measurement of a trial that may be diverging. */
export const measurement = record({ step: whole(1), metrics: metrics('any') });

const finiteCurve = list(finiteMeasurement, 1, wireLimits.curvePoints);
const divergedCurve = list(measurement, 0, wireLimits.curvePoints);
const head = record({ steps: whole(1), seconds: amount });

export const trialResult: Codec<TrialResult, wire.TrialResult, wire.TrialResult | undefined> = {
  write: (result) => {
    const curve = divergedCurve.write(thinned(result.curve));
    if (result.kind === 'diverged')
      return { ...head.write(result), curve, outcome: { $case: 'diverged', value: {} } };
    const { buffer, byteOffset, byteLength } = result.validationCorrect;
    const validationCorrect = Buffer.from(buffer, byteOffset, byteLength);
    const value = { digest: result.digest, validationCorrect };
    return { ...head.write(result), curve, outcome: { $case: 'complete', value } };
  },
  read: (from, field) => {
    const { steps, seconds } = head.read(from, field);
    const { curve: points = [], outcome } = from ?? {};
    if (outcome === undefined) malformed(`${field}.outcome is missing`);
    const isComplete = outcome.$case === 'complete';
    const curve = (isComplete ? finiteCurve : divergedCurve).read(points, `${field}.curve`);
    requireAscending(curve, steps, isComplete, field);
    if (!isComplete) return { kind: 'diverged', steps, seconds, curve };
    const { validationCorrect } = outcome.value;
    if (validationCorrect.length > wireLimits.validationBytes)
      malformed(`${field}.validation_correct has ${validationCorrect.length} bytes`);
    return {
      kind: 'complete',
      steps,
      seconds,
      digest: digest.read(outcome.value.digest, `${field}.digest`),
      curve,
      // A copy: the decoder's Buffer is a view that would keep the whole message in memory.
      validationCorrect: new Uint8Array(validationCorrect),
    };
  },
};

function requireAscending(
  curve: readonly Measurement[],
  steps: number,
  isComplete: boolean,
  field: string,
): void {
  for (let i = 1; i < curve.length; i++) {
    if ((curve[i - 1]?.step ?? 0) >= (curve[i]?.step ?? 0))
      malformed(`${field}.curve does not ascend`);
  }
  const last = curve.at(-1)?.step ?? 0;
  if (isComplete ? last !== steps : last > steps)
    malformed(`${field}.curve ends at step ${last}, the trial at step ${steps}`);
}

/** Evenly spaced points of a curve that is too long for a message, always with its last point. */
function thinned(curve: readonly Measurement[]): readonly Measurement[] {
  const pointBytes = Math.max(...[curve.at(0), curve.at(-1)].map((point) => metricBytes(point)));
  const most = Math.min(wireLimits.curvePoints, Math.floor(wireLimits.curveBytes / pointBytes));
  if (curve.length <= most) return curve;
  const spacing = (curve.length - 1) / (most - 1);
  const kept = new Set(Array.from({ length: most }, (_, i) => Math.round(i * spacing)));
  return curve.filter((_, i) => kept.has(i));
}

/** At least the bytes of an encoded measurement. */
function metricBytes(point: Measurement | undefined): number {
  return Object.keys(point?.metrics ?? {}).reduce((sum, key) => sum + key.length + 14, 16);
}

/**
 * Curve codec: the measurements of a trial as columns, one or more for each metric. Names are not repeated
 * for every measurement, which makes messages a third as long and several times faster to read.
 */
import { classificationMetrics, type Metric, type Metrics } from '../../study/metrics.ts';
import { evenlySpaced } from '../../study/result-problem.ts';
import type { Measurement } from '../../study/trial.ts';
import type * as wire from '../generated/ridgeline/v1/trial.ts';
import {
  amount,
  finite,
  malformed,
  record,
  share,
  whole,
  wireLimits,
  type Codec,
} from './wire-codec.ts';

/** `any`: NaN and infinite values are valid, as in trials that diverge. */
type AllowedValues = 'finite' | 'any';

/** Ranges of the metrics that `trial.proto` lists. */
const ranges = new Map(
  classificationMetrics.map((metric) => [metric.name, metric.unit === 'share' ? share : amount]),
);
const metricName = new RegExp(`^[a-z][a-z0-9_]{0,${wireLimits.metricCharacters - 1}}$`);

function requireValid(
  metric: string,
  values: readonly number[],
  allowed: AllowedValues,
  path: string,
): void {
  if (!metricName.test(metric)) malformed(`${path} has an invalid metric name`);
  const range = ranges.get(metric) ?? finite;
  const field = `${path}.${metric}`;
  for (const value of values)
    if (allowed === 'finite' || Number.isFinite(value)) range.read(value, field);
}

const metrics: Codec<Metrics, Record<string, number>> = {
  write: (value) => ({ ...value }),
  read: (from, path) => {
    const entries = Object.entries(from);
    if (entries.length > wireLimits.metrics) malformed(`${path} has ${entries.length} metrics`);
    for (const [metric, value] of entries) requireValid(metric, [value], 'any', path);
    return from;
  },
};

/** A measurement of a trial that may be diverging. */
export const measurement = record({ step: whole(1), metrics });

/** Writes evenly spaced measurements of a curve that is too long for a message, with its first and last. */
export function curveCodec(
  allowed: AllowedValues,
): Codec<readonly Measurement[], wire.Curve, wire.Curve | undefined> {
  return {
    write: (curve) => {
      let most: number = wireLimits.curvePoints;
      for (;;) {
        const columns = toColumns(evenlySpaced(curve, most));
        const excess = estimateBytes(columns) / wireLimits.curveBytes;
        if (excess <= 1 || most === 2) return columns;
        most = Math.max(2, Math.floor(Math.min(most, curve.length) / excess));
      }
    },
    read: (columns, path) => fromColumns(columns ?? malformed(`${path} is missing`), allowed, path),
  };
}

/** Whether a curve with this number of points and all of these metrics is too long for a message. */
export function mayExceedMessage(points: number, all: readonly Metric[]): boolean {
  const series = all.reduce((sum, { name }) => sum + 32 + name.length + 8 * points, 0);
  return points > wireLimits.curvePoints || 5 * points + series > wireLimits.curveBytes;
}

/** At least the encoded length. Each series counts for 32 bytes, so that this limits their number, too. */
function estimateBytes({ steps, series }: wire.Curve): number {
  return series.reduce(
    (sum, { metric, values }) => sum + 32 + metric.length + 8 * values.length,
    5 * steps.length,
  );
}

function toColumns(curve: readonly Measurement[]): wire.Curve {
  const series: wire.Series[] = [];
  const newest = new Map<string, wire.Series>();
  for (const [index, { metrics: measured }] of curve.entries()) {
    for (const metric in measured) {
      let run = newest.get(metric);
      if (run === undefined || run.first + run.values.length !== index) {
        run = { metric, first: index, values: [] };
        newest.set(metric, run);
        series.push(run);
      }
      run.values.push(measured[metric] ?? NaN);
    }
  }
  return { steps: curve.map(({ step }) => step), series };
}

function fromColumns(
  { steps, series }: wire.Curve,
  allowed: AllowedValues,
  path: string,
): readonly Measurement[] {
  if (steps.length > wireLimits.curvePoints) malformed(`${path} has ${steps.length} steps`);
  if (series.length > wireLimits.series) malformed(`${path} has ${series.length} series`);
  const points = steps.map((step, index): { step: number; metrics: Record<string, number> } => {
    if (step <= (steps[index - 1] ?? 0)) malformed(`the steps of ${path} do not ascend`);
    return { step, metrics: {} };
  });
  /** By metric: the index after its last value. */
  const ends = new Map<string, number>();
  for (const { metric, first, values } of series) {
    requireValid(metric, values, allowed, path);
    const field = `${path}.${metric}`;
    if (values.length === 0) malformed(`${field} has a series without values`);
    if (first < (ends.get(metric) ?? 0)) malformed(`${field} has series that overlap`);
    ends.set(metric, first + values.length);
    for (const [index, value] of values.entries()) {
      const point = points[first + index] ?? malformed(`${field} has more values than steps`);
      point.metrics[metric] = value;
    }
  }
  if (ends.size > wireLimits.metrics) malformed(`${path} has ${ends.size} metrics`);
  return points;
}

/** Metric values: reads metrics of rows and curves by name, kind and split. */
import type { Metric } from '../../study/metrics.ts';
import type { Measurement } from '../../study/trial.ts';

type Measured = Pick<Measurement, 'metrics'>;

/** The value of a metric; null if it was not measured. */
export function metricIn({ metrics }: Measured, name: string): number | null {
  return metrics[name] ?? null;
}

/** The metric of a kind on a split; null if the trainer has none. */
export function metricOn(
  metrics: readonly Metric[],
  kind: Metric['kind'],
  split: Metric['split'],
): Metric | null {
  return metrics.find((metric) => metric.kind === kind && metric.split === split) ?? null;
}

/** The value of that metric; null if the trainer has none, or if it was not measured. */
export function valueOn(
  measured: Measured,
  metrics: readonly Metric[],
  kind: Metric['kind'],
  split: Metric['split'],
): number | null {
  const metric = metricOn(metrics, kind, split);
  return metric === null ? null : metricIn(measured, metric.name);
}

const splits = ['train', 'validation', 'test', null] as const;
const kinds = ['accuracy', 'loss', 'cost', 'progress'] as const;

/** By split, accuracies first within each. */
export function bySplit(metrics: readonly Metric[]): readonly Metric[] {
  return metrics.toSorted(
    (a, b) =>
      splits.indexOf(a.split) - splits.indexOf(b.split) ||
      kinds.indexOf(a.kind) - kinds.indexOf(b.kind),
  );
}

/** Metrics that have a column unless columns are chosen: no progress, no costs, no train or test loss. */
export function isInResults({ kind, split }: Metric): boolean {
  if (kind === 'progress' || kind === 'cost') return false;
  return kind === 'accuracy' || split === 'validation' || split === null;
}

/** Metrics of a curve in tables: no cost of training, no loss of the test split. */
export function isInCurves({ kind, split }: Metric): boolean {
  return !(kind === 'cost' && split === 'train') && !(kind === 'loss' && split === 'test');
}

/** A measurement or row as JSON, by metric name; null if not measured. */
export function metricsJson(
  measured: Measured | null,
  metrics: readonly Metric[],
): Record<string, number | null> {
  return Object.fromEntries(
    metrics.map(({ name }) => [name, measured === null ? null : metricIn(measured, name)]),
  );
}

/** The values of a metric for people: shares in percent. */
export function chartPoints(
  curve: readonly Measurement[],
  metric: Metric | null,
): { readonly step: number; readonly value: number }[] {
  if (metric === null) return [];
  const scale = metric.unit === 'share' ? 100 : 1;
  return curve
    .map(({ step, metrics }) => ({ step, value: scale * (metrics[metric.name] ?? NaN) }))
    .filter(({ value }) => Number.isFinite(value));
}

/** Every n-th measurement and the last one, for outputs that cannot show all. Nothing is averaged. */
export function thinnedCurve(curve: readonly Measurement[], most: number): readonly Measurement[] {
  const every = Math.ceil(curve.length / most);
  return curve.filter((_, index) => (index + 1) % every === 0 || index === curve.length - 1);
}

/** A point of a curve as JSON: every metric but those of the test split. */
export function pointJson(
  point: Measurement,
  metrics: readonly Metric[],
): Record<string, number | null> {
  const own = metrics.filter(({ split }) => split !== 'test');
  return { step: point.step, ...metricsJson(point, own) };
}

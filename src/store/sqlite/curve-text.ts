/**
 * Curve text: measurements as JSON, by name of the metric. Names are not repeated for every measurement,
 * so a curve is one value that is short and fast to write.
 *
 * Metrics that are not finite, which only a diverged trial has, are left out: JSON cannot represent them.
 */
import { assert } from '../../base/assert.ts';
import type { Metrics } from '../../study/metrics.ts';
import type { Measurement } from '../../study/trial.ts';

/** `metrics`: by name, one value for each step; null where the metric is absent. */
interface CurveColumns {
  readonly steps: readonly number[];
  readonly metrics: Readonly<Record<string, readonly (number | null)[]>>;
}

/** `{"steps":[100,200],"metrics":{"train_loss":[1.1,0.7]}}` */
export function curveText(curve: readonly Measurement[]): string {
  const columns: Record<string, (number | null)[]> = {};
  for (const [index, { step, metrics }] of curve.entries()) {
    assert(step > (curve[index - 1]?.step ?? -1), () => `the steps of a curve ascend, at ${step}`);
    for (const name in metrics) {
      const column = (columns[name] ??= []);
      while (column.length < index) column.push(null);
      column.push(metrics[name] ?? null);
    }
  }
  for (const name in columns) {
    const column = columns[name] ?? [];
    while (column.length < curve.length) column.push(null);
  }
  // JSON has null for a number that is not finite.
  return JSON.stringify({ steps: curve.map(({ step }) => step), metrics: columns });
}

export function parseCurve(text: string): Measurement[] {
  const { steps, metrics }: CurveColumns = JSON.parse(text);
  const names = Object.keys(metrics);
  return steps.map((step, index) => {
    const measured: Record<string, number> = {};
    for (const name of names) {
      const value = metrics[name]?.[index] ?? null;
      if (value !== null) measured[name] = value;
    }
    return { step, metrics: measured };
  });
}

/** JSON: value by name of the metric. */
export function metricsText(metrics: Metrics): string {
  for (const name in metrics) if (!Number.isFinite(metrics[name])) return finiteText(metrics);
  return JSON.stringify(metrics);
}

function finiteText(metrics: Metrics): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value))),
  );
}

/** A learning curve as a table in a terminal: one row for each measurement. */
import type { Metric } from '../../study/metrics.ts';
import type { Measurement } from '../../study/trial.ts';
import { isInCurves, metricIn } from '../results/metric-values.ts';
import { bareText, metricHead, metricNamed } from '../text/number-format.ts';
import type { TextOptions } from '../text/text-options.ts';
import { numberColumn, tableLines, type Column } from './text-table.ts';

/** Importance of the columns; those of other metrics are removed first. */
const importances: Readonly<Record<string, number | null>> = {
  epoch: 40,
  learning_rate: 30,
  train_loss: 60,
  train_accuracy: 70,
  validation_loss: 80,
  validation_cost: 20,
  validation_accuracy: null,
  test_accuracy: 10,
};

export function curveLines(
  curve: readonly Measurement[],
  metrics: readonly Metric[],
  options: TextOptions,
): readonly string[] {
  const columns = metrics
    .filter(isInCurves)
    .map((metric) => curveColumn(metric, importances[metric.name]));
  const step = numberColumn<Measurement>('step', null, (point) => String(point.step));
  return tableLines([step, ...columns], curve, options);
}

export function curveColumn(
  metric: Metric | string,
  importance: number | null = 5,
): Column<Measurement> {
  const known = typeof metric === 'string' ? metricNamed(metric) : metric;
  const head = known.name === 'learning_rate' ? 'rate' : metricHead(known);
  return numberColumn(head, importance, (point) => valueText(known, metricIn(point, known.name)), {
    short: head.replace('validation', 'val'),
  });
}

function valueText(metric: Metric, value: number | null): string | null {
  if (metric.kind !== 'progress' || value === null) return bareText(metric, value);
  return metric.name === 'learning_rate' ? value.toExponential(2) : value.toFixed(2);
}

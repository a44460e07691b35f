/** A learning curve as a table, and in files: a line for each step at which a trial was measured. */
import type { Measurement } from '../study/trial.ts';
import type { FileColumn } from './delimited.ts';
import { renderGrid, type Column } from './grid.ts';
import { lossText, percentText } from './number-format.ts';
import type { TextOptions } from './text-options.ts';

export function curveLines(curve: readonly Measurement[], options: TextOptions): string[] {
  const grid = renderGrid(columns, curve, options);
  if (grid.dropped.length === 0) return [...grid.lines];
  return [...grid.lines, options.color('dim', `not shown here: ${grid.dropped.join(', ')}`)];
}

export function curveJson(curve: readonly Measurement[]): object[] {
  return curve.map((point) =>
    Object.fromEntries(curveFileColumns.map(([name, field]) => [name, field(point)])),
  );
}

/** Losses are cross-entropy in nats; costs add λ‖W‖²; accuracies are shares in [0, 1]. */
export const curveFileColumns: readonly FileColumn<Measurement>[] = [
  ['step', (point) => point.step],
  ['epoch', (point) => point.epoch],
  ['learning_rate', (point) => point.learningRate],
  ['train_loss', (point) => point.trainLoss],
  ['train_cost', (point) => point.trainCost],
  ['train_accuracy', (point) => point.trainAccuracy],
  ['validation_loss', (point) => point.validationLoss],
  ['validation_cost', (point) => point.validationCost],
  ['validation_accuracy', (point) => point.validationAccuracy],
];

const columns: readonly Column<Measurement>[] = [
  number('step', null, (point) => String(point.step)),
  number('epoch', 20, (point) => point.epoch.toFixed(2)),
  number('rate', 30, (point) => point.learningRate.toExponential(2)),
  number('train loss', 60, (point) => lossText(point.trainLoss)),
  number('train cost', 40, (point) => lossText(point.trainCost)),
  number('train %', 80, (point) => percentText(point.trainAccuracy)),
  number('validation loss', 70, (point) => lossText(point.validationLoss), 'val. loss'),
  number('validation cost', 50, (point) => lossText(point.validationCost), 'val. cost'),
  number('validation %', null, (point) => percentText(point.validationAccuracy), 'val. %'),
];

function number(
  head: string,
  importance: number | null,
  cell: (point: Measurement) => string | null,
  short: string = head,
): Column<Measurement> {
  return { head, short, align: 'right', importance, cell };
}

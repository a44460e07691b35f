/** The output of `lr-range-test`: accuracy while the learning rate rises, and the suggested range of rates. */
import type { Metric } from '../../study/metrics.ts';
import type { Measurement } from '../../study/trial.ts';
import { metricIn, metricsJson } from '../results/metric-values.ts';
import { documentText } from '../text/json-value.ts';
import { paragraph, type TextOptions } from '../text/text-options.ts';
import { curveColumn } from './curve-table.ts';
import { numberColumn, tableLines, type Column } from './text-table.ts';

export interface RateRangeResult {
  readonly lambda: number;
  readonly epochs: number;
  readonly curve: readonly Measurement[];
  /** Metrics of the trainer. */
  readonly metrics: readonly Metric[];
  /** The step after which a loss was not finite; null if training reached the highest rate. */
  readonly divergedAfter: number | null;
  /** Null if accuracy never rose clearly above chance. */
  readonly suggested: {
    readonly min: number;
    readonly max: number;
    readonly notes: readonly string[];
  } | null;
  readonly kernel: string;
}

export function rateRangeJson(result: RateRangeResult): string {
  const { suggested } = result;
  const metrics = result.metrics.filter(({ kind, split }) => kind !== 'cost' && split !== 'test');
  return documentText({
    status: result.divergedAfter === null ? 'complete' : 'diverged',
    lambda: result.lambda,
    epochs: result.epochs,
    suggested,
    kernel: result.kernel,
    points: result.curve.map((point) => ({ step: point.step, ...metricsJson(point, metrics) })),
  });
}

export function rateRangeText(result: RateRangeResult, options: TextOptions): string {
  const { curve, divergedAfter, suggested } = result;
  const sentences = [
    ...(divergedAfter === null
      ? []
      : [`diverged after step ${divergedAfter}: higher rates were not reached`]),
    suggested === null
      ? 'no suggestion: accuracy never rose clearly above chance'
      : `suggested: cycle between ${rateText(suggested.min)} (below it accuracy does not rise) and ${rateText(suggested.max)} (above it accuracy falls or is ragged)`,
    ...(suggested?.notes ?? []).map((note) => `note: ${note}`),
  ];
  const lines = [
    ...tableLines(columns(curve, options), curve, options),
    ...sentences.flatMap((sentence) => paragraph(sentence, options)),
  ];
  return `${lines.join('\n')}\n`;
}

/** Two significant digits: one run is not more precise. */
function rateText(rate: number): string {
  return rate.toExponential(1);
}

const barColumns = 24;

function columns(curve: readonly Measurement[], { unicode }: TextOptions): Column<Measurement>[] {
  const accuracy = (point: Measurement): number => metricIn(point, 'validation_accuracy') ?? NaN;
  const best = Math.max(...curve.map(accuracy));
  const bar = (point: Measurement): string =>
    (unicode ? '█' : '#').repeat(Math.round((barColumns * accuracy(point)) / best));
  return [
    numberColumn('step', 20, ({ step }) => String(step)),
    curveColumn('learning_rate', null),
    curveColumn('train_loss', 30),
    curveColumn('validation_loss', 10),
    curveColumn('validation_accuracy', null),
    numberColumn('accuracy', 40, bar, { align: 'left' }),
  ];
}

/** What `lr-range-test` prints: accuracy against a rising rate, and between which rates to cycle. */
import type { SuggestedRates } from '../../trainers/two-layer/learning-rate-range.ts';
import type { Measurement } from '../../study/trial.ts';
import { wrapText } from '../text/display-width.ts';
import { gridLines, type Column } from './text-table.ts';
import { jsonText, schemaVersion } from '../text/json-value.ts';
import { lossText, percentText } from '../text/number-format.ts';
import { shown, widthOf, type TextOptions } from '../text/text-options.ts';

export interface RateRangeResult {
  readonly lambda: number;
  readonly epochs: number;
  readonly curve: readonly Measurement[];
  /** The step after which a loss was not finite; null where training reached the highest rate. */
  readonly divergedAfter: number | null;
  readonly suggested: SuggestedRates | null;
  readonly kernel: string;
}

export function rateRangeJson(result: RateRangeResult): string {
  const { suggested } = result;
  return jsonText({
    schema_version: schemaVersion,
    status: result.divergedAfter === null ? 'complete' : 'diverged',
    lambda: result.lambda,
    epochs: result.epochs,
    suggested:
      suggested === null
        ? null
        : { min: suggested.min, max: suggested.max, notes: suggested.notes },
    kernel: result.kernel,
    points: result.curve.map((m) => ({
      step: m.step,
      epoch: m.epoch,
      learning_rate: m.learningRate,
      train_loss: m.trainLoss,
      train_accuracy: m.trainAccuracy,
      validation_loss: m.validationLoss,
      validation_accuracy: m.validationAccuracy,
    })),
  });
}

export function rateRangeText(result: RateRangeResult, options: TextOptions): string {
  const best = Math.max(...result.curve.map((m) => m.validationAccuracy));
  const lines = [...gridLines(columns(best, options), result.curve, options)];
  const sentences = [
    ...(result.divergedAfter === null
      ? []
      : [`diverged after step ${result.divergedAfter}: higher rates were not reached`]),
    result.suggested === null
      ? 'no suggestion: accuracy never rose clearly above chance'
      : `suggested: cycle between ${rateText(result.suggested.min)} (below it accuracy does not rise) and ${rateText(result.suggested.max)} (above it accuracy falls or is ragged)`,
    ...(result.suggested?.notes ?? []).map((note) => `note: ${note}`),
  ];
  for (const sentence of sentences)
    lines.push(...wrapText(shown(sentence, options), widthOf(options), '  '));
  return `${lines.join('\n')}\n`;
}

/** Two significant digits: more would claim what a test of one run cannot know. */
function rateText(rate: number): string {
  return rate.toExponential(1);
}

const barColumns = 24;

function columns(best: number, { unicode }: TextOptions): readonly Column<Measurement>[] {
  const right = (
    head: string,
    importance: number | null,
    cell: (m: Measurement) => string | null,
  ): Column<Measurement> => ({ head, align: 'right', importance, cell });
  return [
    right('step', 20, (m) => String(m.step)),
    right('rate', null, (m) => m.learningRate.toExponential(2)),
    right('train loss', 30, (m) => lossText(m.trainLoss)),
    right('validation loss', 10, (m) => lossText(m.validationLoss)),
    right('validation %', null, (m) => percentText(m.validationAccuracy)),
    {
      ...right('accuracy', 40, (m) => bar(m.validationAccuracy / best, unicode)),
      align: 'left',
    },
  ];
}

function bar(share: number, unicode: boolean): string {
  return (unicode ? '█' : '#').repeat(Math.round(barColumns * share));
}

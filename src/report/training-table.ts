/** One training run, as `ridgeline train` prints it: its curve, and what came out. */
import type { Measurement, TrialResult } from '../study/trial.ts';
import { curveFileColumns, curveJson, curveLines } from './curve-table.ts';
import { delimitedText, type Separator } from './delimited.ts';
import { wrapWords } from './display-width.ts';
import { jsonText, schemaVersion } from './json-value.ts';
import { lambdaText, lossText, percentText, secondsText } from './number-format.ts';
import { shown, widthOf, type TextOptions } from './text-options.ts';

export interface TrainingReport {
  /** What was trained: a recipe's name, or a trial's. */
  readonly name: string;
  readonly lambda: number;
  readonly seed: number;
  /** The kernel that did it: `portable` or `native`. */
  readonly kernel: string;
  readonly result: TrialResult;
}

export function formatTraining(report: TrainingReport, options: TextOptions): string {
  const { result } = report;
  const lines = result.curve.length === 0 ? [] : curveLines(result.curve, options);
  const words = trainingWords(report).map((word) => shown(word, options));
  const style = result.kind === 'complete' ? 'green' : 'yellow';
  const summary = wrapWords(words, '  ', widthOf(options), '        ').map((line) =>
    options.color(style, line),
  );
  return `${[...lines, ...summary].join('\n')}\n`;
}

export function formatTrainingJson(report: TrainingReport): string {
  const { result } = report;
  const last = resultOf(result);
  return jsonText({
    schema_version: schemaVersion,
    train_accuracy: last?.trainAccuracy ?? null,
    validation_accuracy: last?.validationAccuracy ?? null,
    test_accuracy: last?.testAccuracy ?? null,
    train_loss: last?.trainLoss ?? null,
    validation_loss: last?.validationLoss ?? null,
    steps: result.steps,
    seconds: result.seconds,
    digest: result.kind === 'complete' ? result.digest : null,
    kernel: report.kernel,
    curve: curveJson(result.curve),
  });
}

/** The curve alone: a line for each measured step. */
export function formatTrainingDelimited(report: TrainingReport, separator: Separator): string {
  return delimitedText(curveFileColumns, report.result.curve, separator);
}

function trainingWords(report: TrainingReport): string[] {
  const { result } = report;
  const words = [report.name, `λ ${lambdaText(report.lambda)}`];
  const last = resultOf(result);
  if (result.kind === 'diverged')
    words.push(`diverged: the loss was no longer finite after step ${result.steps}`);
  if (last !== null) {
    words.push(`train ${percentText(last.trainAccuracy) ?? '-'} %`);
    words.push(
      `validation ${percentText(last.validationAccuracy) ?? '-'} %, loss ${lossText(last.validationLoss) ?? '-'}`,
    );
    if (last.testAccuracy !== null) words.push(`test ${percentText(last.testAccuracy) ?? '-'} %`);
  }
  words.push(
    `${result.steps} steps in ${secondsText(result.seconds) ?? '-'} s (${report.kernel} kernel)`,
  );
  // Whole: it is there to be compared.
  if (result.kind === 'complete') words.push(`digest ${result.digest}`);
  return words;
}

/** A diverged run has a curve, but no result. */
function resultOf(result: TrialResult): Measurement | null {
  return result.kind === 'complete' ? (result.curve.at(-1) ?? null) : null;
}

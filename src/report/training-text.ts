/** One training run's result, as `train` prints it. */
import type { Measurement, TrialResult } from '../study/trial.ts';
import { jsonText, schemaVersion } from './json-value.ts';
import { percentText } from './number-format.ts';
import type { TextOptions } from './text-options.ts';
import { curveLines } from './trial-text.ts';

export function trainingJson(result: TrialResult, kernel: string): string {
  const last = result.kind === 'complete' ? (result.curve.at(-1) ?? null) : null;
  return jsonText({
    schema_version: schemaVersion,
    status: result.kind,
    train_accuracy: last?.trainAccuracy ?? null,
    validation_accuracy: last?.validationAccuracy ?? null,
    test_accuracy: last?.testAccuracy ?? null,
    train_loss: last?.trainLoss ?? null,
    validation_loss: last?.validationLoss ?? null,
    steps: result.steps,
    seconds: result.seconds,
    digest: result.kind === 'complete' ? result.digest : null,
    kernel,
    curve: result.curve.map(pointJson),
  });
}

export function trainingText(result: TrialResult, options: TextOptions): string {
  const last = result.curve.at(-1);
  if (result.kind === 'diverged' || last === undefined) {
    return `diverged: the loss was no longer finite after step ${result.steps}\n`;
  }
  const test = last.testAccuracy === null ? '' : `  test ${percentText(last.testAccuracy)} %`;
  const summary = `train ${percentText(last.trainAccuracy)} %  validation ${percentText(last.validationAccuracy)} %${test}  in ${result.seconds.toFixed(2)} s`;
  return `${[...curveLines(result.curve, options), summary, `digest ${result.digest}`].join('\n')}\n`;
}

export function pointJson(m: Measurement): Record<string, number> {
  return {
    step: m.step,
    epoch: m.epoch,
    learning_rate: m.learningRate,
    train_loss: m.trainLoss,
    train_cost: m.trainCost,
    train_accuracy: m.trainAccuracy,
    validation_loss: m.validationLoss,
    validation_cost: m.validationCost,
    validation_accuracy: m.validationAccuracy,
  };
}

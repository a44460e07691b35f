/** Progress of a training as text: one line for each seed on a terminal, else one line for each measurement. */
import type { Measurement } from '../../study/trial.ts';
import { metricIn } from '../results/metric-values.ts';
import { durationText, percentText } from '../text/number-format.ts';
import { oneLine, progressBar, type TextOptions } from '../text/text-options.ts';

export interface SeedProgress {
  readonly seed: number;
  readonly step: number;
  readonly steps: number;
  readonly epochs: number;
  /** The last measurement; null before the first. */
  readonly measured: Measurement | null;
  /** Time in which this process trained it, and the steps since. */
  readonly elapsedMs: number;
  readonly stepsHere: number;
}

const barColumns = 16;

export function progressLine(state: SeedProgress, options: TextOptions): string {
  const { seed, step, steps, epochs, measured } = state;
  const epoch = ((step / steps) * epochs).toFixed(1);
  const bar = progressBar(step / steps, barColumns, options);
  const validation = measured === null ? '' : `  ${accuracyText(measured, 'validation')}`;
  return oneLine(
    `seed ${seed}  ${bar} epoch ${epoch}/${epochText(epochs)}${validation}${timeLeft(state)}`,
    options,
  );
}

/** `seed 1  epoch 14.00 of 42  train 61.20 %  validation 45.10 %`. */
export function measuredLine(seed: number, epochs: number, measured: Measurement): string {
  const epoch = metricIn(measured, 'epoch') ?? 0;
  return `seed ${seed}  epoch ${epoch.toFixed(2)} of ${epochText(epochs)}  ${accuracyText(measured, 'train')}  ${accuracyText(measured, 'validation')}`;
}

function accuracyText(measured: Measurement, split: 'train' | 'validation'): string {
  return `${split} ${percentText(metricIn(measured, `${split}_accuracy`)) ?? '-'} %`;
}

function epochText(epochs: number): string {
  return Number.isInteger(epochs) ? String(epochs) : epochs.toFixed(2);
}

function timeLeft({ step, steps, elapsedMs, stepsHere }: SeedProgress): string {
  if (elapsedMs < 2000 || stepsHere === 0 || step >= steps) return '';
  return `  about ${durationText((elapsedMs / stepsHere) * (steps - step))} left`;
}

/** How far training is, in text: a line for each seed on a terminal, a line for each measurement elsewhere. */
import type { Measurement } from '../../study/trial.ts';
import { fitText } from '../text/display-width.ts';
import { durationText, percentText } from '../text/number-format.ts';
import { ellipsisOf, shown, widthOf, type TextOptions } from '../text/text-options.ts';

export interface SeedProgress {
  readonly seed: number;
  readonly step: number;
  readonly steps: number;
  readonly epochs: number;
  /** The last measurement; null before the first. */
  readonly measured: Measurement | null;
  /** Since it was started here, and steps done since. */
  readonly elapsedMs: number;
  readonly stepsHere: number;
}

const barColumns = 16;

export function progressLine(state: SeedProgress, options: TextOptions): string {
  const { seed, step, steps, epochs, measured } = state;
  const filled = Math.round((barColumns * step) / steps);
  const bar = options.unicode
    ? '█'.repeat(filled) + '░'.repeat(barColumns - filled)
    : `[${'#'.repeat(filled)}${'.'.repeat(barColumns - filled)}]`;
  const epoch = ((step / steps) * epochs).toFixed(1);
  const validation =
    measured === null ? '' : `  validation ${percentText(measured.validationAccuracy) ?? '-'} %`;
  const text = `seed ${seed}  ${bar} epoch ${epoch}/${epochText(epochs)}${validation}${timeLeft(state)}`;
  return fitText(shown(text, options), widthOf(options), ellipsisOf(options), 'end');
}

/** `seed 1  epoch 14.00 of 42  train 61.20 %  validation 45.10 %`. */
export function measuredLine(
  seed: number,
  epochs: number,
  { epoch, trainAccuracy, validationAccuracy }: Measurement,
): string {
  return `seed ${seed}  epoch ${epoch.toFixed(2)} of ${epochText(epochs)}  train ${percentText(trainAccuracy) ?? '-'} %  validation ${percentText(validationAccuracy) ?? '-'} %`;
}

function epochText(epochs: number): string {
  return Number.isInteger(epochs) ? String(epochs) : epochs.toFixed(2);
}

function timeLeft({ step, steps, elapsedMs, stepsHere }: SeedProgress): string {
  if (elapsedMs < 2000 || stepsHere === 0 || step >= steps) return '';
  return `  about ${durationText((elapsedMs / stepsHere) * (steps - step))} left`;
}

/** How long a training run is, in steps. Pure arithmetic over the settings and the number of records. */
import { assert } from '../../base/assert.ts';
import type { CyclicalRate, TrainerSettings } from './study-spec.ts';

/** Steps in one pass over `trainRecords` records; the last, short batch counts as one. */
export function stepsPerEpoch(settings: TrainerSettings, trainRecords: number): number {
  assert(trainRecords > 0, 'a training set has records');
  return Math.ceil(trainRecords / settings.batch);
}

/** What happens where a batch is larger than the training set; null where it is not. */
export function batchRemark({ batch }: TrainerSettings, trainRecords: number): string | null {
  if (batch <= trainRecords) return null;
  return `trainer.batch is ${batch}, but there are ${trainRecords} training images: every step takes all of them`;
}

/** SGD updates in one trial. */
export function stepsOf(settings: TrainerSettings, trainRecords: number): number {
  return settings.length.kind === 'cycles'
    ? stepsOfCycles(settings.learningRate, settings.length.cycles)
    : settings.length.epochs * stepsPerEpoch(settings, trainRecords);
}

/** Steps of the first `cycles` cycles. Past 2^53 it may be Infinity, which the study's rules refuse. */
export function stepsOfCycles(
  { stepSize, cycleMultiplier = 1 }: CyclicalRate,
  cycles: number,
): number {
  return cycleMultiplier === 1
    ? cycles * 2 * stepSize
    : (2 * stepSize * (cycleMultiplier ** cycles - 1)) / (cycleMultiplier - 1);
}

/** The last step of each whole cycle, and the last step of all: ascending. */
export function cycleEnds(settings: TrainerSettings, trainRecords: number): readonly number[] {
  return stepsUpTo(stepsOf(settings, trainRecords), (cycle) =>
    stepsOfCycles(settings.learningRate, cycle),
  );
}

/** The steps (counted from 1, after the update) at which a trial is measured: ascending, ends with the last. */
export function measuredSteps(settings: TrainerSettings, trainRecords: number): readonly number[] {
  const { measure } = settings;
  const last = stepsOf(settings, trainRecords);
  switch (measure.kind) {
    case 'cycle':
      return cycleEnds(settings, trainRecords);
    case 'epoch':
      return stepsUpTo(last, (count) => count * stepsPerEpoch(settings, trainRecords));
    case 'steps':
      return stepsUpTo(last, (count) => count * measure.steps);
    case 'end':
      return [last];
  }
}

/** stepAt(1), stepAt(2), … below the last step, and that. */
function stepsUpTo(last: number, stepAt: (count: number) => number): readonly number[] {
  const steps: number[] = [];
  for (let count = 1; stepAt(count) < last; count++) steps.push(stepAt(count));
  steps.push(last);
  return steps;
}

/** Training schedule: length in steps, cycle ends and measured steps. */
import { assert } from '../../base/assert.ts';
import type { LearningRate, TwoLayerSettings } from './settings.ts';

/** Steps in one pass over the training set; the last, short batch counts as one. */
export function stepsPerEpoch({ batch }: TwoLayerSettings, trainRecords: number): number {
  assert(trainRecords > 0, 'a training set has records');
  return Math.ceil(trainRecords / batch);
}

/** SGD updates in one trial. */
export function trainingSteps(settings: TwoLayerSettings, trainRecords: number): number {
  const { cycles, epochs = 0, learningRate } = settings;
  return cycles === undefined
    ? epochs * stepsPerEpoch(settings, trainRecords)
    : stepsInCycles(learningRate, cycles);
}

/** Steps of the first `cycles` cycles; may be infinite, which the rules of the settings reject. */
export function stepsInCycles(
  { stepSize, cycleMultiplier }: Pick<LearningRate, 'stepSize' | 'cycleMultiplier'>,
  cycles: number,
): number {
  return cycleMultiplier === 1
    ? cycles * 2 * stepSize
    : (2 * stepSize * (cycleMultiplier ** cycles - 1)) / (cycleMultiplier - 1);
}

/** The last step of each whole cycle, and the last step of the trial: ascending. */
export function cycleEnds(settings: TwoLayerSettings, trainRecords: number): readonly number[] {
  return stepsUpTo(trainingSteps(settings, trainRecords), (cycle) =>
    stepsInCycles(settings.learningRate, cycle),
  );
}

/** Steps (from 1, after the update) at which a trial is measured: ascending, ends with the last. */
export function measuredSteps(settings: TwoLayerSettings, trainRecords: number): readonly number[] {
  const { measure } = settings;
  const last = trainingSteps(settings, trainRecords);
  if (measure === 'end') return [last];
  if (measure === 'cycle') return cycleEnds(settings, trainRecords);
  const interval = measure === 'epoch' ? stepsPerEpoch(settings, trainRecords) : measure.steps;
  return stepsUpTo(last, (count) => count * interval);
}

/** stepAt(1), stepAt(2), … below the last step, then the last step. */
function stepsUpTo(last: number, stepAt: (count: number) => number): readonly number[] {
  const steps: number[] = [];
  for (let count = 1; stepAt(count) < last; count++) steps.push(stepAt(count));
  steps.push(last);
  return steps;
}

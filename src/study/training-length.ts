/** How long a training run is, in steps. Pure arithmetic over the settings and the number of records. */
import { assert } from '../base/assert.ts';
import type { TrainerSettings } from './study-spec.ts';

/** Steps in one pass over `trainRecords` records; the last, short batch counts as one. */
export function stepsPerEpoch(settings: TrainerSettings, trainRecords: number): number {
  assert(trainRecords > 0, 'a training set has records');
  return Math.ceil(trainRecords / settings.batch);
}

/** SGD updates in one trial. */
export function stepsOf(settings: TrainerSettings, trainRecords: number): number {
  return settings.length.kind === 'cycles'
    ? settings.length.cycles * 2 * settings.learningRate.stepSize
    : settings.length.epochs * stepsPerEpoch(settings, trainRecords);
}

/** The steps (counted from 1, after the update) at which a trial is measured: ascending, ends with the last. */
export function measuredSteps(settings: TrainerSettings, trainRecords: number): readonly number[] {
  const last = stepsOf(settings, trainRecords);
  const every = measureInterval(settings, trainRecords);
  const steps: number[] = [];
  for (let step = every; step < last; step += every) steps.push(step);
  steps.push(last);
  return steps;
}

function measureInterval(settings: TrainerSettings, trainRecords: number): number {
  switch (settings.measure.kind) {
    case 'cycle':
      return 2 * settings.learningRate.stepSize;
    case 'epoch':
      return stepsPerEpoch(settings, trainRecords);
    case 'steps':
      return settings.measure.steps;
    case 'end':
      return Infinity;
  }
}

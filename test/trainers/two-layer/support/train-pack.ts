/** Trains packs as a worker thread does, with λ and the highest learning rate as parameters. */
import type { TrainingData } from '../../../../src/study/images.ts';
import type { TrialResult } from '../../../../src/study/trial.ts';
import {
  trainTrials,
  type TrialsHooks,
  type TrialsRequest,
} from '../../../../src/trainers/train-trials.ts';
import type { Kernel } from '../../../../src/trainers/two-layer/kernel.ts';
import type { TwoLayerSettings } from '../../../../src/trainers/two-layer/settings.ts';
import { twoLayerTraining } from '../../../../src/trainers/two-layer/two-layer.ts';
import { frozenTime } from './synthetic-images.ts';

export interface PackRequest extends Omit<TrialsRequest, 'params' | 'settings'> {
  readonly settings: TwoLayerSettings;
  readonly lambdas: readonly number[];
  /** `learning_rate.max` of each member; absent: that of the settings. */
  readonly highestRates?: readonly number[];
}

/** Null if `hooks.isStopped` stopped it. */
export function trainOrStop(
  kernel: Kernel,
  { lambdas, highestRates, ...request }: PackRequest,
  data: TrainingData,
  hooks: Partial<TrialsHooks> = {},
): TrialResult[] | null {
  const params = lambdas.map((lambda, member) =>
    highestRates === undefined
      ? { lambda }
      : { lambda, 'learning_rate.max': highestRates[member]! },
  );
  const trainer = twoLayerTraining(kernel);
  return trainTrials(trainer, { ...request, params }, data, { ...frozenTime, ...hooks });
}

export function trainPack(...args: Parameters<typeof trainOrStop>): TrialResult[] {
  const results = trainOrStop(...args);
  if (results === null) throw new Error('the pack was stopped');
  return results;
}

/** Trainer registry: descriptions of all trainers, by the name that a study file uses. */
import { RidgelineError } from '../base/errors.ts';
import type { TrainerDescription } from '../study/trainer-description.ts';
import { twoLayer } from './two-layer/description.ts';

const trainers: ReadonlyMap<string, TrainerDescription> = new Map([[twoLayer.name, twoLayer]]);

/** @throws RidgelineError STUDY_INVALID for an unknown name */
export function describeTrainer(name: string): TrainerDescription {
  const trainer = trainers.get(name);
  if (trainer !== undefined) return trainer;
  throw new RidgelineError(
    'STUDY_INVALID',
    `There is no trainer ${JSON.stringify(name)}.`,
    `Set trainer.name to one of: ${[...trainers.keys()].join(', ')}.`,
  );
}

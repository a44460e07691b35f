/** Trainer registry: descriptions of all trainers, by the section of a study file. */
import { RidgelineError } from '../base/errors.ts';
import {
  commandTrainer,
  moduleTrainer,
  trainerName,
  type TrainerDescription,
  type TrainerSettings,
} from '../study/trainer-description.ts';
import { describeCommand } from './command/description.ts';
import { describeModule } from './module/description.ts';
import { twoLayer } from './two-layer/description.ts';

const trainers: ReadonlyMap<string, TrainerDescription> = new Map([[twoLayer.name, twoLayer]]);

/** @throws RidgelineError STUDY_INVALID for an unknown name */
export function describeTrainer(section: TrainerSettings): TrainerDescription {
  const name = trainerName(section);
  if (name === commandTrainer) return describeCommand(section);
  if (name === moduleTrainer) return describeModule(section);
  const trainer = trainers.get(name);
  if (trainer !== undefined) return trainer;
  throw new RidgelineError(
    'STUDY_INVALID',
    `There is no trainer ${JSON.stringify(name)}.`,
    `Set trainer.name to one of: ${[...trainers.keys(), commandTrainer, moduleTrainer].join(', ')}.`,
  );
}

/**
 * Rung problem: whether the training of a study has rungs at which trials can be stopped. A rung is the end
 * of a learning-rate cycle, or a step of `trainer.rungs`. The rungs depend on the number of training records,
 * so they are checked when the data set is open.
 */
import { RidgelineError } from '../../base/errors.ts';
import { moduleTrainer, trainerName, type TrainerDescription } from '../trainer-description.ts';
import { hasStopping, type StudySpec } from './study-spec.ts';

/**
 * @param trainRecords null without a data set
 * @throws RidgelineError STUDY_INVALID if the study stops trials, and has one rung or does not measure at one
 */
export function requireRungs(
  spec: StudySpec,
  trainer: Pick<TrainerDescription, 'rungs' | 'measuredSteps' | 'validationRecords'>,
  trainRecords: number | null,
): void {
  if (!hasStopping(spec)) return;
  const isModule = trainerName(spec.trainer) === moduleTrainer;
  if (trainRecords === null && (trainer.validationRecords?.(spec.trainer) ?? 0) === 0)
    throw new RidgelineError(
      'STUDY_INVALID',
      `Study ${spec.study} has stop: clearly_worse, which compares trials record by record, but its trainer section has no records.`,
      isModule
        ? 'Declare `records` in the module, the number of validation records, and return `correct` from measure; or remove stop.'
        : 'Set trainer.records to the number of validation records, and print `correct`, a 0 or 1 for each; or remove stop.',
    );
  const rungs = trainer.rungs(spec.trainer, trainRecords ?? 0);
  if (rungs.length < 2)
    throw new RidgelineError(
      'STUDY_INVALID',
      `Study ${spec.study} has stop: clearly_worse, but a trial has only one rung, its last step: trials are compared at each rung, and there is no step left to save after the last one.`,
      isModule
        ? 'Return earlier steps from `rungs` of the module, or remove stop.'
        : trainRecords === null
          ? 'Add earlier steps to trainer.rungs, or remove stop.'
          : 'Set trainer.cycles to 2 or more, or remove stop.',
    );
  const measured = new Set(trainer.measuredSteps(spec.trainer, trainRecords ?? 0));
  const missing = rungs.find((step) => !measured.has(step));
  if (missing !== undefined)
    throw new RidgelineError(
      'STUDY_INVALID',
      `Study ${spec.study} has stop: clearly_worse, but its trials are not measured at step ${missing}, the end of a learning-rate cycle.`,
      'Set trainer.measure to cycle, or remove stop.',
    );
}

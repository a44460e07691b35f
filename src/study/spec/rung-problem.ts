/**
 * Rung problem: whether the training of a study has rungs at which trials can be stopped. It depends on the
 * number of training records, so it is checked when the data set is open.
 */
import { RidgelineError } from '../../base/errors.ts';
import type { TrainerDescription } from '../trainer-description.ts';
import { hasStopping, type StudySpec } from './study-spec.ts';

/**
 * @param trainRecords null without a data set
 * @throws RidgelineError STUDY_INVALID if the study stops trials, and has one rung or does not measure at one
 */
export function requireRungs(
  spec: StudySpec,
  trainer: Pick<TrainerDescription, 'rungs' | 'measuredSteps'>,
  trainRecords: number | null,
): void {
  if (!hasStopping(spec)) return;
  if (trainRecords === null)
    throw new RidgelineError(
      'STUDY_INVALID',
      `Study ${spec.study} has stop: clearly_worse, but its trainer has no validation images of Ridgeline's, on which trials could be compared.`,
      'Remove stop.',
    );
  const rungs = trainer.rungs(spec.trainer, trainRecords);
  if (rungs.length < 2)
    throw new RidgelineError(
      'STUDY_INVALID',
      `Study ${spec.study} has stop: clearly_worse, but a trial has only one learning-rate cycle: trials are compared at the end of each cycle, and there is no step left to save after the last one.`,
      'Set trainer.cycles to 2 or more, or remove stop.',
    );
  const measured = new Set(trainer.measuredSteps(spec.trainer, trainRecords));
  const missing = rungs.find((step) => !measured.has(step));
  if (missing !== undefined)
    throw new RidgelineError(
      'STUDY_INVALID',
      `Study ${spec.study} has stop: clearly_worse, but its trials are not measured at step ${missing}, the end of a learning-rate cycle.`,
      'Set trainer.measure to cycle, or remove stop.',
    );
}

/** Random search (Bergstra and Bengio 2012): independent uniform numbers; and the random share of audits. */
import { RandomStream } from '../../base/philox.ts';
import type { ParameterName } from '../../study/search-space.ts';
import type { TrialId } from '../../study/trial.ts';
import { stagePlace } from './stage-place.ts';

/** Numbers in [0, 1) of one parameter of a stage, by the index of the trial. */
export function randomUnits(
  seed: number,
  stage: string,
  parameter: ParameterName,
): (index: number) => number {
  // Each parameter has its own stream. λ, the only parameter of version 0.1.0, keeps the stream it had.
  const place = stagePlace(parameter === 'lambda' ? stage : `${stage}/${parameter}`);
  const random = new RandomStream(seed, 'lambda', place);
  return (index) => random.uniformAt(index);
}

/** Whether the trial is in the random share of its stage that audits recompute. */
export function isDrawnForAudit(
  seed: number,
  { stage, index, replicate }: TrialId,
  share: number,
): boolean {
  // Called for each trial of a stage, of which there may be a million; most studies draw none.
  if (share === 0) return false;
  return new RandomStream(seed, 'audit', stagePlace(stage), replicate).uniformAt(index) < share;
}

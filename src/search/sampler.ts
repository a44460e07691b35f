/**
 * Which λ are tried. λ of trial k is a function of (study seed, stage, k) and the stage's range, and of
 * nothing else: not of the number of workers, the order of results, or how many trials the stage has.
 * So a stage that is extended keeps the trials it had.
 */
import { RandomStream } from '../base/philox.ts';
import { sha256 } from '../base/digest.ts';
import type { LambdaRange, StageSpec, StudySpec } from '../study/study-spec.ts';
import type { TrialId } from '../study/trial.ts';
import { sampleLogUniform } from './distribution.ts';

/** λ of trial k (from 1) of a stage. */
export function sampleLambda(seed: number, stage: string, k: number, range: LambdaRange): number {
  return sampleLogUniform(range, new RandomStream(seed, 'lambda', placeOf(stage)).uniformAt(k));
}

/** All trials of a stage whose range is known, k from 1. */
export function stageTrials(
  spec: StudySpec,
  stage: StageSpec,
  range: LambdaRange,
): { id: TrialId; lambda: number }[] {
  const random = new RandomStream(spec.seed, 'lambda', placeOf(stage.name));
  return Array.from({ length: stage.trials }, (_, index) => {
    const k = index + 1;
    return {
      id: { stage: stage.name, k, replicate: 1 },
      lambda: sampleLogUniform(range, random.uniformAt(k)),
    };
  });
}

/** Whether a trial is among the share of its stage that is drawn to be computed again. */
export function isDrawnForAudit(
  seed: number,
  { stage, k, replicate }: TrialId,
  share: number,
): boolean {
  return new RandomStream(seed, 'audit', placeOf(stage), replicate).uniformAt(k) < share;
}

/** A stage's place in the random streams: 32 bits of its name's hash, so that stages are independent. */
function placeOf(stage: string): number {
  return Number.parseInt(sha256(stage).slice(0, 8), 16);
}

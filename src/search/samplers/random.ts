/**
 * Which λ are tried. λ of trial k is a function of (study seed, stage, k) and the stage's range, and of
 * nothing else: not of the number of workers, the order of results, or how many trials the stage has.
 * So a stage that is extended keeps the trials it had.
 */
import { RandomStream } from '../../base/philox.ts';
import { sha256 } from '../../base/digest.ts';
import type { LambdaRange, StageSpec, StudySpec } from '../../study/spec/study-spec.ts';
import type { TrialId } from '../../study/trial.ts';
import { sampleLogUniform } from './distribution.ts';

/** λ of trial k (from 1) of a stage. */
export function sampleLambda(seed: number, stage: string, k: number, range: LambdaRange): number {
  return sampleLogUniform(range, new RandomStream(seed, 'lambda', placeOf(stage)).uniformAt(k));
}

/**
 * The trials with which a stage begins, once its range is known: replicate 1 of every λ, k from 1, then
 * the others in the same order. Where λ race, later replicates come round by round (`racing.ts`).
 */
export function stageTrials(
  spec: StudySpec,
  stage: StageSpec,
  range: LambdaRange,
): { id: TrialId; lambda: number }[] {
  const random = new RandomStream(spec.seed, 'lambda', placeOf(stage.name));
  const lambdas = Array.from({ length: stage.trials }, (_, index) =>
    sampleLogUniform(range, random.uniformAt(index + 1)),
  );
  return Array.from({ length: spec.racing ? 1 : spec.replicates }, (_, round) =>
    lambdas.map((lambda, index) => ({
      id: { stage: stage.name, index: index + 1, replicate: round + 1 },
      lambda,
    })),
  ).flat();
}

/** Whether a trial is among the share of its stage that is drawn to be computed again. */
export function isDrawnForAudit(
  seed: number,
  { stage, index: k, replicate }: TrialId,
  share: number,
): boolean {
  return new RandomStream(seed, 'audit', placeOf(stage), replicate).uniformAt(k) < share;
}

/** A stage's place in the random streams: 32 bits of its name's hash, so that stages are independent. */
function placeOf(stage: string): number {
  return Number.parseInt(sha256(stage).slice(0, 8), 16);
}

/**
 * State verification: whether states that another worker has uploaded are the ones at the rung of their trials.
 *
 * A trainer measures the restored members again. The digest of the parameters and the whole result must be those
 * that are stored for the rung, so a wrong state costs time and changes no result.
 */
import type { Metric } from '../study/metrics.ts';
import { resultFingerprint } from '../study/result-fingerprint.ts';
import { noCorrectness, type TrialResult } from '../study/trial.ts';
import type { TrainHooks, Training } from './trainer.ts';

/** What a state must give. */
export interface ExpectedResult {
  /** Of the parameters. */
  readonly digest: string;
  /** Of the result at the rung. */
  readonly fingerprint: string;
  /** Those of the trainer, in its order. */
  readonly metrics: readonly Metric[];
}

/** @param expected by member; undefined: this worker has trained the state itself */
export function areStatesRight(
  training: Training,
  step: number,
  expected: readonly (ExpectedResult | undefined)[],
  hooks: TrainHooks,
): boolean {
  const statuses = training.trainTo(step, {
    nowMs: () => hooks.nowMs(),
    onStep: (done) => hooks.onStep?.(done),
    // A state at an earlier step is wrong: nothing is trained here.
    isStopped: () => true,
  });
  return statuses.every(({ kind, step: steps, seconds, curve }, member) => {
    const wanted = expected[member];
    if (wanted === undefined) return true;
    const digest = training.digest(member);
    if (kind !== 'reached' || steps !== step || digest !== wanted.digest) return false;
    const validationCorrect = training.measure(member).correct ?? noCorrectness;
    const result = { kind: 'complete', steps, seconds, digest, curve, validationCorrect } as const;
    return hasFingerprint(result, wanted);
  });
}

/** Metrics of the test set, which a study may measure at the end, are absent at a rung. */
function hasFingerprint(result: TrialResult, { fingerprint, metrics }: ExpectedResult): boolean {
  return [true, false].some(
    (withTest) => resultFingerprint(result, metrics, withTest) === fingerprint,
  );
}

/**
 * One short text for everything that a result says, so that two can be compared without keeping both:
 * parameters, every metric of the curve, and which validation records were classified right.
 *
 * `seconds` stays out: it is no function of the trial.
 */
import { sha256 } from '../base/digest.ts';
import type { Measurement, TrialResult } from './trial.ts';

/** @param withTest whether the test set belongs to the trial; the winner's test attempt alone measures it else */
export function resultFingerprint(result: TrialResult, withTest: boolean): string {
  const points = result.curve.map((point) => pointText(point, withTest)).join('\n');
  return result.kind === 'complete'
    ? sha256(`complete ${result.steps} ${result.digest}\n${points}\n`, result.validationCorrect)
    : sha256(`diverged ${result.steps}\n${points}\n`);
}

/** Numbers in their shortest text that reads back as the same number; what is not finite is one, as in the store. */
function pointText(point: Measurement, withTest: boolean): string {
  const { step, epoch, learningRate, trainLoss, trainCost, trainAccuracy } = point;
  const { validationLoss, validationCost, validationAccuracy, testLoss, testAccuracy } = point;
  const training = [step, epoch, learningRate, trainLoss, trainCost, trainAccuracy];
  const validation = [validationLoss, validationCost, validationAccuracy];
  const test = withTest ? [testLoss, testAccuracy] : [];
  return [...training, ...validation, ...test]
    .map((value) => (Number.isFinite(value) ? value : 'none'))
    .join(' ');
}

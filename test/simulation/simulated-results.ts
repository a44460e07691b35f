/**
 * Simulated training: the correct result of a trial, a pure function of the trial as in real training,
 * and the wrong results of faulty workers.
 */
import { sha256 } from '../../src/base/digest.ts';
import { numberParam, type Params } from '../../src/study/search-space.ts';
import { trialName, type TrialId, type TrialResult } from '../../src/study/trial.ts';

/** Number of images in the validation split. */
export const validationImages = 64;

/** Trials with a larger λ diverge. */
const divergesAbove = 0.09;

export function correctResult(trial: TrialId, params: Params, measureTest: boolean): TrialResult {
  const lambda = numberParam(params, 'lambda');
  const digest = sha256(trialName(trial), String(lambda));
  if (lambda > divergesAbove) return { kind: 'diverged', steps: 7, seconds: 1, curve: [] };
  const distance = Math.abs(Math.log10(lambda) + 2);
  const accuracy = 0.47 - 0.01 * distance + parseInt(digest.slice(0, 4), 16) / 1e7;
  const metrics = {
    epoch: 1,
    learning_rate: 1e-5,
    train_loss: 1,
    train_cost: 1,
    train_accuracy: 0.6,
    validation_loss: 1.5,
    validation_cost: 1.6,
    validation_accuracy: accuracy,
    ...(measureTest && { test_loss: 1.5, test_accuracy: accuracy }),
  };
  const correct = 60 - Math.round(6 * distance) - (digest.charCodeAt(0) % 3);
  const bits = new Uint8Array(validationImages / 8);
  for (let image = 0; image < correct; image++) bits[image >> 3]! |= 1 << (image & 7);
  const curve = [{ step: 10, metrics }];
  return { kind: 'complete', steps: 10, seconds: 1, digest, curve, validationCorrect: bits };
}

/** A result that no worker of this protocol version sends: fewer bits than there are images. */
export function malformedResult(correct: TrialResult): TrialResult {
  return correct.kind === 'diverged'
    ? correct
    : { ...correct, validationCorrect: Uint8Array.of(255) };
}

/** The result of a machine with other arithmetic. */
export function incompatibleResult(correct: TrialResult): TrialResult {
  return correct.kind === 'diverged'
    ? correct
    : { ...correct, digest: sha256(`other ${correct.digest}`) };
}

/**
 * A result that looks better than the correct one and is never repeated.
 *
 * @param draw uniform in [0, 1)
 */
export function wrongResult(correct: TrialResult, draw: number): TrialResult {
  const last = correct.curve.at(-1);
  if (correct.kind === 'diverged' || last === undefined) return { ...correct, steps: 8 };
  const accuracy = (last.metrics['validation_accuracy'] ?? 0) + 0.1 * (1 + draw);
  const better = { ...last, metrics: { ...last.metrics, validation_accuracy: accuracy } };
  // Any part of a result may be wrong, also the curve alone or the bits alone.
  if (draw < 0.3) return { ...correct, curve: [better] };
  if (draw < 0.5) {
    const validationCorrect = correct.validationCorrect.with(7, Math.floor(256 * draw));
    return { ...correct, validationCorrect };
  }
  return { ...correct, curve: [better], digest: sha256(`wrong ${draw}`) };
}

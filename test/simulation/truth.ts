/**
 * What training gives in a simulation: a pure function of the trial, as the real one is; and what a
 * worker says that computes wrongly.
 */
import { sha256 } from '../../src/base/digest.ts';
import {
  trialName,
  type Measurement,
  type TrialId,
  type TrialResult,
} from '../../src/study/trial.ts';

/** Images in the validation split. */
export const trueImages = 64;

/** Above it, trials diverge. */
const divergesAbove = 0.09;

export function trueResult(trial: TrialId, lambda: number, measureTest: boolean): TrialResult {
  const digest = sha256(trialName(trial), String(lambda));
  if (lambda > divergesAbove) return { kind: 'diverged', steps: 7, seconds: 1, curve: [] };
  const accuracy =
    0.47 - 0.01 * Math.abs(Math.log10(lambda) + 2) + parseInt(digest.slice(0, 4), 16) / 1e7;
  const last: Measurement = {
    step: 10,
    epoch: 1,
    learningRate: 1e-5,
    trainLoss: 1,
    trainCost: 1,
    trainAccuracy: 0.6,
    validationLoss: 1.5,
    validationCost: 1.6,
    validationAccuracy: accuracy,
    testLoss: measureTest ? 1.5 : null,
    testAccuracy: measureTest ? accuracy : null,
  };
  const right = 60 - Math.round(6 * Math.abs(Math.log10(lambda) + 2)) - (digest.charCodeAt(0) % 3);
  const validationCorrect = new Uint8Array(trueImages / 8);
  for (let image = 0; image < right; image++) validationCorrect[image >> 3]! |= 1 << (image & 7);
  return { kind: 'complete', steps: 10, seconds: 1, digest, curve: [last], validationCorrect };
}

/** What no worker says that was built from this protocol: fewer bits than there are images. */
export function garbled(truth: TrialResult): TrialResult {
  return truth.kind === 'diverged' ? truth : { ...truth, validationCorrect: Uint8Array.of(255) };
}

/** What a machine gives whose last bits differ by right. */
export function computedElsewhere(truth: TrialResult): TrialResult {
  return truth.kind === 'diverged' ? truth : { ...truth, digest: sha256(`other ${truth.digest}`) };
}

/** Better than the truth, and never twice the same. @param draw uniform in [0, 1) */
export function lie(truth: TrialResult, draw: number): TrialResult {
  const last = truth.curve.at(-1);
  if (truth.kind === 'diverged' || last === undefined) return { ...truth, steps: 8 };
  const better = { ...last, validationAccuracy: last.validationAccuracy + 0.1 * (1 + draw) };
  // Every part of a result is worth lying about; the digest and the bits alone would not be missed.
  if (draw < 0.3) return { ...truth, curve: [better] };
  if (draw < 0.5)
    return { ...truth, validationCorrect: truth.validationCorrect.with(7, Math.floor(256 * draw)) };
  return { ...truth, curve: [better], digest: sha256(`forged ${draw}`) };
}

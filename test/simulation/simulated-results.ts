/**
 * Simulated training: the correct result of a trial, a pure function of the trial as in real training,
 * and the wrong results of faulty workers.
 */
import { sha256 } from '../../src/base/digest.ts';
import type { Metrics } from '../../src/study/metrics.ts';
import { numberParam, type Params } from '../../src/study/search-space.ts';
import { trialName, type TrialId, type TrialResult } from '../../src/study/trial.ts';
import { twoLayer } from '../../src/trainers/two-layer/description.ts';
import { plainTrainer } from '../study/support/example-study.ts';

/** Settings of the trainer of every simulated study: 20 updates, measured at the last one. */
export const simulatedTrainer = {
  ...plainTrainer,
  batch: 10,
  learningRate: { min: 1e-5, max: 0.1, stepSize: 10, cycleMultiplier: 1 },
  cycles: 1,
  measure: 'end',
};
/** The same for studies that stop trials: three cycles, each of 20 updates and measured. */
export const rungTrainer = { ...simulatedTrainer, cycles: 3, measure: 'cycle' };
export const trainRecords = 60;

/** Number of images in the validation split. */
export const validationImages = 64;

/** Trials with a larger λ diverge. */
const divergesAbove = 0.09;
/** Trials with rungs and a larger λ diverge in their second cycle. */
const divergesLaterAbove = 0.06;
/** Steps of a cycle, at whose end a trial is measured. */
const cycleSteps = 20;
const steps = cycleSteps;

/** The study with this name has another seed than the others of its history, with which it may share parameters. */
export const otherSeed = 'other';

export function correctResult(
  trial: TrialId,
  params: Params,
  measureTest: boolean,
  study = '',
): TrialResult {
  const lambda = numberParam(params, 'lambda');
  const salt = study === otherSeed ? [otherSeed] : [];
  const digest = sha256(trialName(trial), String(lambda), ...salt);
  if (lambda > divergesAbove) return { kind: 'diverged', steps: 7, seconds: 1, curve: [] };
  const distance = Math.abs(Math.log10(lambda) + 2);
  const correct = 60 - Math.round(6 * distance) - (digest.charCodeAt(0) % 3);
  return scored({ digest, correct, loss: 1.5 + 0.1 * distance, measureTest });
}

/** The digest of a trial with rungs after a whole number of cycles. */
export function rungDigest(trial: TrialId, params: Params, step: number): string {
  return sha256(trialName(trial), String(numberParam(params, 'lambda')), String(step));
}

/**
 * The correct result of a trial with rungs. The larger the number of cycles, the more the trials differ.
 *
 * @param step end of a cycle
 */
export function correctRungResult(
  trial: TrialId,
  params: Params,
  step: number,
  measureTest: boolean,
): TrialResult {
  const lambda = numberParam(params, 'lambda');
  const ends = Array.from({ length: step / cycleSteps }, (_, cycle) => (cycle + 1) * cycleSteps);
  const points = ends.map((end) => {
    const distance = Math.abs(Math.log10(lambda) + 2);
    const digest = rungDigest(trial, params, end);
    const lost = Math.round((2 + (2 * end) / cycleSteps) * distance);
    const correct = Math.max(0, 60 - lost - (digest.charCodeAt(0) % 3));
    const isLast = end === rungTrainer.cycles * cycleSteps;
    const loss = 1.5 + 0.1 * distance;
    return scored({ digest, correct, loss, measureTest: measureTest && isLast, step: end });
  });
  const curve = points.flatMap((point) => point.curve);
  // Exact sums, however a training is divided.
  const seconds = ends.length / 8;
  if (lambda > divergesAbove) return { kind: 'diverged', steps: 7, seconds: 1, curve: [] };
  if (lambda > divergesLaterAbove && step > cycleSteps)
    return { kind: 'diverged', steps: cycleSteps + 7, seconds: 0.25, curve: curve.slice(0, 1) };
  return { ...points.at(-1)!, curve, seconds };
}

interface Score {
  readonly digest: string;
  /** Number of validation images that are classified correctly. */
  readonly correct: number;
  readonly loss: number;
  readonly measureTest: boolean;
  /** Step of the measurement; default the one of a training of one cycle. */
  readonly step?: number;
}

function scored({ digest, correct, loss, measureTest, step = steps }: Score): TrialResult {
  const validationCorrect = new Uint8Array(validationImages / 8);
  for (let image = 0; image < correct; image++) validationCorrect[image >> 3]! |= 1 << (image & 7);
  const accuracy = correct / validationImages;
  const metrics = {
    ...twoLayer.progressAt(simulatedTrainer, trainRecords, step),
    train_loss: 1,
    train_cost: 1,
    train_accuracy: 0.6,
    validation_loss: loss,
    validation_cost: loss + 0.1,
    validation_accuracy: accuracy,
    ...(measureTest && { test_loss: 1.5, test_accuracy: accuracy }),
  };
  const curve = [{ step, metrics }];
  return { kind: 'complete', steps: step, seconds: 1, digest, curve, validationCorrect };
}

/**
 * A result that contradicts itself, its study or its request.
 *
 * @param draw uniform in [0, 1)
 */
export function malformedResult(correct: TrialResult, draw: number): TrialResult {
  const last = correct.curve.at(-1);
  if (correct.kind === 'diverged' || last === undefined)
    return { ...correct, steps: draw < 0.5 ? 1_000 : correct.steps, seconds: 1e300 };
  const before = correct.curve.slice(0, -1);
  const withMetrics = (changes: Metrics): TrialResult => ({
    ...correct,
    curve: [...before, { ...last, metrics: { ...last.metrics, ...changes } }],
  });
  const changes: readonly (() => TrialResult)[] = [
    () => ({ ...correct, validationCorrect: Uint8Array.of(255) }),
    () => ({ ...correct, steps: 5, curve: [{ ...last, step: 5 }] }),
    () => ({ ...correct, curve: [...before, { ...last, step: last.step - 10 }, last] }),
    () => ({ ...correct, seconds: 1e300 }),
    () => withMetrics({ validation_accuracy: 1 }),
    () => withMetrics({ epoch: 80 }),
    () => withMetrics({ unknown: 1 }),
    () => ({ kind: 'diverged', steps: last.step + 1, seconds: 1, curve: [] }),
    () => ({ kind: 'diverged', steps: last.step, seconds: 1, curve: [{ ...last, step: 10 }] }),
    ...('test_accuracy' in last.metrics ? [] : [() => withMetrics({ test_accuracy: 0.999 })]),
  ];
  return changes[Math.floor(draw * changes.length)]!();
}

/** The result of a machine with other arithmetic. */
export function incompatibleResult(correct: TrialResult): TrialResult {
  return correct.kind === 'diverged'
    ? correct
    : { ...correct, digest: sha256(`other ${correct.digest}`) };
}

/**
 * A result that is better than the correct one, is never repeated, and contradicts nothing.
 *
 * @param draw uniform in [0, 1)
 */
export function wrongResult(correct: TrialResult, draw: number): TrialResult {
  const last = correct.curve.at(-1);
  if (correct.kind === 'diverged' || last === undefined) return { ...correct, steps: 8 };
  const measureTest = 'test_accuracy' in last.metrics;
  const count = Math.round((last.metrics['validation_accuracy'] ?? 0) * validationImages);
  const loss = (last.metrics['validation_loss'] ?? 0) - 0.1 * (1 + draw);
  const wrong = sha256(`wrong ${draw}`);
  // Any part of a result may be wrong, also the curve alone.
  const digest = draw < 0.3 ? correct.digest : wrong;
  const images = draw < 0.6 ? Math.min(validationImages, count + 3) : count;
  const result = scored({ digest, correct: images, loss, measureTest, step: last.step });
  const { seconds } = correct;
  return { ...result, seconds, curve: [...correct.curve.slice(0, -1), ...result.curve] };
}

/** The result of a training that continued from a state that is wrong, and that is never repeated. */
export function continuedResult(correct: TrialResult, state: string): TrialResult {
  return correct.kind === 'diverged'
    ? correct
    : { ...correct, digest: sha256(`${state} ${correct.digest}`) };
}

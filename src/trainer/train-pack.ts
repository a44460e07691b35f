/**
 * Training runs side by side: the same network, data and random numbers, each with its own λ.
 *
 * One gathering and packing of a batch serves all. Every member's result is the same to the last bit
 * whatever the size of its pack and its place in it, so packs are a matter of speed alone.
 *
 * Worker threads, `train` and `verify` all train through here. It is synchronous and reads no clock: it
 * is handed one, and calls `onStep` often, so that whoever watches can tell a slow run from a hung one.
 */
import { assert } from '../base/assert.ts';
import type { TrainerSettings } from '../study/study-spec.ts';
import { measuredSteps, stepsOf, stepsPerEpoch } from '../study/training-length.ts';
import type { Measurement, TrialResult } from '../study/trial.ts';
import { Batches } from './batches.ts';
import { assertTrainable, inputsOf } from './images.ts';
import type { TrainingData } from './images.ts';
import { learningRateAt } from './learning-rate.ts';
import { MEASURE_ROWS, scoreSplit } from './measuring.ts';
import type { SplitScore } from './measuring.ts';
import { allFinite, digestOf, initialParameters, squaredNorm } from './model.ts';
import type { NetworkParameters } from './model.ts';
import type { Dropout, Kernel, PackNetwork } from './pack-network.ts';
import { standardizationOf } from './standardization.ts';

export interface PackRequest {
  readonly seed: number;
  readonly replicate: number;
  readonly settings: TrainerSettings;
  /** λ ≥ 0 of each member. */
  readonly lambdas: readonly number[];
  /** Whether the test split is measured at the last step. */
  readonly measureTest: boolean;
}

export interface PackHooks {
  nowMs(): number;
  /** After every update, and again many times while measuring. */
  onStep?(step: number): void;
  /** One member was measured; its curve has the same. */
  onMeasured?(member: number, measurement: Measurement): void;
  /** A member that did not diverge has ended with these parameters. */
  onParameters?(member: number, parameters: NetworkParameters): void;
}

/**
 * Trains `lambdas.length` networks.
 *
 * A member has diverged when a loss or a parameter is NaN or infinite. Its columns run on and are
 * ignored; when all have diverged the pack ends.
 *
 * @returns one result for each λ, in order
 * @throws RidgelineError STUDY_INVALID where the settings cannot be trained on these images
 */
export function trainPack(
  kernel: Kernel,
  request: PackRequest,
  data: TrainingData,
  hooks: PackHooks,
): TrialResult[] {
  assert(request.lambdas.length > 0, 'a pack has members');
  assertTrainable(request.settings, data);
  const training = new PackTraining(kernel, request, data, hooks);
  training.run();
  return training.results();
}

type Outcome =
  | { readonly kind: 'training' }
  | { readonly kind: 'diverged'; readonly steps: number; readonly seconds: number }
  | { readonly kind: 'complete'; readonly digest: string; readonly validationCorrect: Uint8Array };

interface Member {
  readonly lambda: number;
  readonly curve: Measurement[];
  outcome: Outcome;
}

class PackTraining {
  readonly #request: PackRequest;
  readonly #data: TrainingData;
  readonly #hooks: PackHooks;
  readonly #network: PackNetwork;
  readonly #batches: Batches;
  readonly #members: readonly Member[];
  readonly #steps: number;
  #trainingMs = 0;

  constructor(kernel: Kernel, request: PackRequest, data: TrainingData, hooks: PackHooks) {
    const { seed, replicate, settings, lambdas } = request;
    const { images, records } = data.train;
    const shape = { inputs: inputsOf(images), hidden: settings.hidden, classes: images.classes };
    const rows = Math.max(MEASURE_ROWS, Math.min(settings.batch, records.length));
    const standardization = standardizationOf(data.train);
    const parameters = initialParameters(seed, replicate, shape);
    this.#request = request;
    this.#data = data;
    this.#hooks = hooks;
    this.#members = lambdas.map((lambda) => ({ lambda, curve: [], outcome: { kind: 'training' } }));
    this.#steps = stepsOf(settings, records.length);
    this.#batches = new Batches(data.train, settings, seed, replicate, standardization.meanByte);
    this.#network = kernel.openPack({ ...shape, members: lambdas.length, rows });
    this.#network.setStandardization(standardization);
    this.#network.setDecay(Float32Array.from(lambdas, (lambda) => 2 * lambda));
    lambdas.forEach((_, member) => this.#network.setParameters(member, parameters));
  }

  run(): void {
    const { settings } = this.#request;
    const measured = new Set(measuredSteps(settings, this.#data.train.records.length));
    const losses = new Float64Array(this.#members.length);
    for (let step = 1; step <= this.#steps && this.#training().length > 0; step++) {
      const learningRate = learningRateAt(settings.learningRate, step - 1);
      const startMs = this.#hooks.nowMs();
      const rows = this.#batches.load(this.#network, step - 1);
      this.#network.train(losses, rows, Math.fround(learningRate), this.#dropout(step - 1));
      this.#trainingMs += this.#hooks.nowMs() - startMs;
      // The loss is that of the parameters before the update.
      for (const [index, member] of this.#training()) {
        if (!Number.isFinite(losses[index])) this.#diverge(member, step - 1);
      }
      this.#hooks.onStep?.(step);
      if (measured.has(step)) this.#measure(step, learningRate);
    }
  }

  results(): TrialResult[] {
    const seconds = this.#seconds();
    return this.#members.map(({ outcome, curve }) => {
      assert(outcome.kind !== 'training', 'a pack runs until every member has ended');
      return outcome.kind === 'diverged'
        ? { ...outcome, curve }
        : { ...outcome, steps: this.#steps, seconds, curve };
    });
  }

  #training(): [number, Member][] {
    return [...this.#members.entries()].filter(([, member]) => member.outcome.kind === 'training');
  }

  #diverge(member: Member, steps: number): void {
    member.outcome = { kind: 'diverged', steps, seconds: this.#seconds() };
  }

  /** A member's share of the pack's time so far. */
  #seconds(): number {
    return this.#trainingMs / 1000 / this.#members.length;
  }

  #dropout(stepsDone: number): Dropout | null {
    const { seed, replicate, settings } = this.#request;
    const { dropout } = settings;
    if (dropout === 0) return null;
    const threshold = Math.min(2 ** 32 - 1, Math.round(dropout * 2 ** 32));
    // Inverted: units are scaled up in training, so that measuring leaves them as they are.
    return { seed, replicate, stepsDone, threshold, scale: Math.fround(1 / (1 - dropout)) };
  }

  #measure(step: number, learningRate: number): void {
    const { settings, measureTest } = this.#request;
    const last = step === this.#steps;
    const score = (name: 'train' | 'validation' | 'test'): SplitScore[] | null => {
      const split = this.#data[name];
      if (split === null || this.#training().length === 0) return null;
      const onProgress = (): void => this.#hooks.onStep?.(step);
      return scoreSplit(this.#network, this.#members.length, split, onProgress);
    };
    const train = score('train');
    const validation = score('validation');
    const test = last && measureTest ? score('test') : null;
    for (const [index, member] of this.#training()) {
      const parameters = this.#network.parameters(index);
      const onTrain = train![index]!;
      const onValidation = validation![index]!;
      const onTest = test?.[index] ?? null;
      const lossesFinite = Number.isFinite(onTrain.loss) && Number.isFinite(onValidation.loss);
      if (!lossesFinite || !allFinite(parameters)) {
        this.#diverge(member, step);
        continue;
      }
      const decay = member.lambda * squaredNorm(parameters);
      const measurement: Measurement = {
        step,
        epoch: step / stepsPerEpoch(settings, this.#data.train.records.length),
        learningRate,
        trainLoss: onTrain.loss,
        trainCost: onTrain.loss + decay,
        trainAccuracy: onTrain.accuracy,
        validationLoss: onValidation.loss,
        validationCost: onValidation.loss + decay,
        validationAccuracy: onValidation.accuracy,
        testLoss: onTest?.loss ?? null,
        testAccuracy: onTest?.accuracy ?? null,
      };
      member.curve.push(measurement);
      this.#hooks.onMeasured?.(index, measurement);
      if (!last) continue;
      const digest = digestOf(parameters);
      member.outcome = { kind: 'complete', digest, validationCorrect: onValidation.correct };
      this.#hooks.onParameters?.(index, parameters);
    }
  }
}

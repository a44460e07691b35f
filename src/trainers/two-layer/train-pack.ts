/**
 * Training runs side by side: the same network, data and random numbers, each with its own λ.
 *
 * One gathering and packing of a batch serves all. Every member's result is the same to the last bit
 * whatever the size of its pack and its place in it, so packs are a matter of speed alone.
 *
 * Worker threads, `train` and `verify` all train through here. It is synchronous and reads no clock: it
 * is handed one, and calls `onStep` often, so that whoever watches can tell a slow run from a hung one.
 */
import { assert } from '../../base/assert.ts';
import type { TrainerSettings } from '../../study/spec/study-spec.ts';
import {
  cycleEnds,
  measuredSteps,
  stepsOf,
  stepsPerEpoch,
} from '../../study/spec/training-length.ts';
import type { Measurement, TrialResult } from '../../study/trial.ts';
import { Batches } from './batches.ts';
import { assertTrainable, inputsOf } from '../../study/images.ts';
import type { TrainingData } from '../../study/images.ts';
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
  /** Where each member stands already, all at one step; absent: at the start. */
  readonly resume?: readonly TrainingState[];
}

/**
 * Where a member stands after `step` updates. With the request it is all that going on needs: order,
 * dropout and rate are functions of the step, so that the end is the same to the last bit.
 */
export interface TrainingState {
  readonly step: number;
  /** Training alone so far: the member's share. */
  readonly seconds: number;
  readonly parameters: NetworkParameters;
  /** Measurements so far. */
  readonly curve: readonly Measurement[];
}

export interface PackHooks {
  nowMs(): number;
  /** After every update, and again many times while measuring. */
  onStep?(step: number): void;
  /** One member was measured; its curve has the same. */
  onMeasured?(member: number, measurement: Measurement): void;
  /** A member that did not diverge has ended with these parameters. */
  onParameters?(member: number, parameters: NetworkParameters): void;
  /** A member that has not diverged: at the end of each cycle, at its own end, and where it was stopped. */
  onState?(member: number, state: TrainingState): void;
  /** Asked after each update: true ends the pack there. */
  isStopped?(): boolean;
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
  const results = trainOrStop(kernel, request, data, hooks);
  assert(results !== null, 'whoever may stop a pack calls `trainOrStop`');
  return results;
}

/** As `trainPack`; null where `hooks.isStopped` ended it. What there was then went to `hooks.onState`. */
export function trainOrStop(
  kernel: Kernel,
  request: PackRequest,
  data: TrainingData,
  hooks: PackHooks,
): TrialResult[] | null {
  assert(request.lambdas.length > 0, 'a pack has members');
  assertTrainable(request.settings, data);
  const training = new PackTraining(kernel, request, data, hooks);
  return training.run() ? training.results() : null;
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
  readonly #firstStep: number;
  #trainingMs: number;

  constructor(kernel: Kernel, request: PackRequest, data: TrainingData, hooks: PackHooks) {
    const { seed, replicate, settings, lambdas, resume } = request;
    const { images, records } = data.train;
    const shape = { inputs: inputsOf(images), hidden: settings.hidden, classes: images.classes };
    const rows = Math.max(MEASURE_ROWS, Math.min(settings.batch, records.length));
    const standardization = standardizationOf(data.train);
    const initial = resume === undefined ? initialParameters(seed, replicate, shape) : null;
    this.#request = request;
    this.#data = data;
    this.#hooks = hooks;
    this.#members = lambdas.map((lambda, index) => ({
      lambda,
      curve: [...(resume?.[index]?.curve ?? [])],
      outcome: { kind: 'training' },
    }));
    this.#steps = stepsOf(settings, records.length);
    this.#firstStep = firstStepOf(resume ?? [], this.#steps);
    this.#trainingMs = 1000 * (resume ?? []).reduce((sum, state) => sum + state.seconds, 0);
    this.#batches = new Batches(data.train, settings, seed, replicate, standardization.meanByte);
    this.#network = kernel.openPack({ ...shape, members: lambdas.length, rows });
    this.#network.setStandardization(standardization);
    this.#network.setDecay(Float32Array.from(lambdas, (lambda) => 2 * lambda));
    lambdas.forEach((_, member) => {
      const parameters = resume?.[member]?.parameters ?? initial;
      assert(parameters !== null, 'a pack is resumed with a state for each member');
      this.#network.setParameters(member, parameters);
    });
  }

  /** @returns false where it was stopped */
  run(): boolean {
    const { settings } = this.#request;
    const { length: records } = this.#data.train.records;
    const measured = new Set(measuredSteps(settings, records));
    const kept = new Set(cycleEnds(settings, records));
    const losses = new Float64Array(this.#members.length);
    // Resumed at its very end, the result is still to be found: by measuring once more.
    if (this.#firstStep > this.#steps) this.#measureAgain();
    for (let step = this.#firstStep; step <= this.#steps && this.#training().length > 0; step++) {
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
      const isStopped = step < this.#steps && this.#hooks.isStopped?.() === true;
      if (kept.has(step) || isStopped) this.#handOut(step);
      if (isStopped) return false;
    }
    return true;
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

  #measureAgain(): void {
    for (const { curve } of this.#members) curve.pop();
    this.#measure(
      this.#steps,
      learningRateAt(this.#request.settings.learningRate, this.#steps - 1),
    );
  }

  #handOut(step: number): void {
    if (this.#hooks.onState === undefined) return;
    const seconds = this.#seconds();
    for (const [index, { curve, outcome }] of this.#members.entries()) {
      if (outcome.kind === 'diverged') continue;
      const parameters = this.#network.parameters(index);
      this.#hooks.onState(index, { step, seconds, parameters, curve: [...curve] });
    }
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

/** The step that comes next. @throws AssertionError for states of another pack */
function firstStepOf(states: readonly TrainingState[], steps: number): number {
  const step = states[0]?.step ?? 0;
  assert(
    states.every((state) => state.step === step) && step <= steps,
    'a pack stands at one step',
  );
  return step + 1;
}

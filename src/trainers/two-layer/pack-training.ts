/**
 * Pack training: trains networks side by side that differ in λ and in the bounds of the learning rate. All
 * other settings are those of the first trial.
 *
 * They share data and random numbers, so a batch is gathered and packed once for all. A member's result
 * does not depend on its pack, down to the last bit. Members that diverged or ended are removed from the
 * network at the next `trainTo`.
 */
import { assert } from '../../base/assert.ts';
import { inputsOf, type Split, type TrainingData } from '../../study/images.ts';
import { trialSettings } from '../../study/trial-settings.ts';
import type { Measurement } from '../../study/trial.ts';
import type {
  MemberMeasurement,
  MemberStatus,
  TrainHooks,
  Training,
  TrainingContext,
  TrialInput,
} from '../trainer.ts';
import { Batches } from './batches.ts';
import { sharedInitialParameters } from './initial-parameters.ts';
import { learningRateAt } from './learning-rate.ts';
import { MEASURE_ROWS, scoreSplit, type SplitScore } from './measuring.ts';
import {
  allFinite,
  parametersDigest,
  squaredNorm,
  type NetworkParameters,
  type NetworkShape,
} from './model.ts';
import type { Dropout, Kernel, PackNetwork } from './pack-network.ts';
import { measuredSteps, stepsPerEpoch, trainingSteps } from './schedule.ts';
import { twoLayerSettings, type LearningRate, type TwoLayerSettings } from './settings.ts';
import { standardize, type Standardization } from './standardization.ts';
import { assertTrainable } from './trainable.ts';
import { decodeState, encodeState } from './training-state.ts';

interface Member {
  readonly lambda: number;
  readonly learningRate: LearningRate;
  condition: 'training' | 'diverged' | 'ended';
  step: number;
  seconds: number;
  curve: Measurement[];
  /** Position in the network; null before it is opened and after the member left it. */
  slot: number | null;
  /** Parameters to continue from; null if it starts at step 0 or is in the network. */
  restored: NetworkParameters | null;
  /** The measurement at `step`; null if there is none. */
  measured: MemberMeasurement | null;
}

export class PackTraining implements Training {
  readonly #kernel: Kernel;
  readonly #data: TrainingData;
  readonly #context: TrainingContext;
  readonly #settings: TwoLayerSettings;
  readonly #shape: NetworkShape;
  readonly #standardization: Standardization;
  readonly #batches: Batches;
  readonly #steps: number;
  readonly #measuredSteps: ReadonlySet<number>;
  readonly #members: readonly Member[];
  /** Members in the network, by slot. */
  #packed: readonly Member[] = [];
  #network: PackNetwork | null = null;
  #hooks: TrainHooks = { nowMs: () => 0 };

  constructor(
    kernel: Kernel,
    trials: readonly TrialInput[],
    data: TrainingData,
    context: TrainingContext,
  ) {
    const [settings, ...others] = trials.map(({ params }) =>
      twoLayerSettings(trialSettings(context.settings, params)),
    );
    assert(settings !== undefined, 'a pack has members');
    assertTrainable(settings, data);
    const { images, records } = data.train;
    this.#kernel = kernel;
    this.#data = data;
    this.#context = context;
    this.#settings = settings;
    this.#shape = { inputs: inputsOf(images), hidden: settings.hidden, classes: images.classes };
    this.#standardization = standardize(data.train);
    const { meanByte } = this.#standardization;
    this.#batches = new Batches(data.train, settings, context.seed, context.replicate, meanByte);
    this.#steps = trainingSteps(settings, records.length);
    this.#measuredSteps = new Set(measuredSteps(settings, records.length));
    this.#members = [settings, ...others].map(({ lambda = 0, learningRate }) => ({
      lambda,
      learningRate,
      condition: 'training',
      step: 0,
      seconds: 0,
      curve: [],
      slot: null,
      restored: null,
      measured: null,
    }));
  }

  trainTo(target: number, hooks: TrainHooks): MemberStatus[] {
    this.#openNetwork();
    this.#hooks = hooks;
    let step = this.#active()[0]?.step ?? target;
    let isStopped = false;
    while (step < target && !isStopped && this.#active().length > 0) {
      this.#update(step);
      step++;
      if (this.#measuredSteps.has(step)) this.#extendCurves(step);
      isStopped = step < this.#steps && hooks.isStopped?.() === true;
    }
    return this.#members.map(({ condition, curve, ...member }) => ({
      kind: condition === 'training' ? (isStopped ? 'stopped' : 'reached') : condition,
      step: member.step,
      seconds: member.seconds,
      curve: [...curve],
    }));
  }

  measure(index: number): MemberMeasurement {
    this.#openNetwork();
    const member = this.#member(index);
    if (member.measured === null) this.#measureAll(member.step);
    assert(member.measured !== null, 'a member in the network is measured');
    return member.measured;
  }

  state(index: number): Uint8Array {
    const { step, seconds, curve } = this.#member(index);
    return encodeState({ step, seconds, curve, parameters: this.#parameters(this.#member(index)) });
  }

  restore(index: number, state: Uint8Array): void {
    const member = this.#member(index);
    const restored = decodeState(state, this.#shape);
    assert(restored !== null, 'a state is of the network that it continues');
    assert(this.#network === null, 'members are restored before training starts');
    member.step = restored.step;
    member.seconds = restored.seconds;
    member.curve = [...restored.curve];
    member.restored = restored.parameters;
  }

  digest(index: number): string {
    return parametersDigest(this.#parameters(this.#member(index)));
  }

  end(index: number): void {
    this.#member(index).condition = 'ended';
  }

  #member(index: number): Member {
    const member = this.#members[index];
    assert(member?.condition === 'training', 'the member is in the pack and has not diverged');
    return member;
  }

  #active(): Member[] {
    return this.#members.filter(({ condition }) => condition === 'training');
  }

  #parameters({ slot, restored }: Member): NetworkParameters {
    if (slot !== null && this.#network !== null) return this.#network.parameters(slot);
    const { seed, replicate } = this.#context;
    return restored ?? sharedInitialParameters(seed, replicate, this.#shape);
  }

  /** Opens a network of the active members: at first, and after members left. */
  #openNetwork(): void {
    const active = this.#active();
    if (active.length === 0 || active.length === this.#packed.length) return;
    assert(new Set(active.map(({ step }) => step)).size === 1, 'members of a pack are at one step');
    const { batch } = this.#settings;
    const rows = Math.max(MEASURE_ROWS, Math.min(batch, this.#data.train.records.length));
    const parameters = active.map((member) => this.#parameters(member));
    const network = this.#kernel.openPack({ ...this.#shape, members: active.length, rows });
    network.setStandardization(this.#standardization);
    network.setDecay(Float32Array.from(active, ({ lambda }) => 2 * lambda));
    for (const member of this.#packed) member.slot = null;
    for (const [slot, member] of active.entries()) {
      network.setParameters(slot, parameters[slot]!);
      member.slot = slot;
      member.restored = null;
    }
    this.#network = network;
    this.#packed = active;
  }

  #update(step: number): void {
    const network = this.#network!;
    const losses = new Float64Array(this.#packed.length);
    const rates = Float32Array.from(this.#packed, ({ learningRate }) =>
      learningRateAt(learningRate, step),
    );
    const startMs = this.#hooks.nowMs();
    const rows = this.#batches.load(network, step);
    network.train(losses, rows, rates, this.#dropout(step));
    const seconds = (this.#hooks.nowMs() - startMs) / 1000 / this.#packed.length;
    for (const member of this.#active()) {
      member.seconds += seconds;
      member.measured = null;
      // The loss is that of the parameters before the update.
      if (Number.isFinite(losses[member.slot!])) member.step = step + 1;
      else member.condition = 'diverged';
    }
    this.#hooks.onStep?.(step + 1);
  }

  #dropout(stepsDone: number): Dropout | null {
    const { seed, replicate } = this.#context;
    const { dropout } = this.#settings;
    if (dropout === 0) return null;
    const threshold = Math.min(2 ** 32 - 1, Math.round(dropout * 2 ** 32));
    // Inverted dropout: units are scaled up in training, so measuring uses them as they are.
    return { seed, replicate, stepsDone, threshold, scale: Math.fround(1 / (1 - dropout)) };
  }

  /** Adds a point to the curve of each active member, or finds that it has diverged. */
  #extendCurves(step: number): void {
    this.#measureAll(step);
    for (const [index, member] of this.#members.entries()) {
      if (member.condition !== 'training') continue;
      const { metrics } = member.measured!;
      if (
        Number.isFinite(metrics['train_loss']) &&
        Number.isFinite(metrics['validation_loss']) &&
        allFinite(this.#parameters(member))
      ) {
        const measurement = { step, metrics };
        member.curve.push(measurement);
        this.#hooks.onMeasured?.(index, measurement);
      } else member.condition = 'diverged';
    }
  }

  #measureAll(step: number): void {
    if (this.#active().length === 0) return;
    const score = (split: Split): SplitScore[] =>
      scoreSplit(this.#network!, this.#packed.length, split, () => this.#hooks.onStep?.(step));
    const train = score(this.#data.train);
    const validation = score(this.#data.validation);
    const isTested = this.#context.measureTest && step === this.#steps;
    const test = isTested && this.#data.test !== null ? score(this.#data.test) : [];
    for (const member of this.#active()) {
      const slot = member.slot!;
      const [onTrain, onValidation, onTest] = [train[slot]!, validation[slot]!, test[slot]];
      const penalty = member.lambda * squaredNorm(this.#parameters(member));
      const metrics = {
        epoch: step / stepsPerEpoch(this.#settings, this.#data.train.records.length),
        learning_rate: learningRateAt(member.learningRate, step - 1),
        train_loss: onTrain.loss,
        train_cost: onTrain.loss + penalty,
        train_accuracy: onTrain.accuracy,
        validation_loss: onValidation.loss,
        validation_cost: onValidation.loss + penalty,
        validation_accuracy: onValidation.accuracy,
        ...(onTest !== undefined && { test_loss: onTest.loss, test_accuracy: onTest.accuracy }),
      };
      member.measured = { metrics, correct: onValidation.correct };
    }
  }
}

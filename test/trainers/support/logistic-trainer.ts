/**
 * A small trainer besides two-layer: softmax regression in float64 by gradient descent with momentum.
 *
 * Its setting `momentum`, its metric `validation_brier` and its parameter `penalty` exist in no other
 * trainer. It has no packs, and two rungs,
 * at which it measures.
 */
import { z } from 'zod';
import { sha256 } from '../../../src/base/digest.ts';
import { exp, log } from '../../../src/base/elementary.ts';
import { RandomStream } from '../../../src/base/philox.ts';
import type { Split, TrainingData } from '../../../src/study/images.ts';
import { classificationMetrics } from '../../../src/study/metrics.ts';
import { numberParam } from '../../../src/study/search-space.ts';
import { amount, whole } from '../../../src/study/spec/schema-types.ts';
import type { Measurement } from '../../../src/study/trial.ts';
import type {
  MemberMeasurement,
  MemberStatus,
  Trainer,
  TrainHooks,
  Training,
  TrainingContext,
} from '../../../src/trainers/trainer.ts';

const settings = z.strictObject({
  steps: whole(2, 1_000, 'gradient steps'),
  rate: amount(0, 100, 'learning rate', 'exclusive'),
  momentum: amount(0, 0.999, 'share of the last step that is repeated').default(0.9),
});

interface Settings {
  readonly steps: number;
  readonly rate: number;
  readonly momentum: number;
}

export const logisticTrainer: Trainer = {
  name: 'logistic',
  settings,
  problems: () => [],
  parameters: { penalty: { min: 0, max: 1e6, description: 'the L2 penalty' } },
  metrics: [
    ...classificationMetrics.filter(({ name }) => /^(?:validation|test)_(?!cost)/.test(name)),
    {
      name: 'validation_brier',
      kind: 'loss',
      split: 'validation',
      direction: 'minimize',
      unit: null,
      description: 'Brier score: mean squared error of the class probabilities',
    },
  ],
  reproducible: true,
  packKey: () => '',
  packSize: () => 1,
  rungs: ({ steps }) => halfAndEnd(Number(steps)),
  measuredSteps: ({ steps }) => halfAndEnd(Number(steps)),
  progressAt: () => ({}),
  remarks: () => [],
  method: () => [],
  divergenceAdvice: () => [],
  effectiveMinimum: () => null,
  open([trial], data, context) {
    return new LogisticTraining(numberParam(trial!.params, 'penalty'), data, context);
  },
};

function halfAndEnd(steps: number): number[] {
  return [Math.ceil(steps / 2), steps];
}

interface State {
  step: number;
  curve: Measurement[];
  /** (D, C) */
  weights: number[];
  velocity: number[];
}

class LogisticTraining implements Training {
  readonly #penalty: number;
  readonly #data: TrainingData;
  readonly #context: TrainingContext;
  readonly #settings: Settings;
  #state: State;
  #diverged = false;

  constructor(penalty: number, data: TrainingData, context: TrainingContext) {
    const { images } = data.train;
    const length = images.channels * images.height * images.width * images.classes;
    const stream = new RandomStream(context.seed, 'weights', context.replicate, 0);
    const weights = Array.from({ length }, (_, i) => 0.01 * stream.normalAt(i));
    this.#penalty = penalty;
    this.#data = data;
    this.#context = context;
    this.#settings = settings.strip().parse(context.settings);
    this.#state = { step: 0, curve: [], weights, velocity: weights.map(() => 0) };
  }

  trainTo(target: number, hooks: TrainHooks): MemberStatus[] {
    const state = this.#state;
    let kind: MemberStatus['kind'] = 'reached';
    while (state.step < target && !this.#diverged && kind === 'reached') {
      this.#update();
      hooks.onStep?.(state.step);
      if (!state.weights.every((weight) => Math.abs(weight) < 1e9)) this.#diverged = true;
      else if (halfAndEnd(this.#settings.steps).includes(state.step)) {
        const measurement = { step: state.step, metrics: this.measure().metrics };
        state.curve.push(measurement);
        hooks.onMeasured?.(0, measurement);
      }
      if (state.step < this.#settings.steps && hooks.isStopped?.() === true) kind = 'stopped';
    }
    if (this.#diverged) kind = 'diverged';
    return [{ kind, step: state.step, seconds: 0, curve: [...state.curve] }];
  }

  measure(): MemberMeasurement {
    const { test, validation } = this.#data;
    const isLast = this.#state.step === this.#settings.steps && this.#context.measureTest;
    const scored = this.#score(validation);
    const onTest = isLast && test !== null ? this.#score(test) : null;
    return {
      metrics: {
        validation_loss: scored.loss,
        validation_accuracy: scored.accuracy,
        validation_brier: scored.brier,
        ...(onTest !== null && { test_loss: onTest.loss, test_accuracy: onTest.accuracy }),
      },
      correct: scored.correct,
    };
  }

  state(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify(this.#state));
  }

  restore(_member: number, state: Uint8Array): void {
    this.#state = JSON.parse(new TextDecoder().decode(state)) as State;
  }

  digest(): string {
    return sha256(JSON.stringify(this.#state.weights));
  }

  end(): void {
    this.#diverged = false;
  }

  #update(): void {
    const { images, records } = this.#data.train;
    const { weights, velocity } = this.#state;
    const { rate, momentum } = this.#settings;
    const gradient = weights.map((weight) => 2 * this.#penalty * weight);
    for (const record of records) {
      const probabilities = this.#probabilities(this.#data.train, record);
      for (const [c, probability] of probabilities.entries()) {
        const error = (probability - (c === images.labels[record] ? 1 : 0)) / records.length;
        this.#eachInput(this.#data.train, record, (x, k) => {
          gradient[k * images.classes + c]! += error * x;
        });
      }
    }
    for (const [i, slope] of gradient.entries()) {
      velocity[i] = momentum * velocity[i]! - rate * slope;
      weights[i]! += velocity[i];
    }
    this.#state.step++;
  }

  #score(split: Split) {
    const { images, records } = split;
    const correct = new Uint8Array(Math.ceil(records.length / 8));
    let [loss, brier, right] = [0, 0, 0];
    for (const [row, record] of records.entries()) {
      const label = images.labels[record]!;
      const probabilities = this.#probabilities(split, record);
      loss -= log(probabilities[label]!) / records.length;
      for (const [c, probability] of probabilities.entries()) {
        brier += (probability - (c === label ? 1 : 0)) ** 2 / records.length;
      }
      if (probabilities.indexOf(Math.max(...probabilities)) !== label) continue;
      right++;
      correct[row >> 3]! |= 1 << (row & 7);
    }
    return { loss, brier, accuracy: right / records.length, correct };
  }

  /** (C) of one record. */
  #probabilities(split: Split, record: number): number[] {
    const { classes } = split.images;
    const scores = Array.from({ length: classes }, () => 0);
    this.#eachInput(split, record, (x, k) => {
      for (let c = 0; c < classes; c++) scores[c]! += x * this.#state.weights[k * classes + c]!;
    });
    const max = Math.max(...scores);
    const powers = scores.map((score) => exp(score - max));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  }

  #eachInput({ images }: Split, record: number, use: (x: number, k: number) => void): void {
    const inputs = images.channels * images.height * images.width;
    for (let k = 0; k < inputs; k++) {
      use(images.pixels[record * inputs + k]! / images.pixelMax, k);
    }
  }
}

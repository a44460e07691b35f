import { describe, expect, test } from 'vitest';
import type { Measurement, TrialResult } from '../../../src/study/trial.ts';
import type { TrialsHooks } from '../../../src/trainers/train-trials.ts';
import { decodeState } from '../../../src/trainers/two-layer/training-state.ts';
import { twoLayerTraining } from '../../../src/trainers/two-layer/two-layer.ts';
import { portableKernel } from './support/portable-kernel.ts';
import {
  frozenTime,
  plainSettings,
  randomImages,
  splitImages,
} from './support/synthetic-images.ts';
import { trainPack, type PackRequest } from './support/train-pack.ts';

const images = randomImages(11, 150, { channels: 3, height: 6, width: 5, classes: 7 });
const data = splitImages(images, 90, 40);
const settings = {
  ...plainSettings,
  hidden: 13,
  batch: 16,
  dropout: 0.2,
  mirror: true,
  shift: 2,
  cycles: undefined,
  epochs: 4,
  measure: 'epoch',
} as const;

function train(
  lambdas: number[],
  more: Partial<PackRequest> = {},
  hooks: Partial<TrialsHooks> = {},
): TrialResult[] {
  const request = { seed: 5, replicate: 1, settings, lambdas, measureTest: false, ...more };
  return trainPack(portableKernel, request, data, hooks);
}

const lambdas = [1e-9, 1e-7, 1e-5, 1e-3, 1e-2, 0.1, 0.3, 0];
/** With this λ, decay alone makes weights grow in each step. */
const explosive = 1e30;

function digestIn(result: TrialResult | undefined): string {
  return result?.kind === 'complete' ? result.digest : 'diverged';
}

const alone = lambdas.map((lambda) => train([lambda])[0]!);

test('a pack gives each member the result that it has alone, in any order', () => {
  expect(train(lambdas)).toEqual(alone);
  expect(train(lambdas.toReversed())).toEqual(alone.toReversed());
  expect(train([0.3, 1e-9, 0.3])).toEqual([alone[6], alone[0], alone[6]]);
});

test('a member next to members that diverge has the result that it has alone', () => {
  const results = train([explosive, 1e-3, explosive]);
  expect(results.map((result) => result.kind)).toEqual(['diverged', 'complete', 'diverged']);
  expect(results[1]).toEqual(alone[3]);
});

test('a member that continues after others ended has the result that it has alone', () => {
  const context = { seed: 5, replicate: 1, settings, measureTest: false };
  const trials = [0.1, 1e-3, 0.3].map((lambda) => ({ params: { lambda } }));
  const training = twoLayerTraining(portableKernel).open(trials, data, context);
  training.trainTo(6, frozenTime);
  training.end(0);
  expect(training.trainTo(12, frozenTime).map(({ kind }) => kind)).toEqual([
    'ended',
    'reached',
    'reached',
  ]);
  training.end(2);
  const [, status] = training.trainTo(24, frozenTime);
  expect(status?.curve).toEqual(alone[3]!.curve);
  expect(training.digest(1)).toBe(digestIn(alone[3]));
});

test('a member with its own learning rates has the result that it has alone, and as settings', () => {
  const highestRates = [0.02, 0.2, 0.1];
  const results = train([1e-3, 1e-3, 1e-3], { highestRates });
  expect(new Set(results.map(digestIn)).size).toBe(3);
  for (const [member, max] of highestRates.entries()) {
    const learningRate = { ...settings.learningRate, max };
    expect(train([1e-3], { highestRates: [max] })).toEqual([results[member]]);
    expect(train([1e-3], { settings: { ...settings, learningRate } })).toEqual([results[member]]);
  }
});

test('the learning rate in the metrics is that of the member', () => {
  const rates = train([0, 0], { highestRates: [0.01, 0.1] }).map(({ curve }) =>
    curve.map(({ metrics }) => metrics['learning_rate']),
  );
  // 5 steps to the highest rate and 5 back; points are after steps 6, 12, 18 and 24.
  const expected = (max: number): number[] =>
    [1, 0.2, 0.6, 0.6].map((height) => 0.001 + height * (max - 0.001));
  expect(rates[0]).toEqual(expected(0.01).map((rate): unknown => expect.closeTo(rate, 12)));
  expect(rates[1]).toEqual(expected(0.1).map((rate): unknown => expect.closeTo(rate, 12)));
});

test('members that differ in λ alone have different digests, down to λ = 1e-9', () => {
  expect(new Set(alone.map(digestIn)).size).toBe(lambdas.length);
});

test('another seed and another replicate give other digests; the same ones give the same', () => {
  const digests = [{}, { seed: 6 }, { replicate: 2 }, {}].map((more) =>
    digestIn(train([1e-3], more)[0]),
  );
  expect(new Set(digests).size).toBe(3);
  expect(digests[3]).toBe(digests[0]);
});

test('a result has one point per epoch, and the last one is at the last step', () => {
  const [result] = train([1e-3]);
  expect(result!.curve.map(({ step, metrics }) => [step, metrics['epoch']])).toEqual([
    [6, 1],
    [12, 2],
    [18, 3],
    [24, 4],
  ]);
  expect(result).toMatchObject({ kind: 'complete', steps: 24 });
});

test('the validation accuracy is the share of set bits in validationCorrect', () => {
  const [result] = train([1e-3]);
  if (result?.kind !== 'complete') throw new Error('the trial diverged');
  expect(result.validationCorrect).toHaveLength(5);
  let correct = 0;
  for (let r = 0; r < 40; r++) correct += (result.validationCorrect[r >> 3]! >> (r & 7)) & 1;
  expect(correct / 40).toBe(result.curve.at(-1)!.metrics['validation_accuracy']);
});

test('costs are the loss plus λ times the squared weights', () => {
  let norm = NaN;
  const [result] = train(
    [0.01],
    {},
    {
      onState(_, { bytes }) {
        const { w1, w2 } = decodeState(bytes, { inputs: 90, hidden: 13, classes: 7 })!.parameters;
        norm = [...w1, ...w2].reduce((sum, w) => sum + w * w, 0);
      },
    },
  );
  const last = result!.curve.at(-1)!.metrics;
  for (const split of ['train', 'validation']) {
    expect(last[`${split}_cost`]! - last[`${split}_loss`]!).toBeCloseTo(0.01 * norm, 12);
  }
});

test('the test split is measured only if requested, and only at the last step', () => {
  const accuracies = (measureTest: boolean): (number | undefined)[] =>
    train([1e-3], { measureTest })[0]!.curve.map(({ metrics }) => metrics['test_accuracy']);
  const none = [undefined, undefined, undefined];
  expect(accuracies(false)).toEqual([...none, undefined]);
  expect(accuracies(true)).toEqual([...none, expect.closeTo(0.5, 0)]);
});

test('members share the time of training, without the time of measuring', () => {
  let ticks = 0;
  const results = train([0, 0.1], {}, { nowMs: () => (ticks += 1) });
  // The clock is read at the start and the end of each of 24 steps, 1 ms apart.
  const share: unknown = expect.closeTo(0.012, 12);
  expect(results.map((result) => result.seconds)).toEqual([share, share]);
});

test('the training hooks receive every step, also while measuring, and every point of the curves', () => {
  const steps: number[] = [];
  const measured: [number, Measurement][] = [];
  const results = train(
    [0, 0.1],
    {},
    {
      onStep: (step) => steps.push(step),
      onMeasured: (member, measurement) => measured.push([member, measurement]),
    },
  );
  expect(new Set(steps)).toEqual(new Set(Array.from({ length: 24 }, (_, i) => i + 1)));
  expect(steps.filter((step) => step === 24).length).toBeGreaterThan(1);
  expect(measured.filter(([member]) => member === 1).map(([, m]) => m)).toEqual(results[1]!.curve);
});

describe('divergence', () => {
  test('is reported with its step, and a pack in which all members diverged ends', () => {
    const steps: number[] = [];
    const [result] = train([explosive], {}, { onStep: (step) => steps.push(step) });
    expect(result).toMatchObject({ kind: 'diverged', curve: [] });
    expect(result!.steps).toBeGreaterThan(0);
    expect(steps.at(-1)).toBe(result!.steps + 1);
    expect(steps.at(-1)).toBeLessThan(24);
  });

  test('is found by measuring if it happens in the last step', () => {
    const [result] = train([3e38], { settings: { ...settings, batch: 90, epochs: 1 } });
    expect(result).toMatchObject({ kind: 'diverged', steps: 1, curve: [] });
  });
});

import { describe, expect, test } from 'vitest';
import { chooseCycles } from '../../../src/trainers/two-layer/ensemble.ts';
import { parametersDigest } from '../../../src/trainers/two-layer/model.ts';
import { mirrorImage } from '../../../src/trainers/two-layer/augmentation.ts';
import { standardize } from '../../../src/trainers/two-layer/standardization.ts';
import {
  meanProbabilities,
  classProbabilities,
  scoreProbabilities,
  type ScoringNetwork,
} from '../../../src/trainers/two-layer/scoring.ts';
import { decodeState, type NetworkState } from '../../../src/trainers/two-layer/training-state.ts';
import type { Split } from '../../../src/study/images.ts';
import { naiveKernel } from './support/naive-kernel.ts';
import { portableKernel } from './support/portable-kernel.ts';
import { plainSettings, randomImages, splitImages } from './support/synthetic-images.ts';
import { trainPack } from './support/train-pack.ts';

const shape = { channels: 2, height: 4, width: 5, classes: 3 };
const data = splitImages(randomImages(4, 400, shape), 60, 300);

function score(network: ScoringNetwork, split: Split, kernel = portableKernel): Float64Array {
  const scoring = classProbabilities(kernel, network, split);
  for (;;) {
    const next = scoring.next();
    if (next.done === true) return next.value;
  }
}

const networkShape = { inputs: 40, hidden: 10, classes: 3 };

describe('class probabilities', () => {
  const states: (NetworkState | null)[] = [];
  const request = {
    seed: 1,
    replicate: 1,
    settings: plainSettings,
    lambdas: [1e-3],
    measureTest: false,
  };
  const [result] = trainPack(portableKernel, request, data, {
    onState: (_, { bytes }) => states.push(decodeState(bytes, networkShape)),
  });
  const { parameters } = states.at(-1)!;
  const standardization = standardize(data.train);
  const network = { shape: networkShape, parameters, standardization, mirror: false };

  test('have the accuracy and loss that training measured', () => {
    const { metrics } = result!.curve.at(-1)!;
    const scored = scoreProbabilities(score(network, data.validation), data.validation);
    expect(scored.accuracy).toBe(metrics['validation_accuracy']);
    expect(scored.loss).toBeCloseTo(metrics['validation_loss']!, 5);
    expect(result!.kind === 'complete' && result!.digest).toBe(parametersDigest(parameters));
  });

  test('sum to 1 and have the same bits on every kernel', () => {
    const probabilities = score(network, data.validation);
    for (let r = 0; r < 300; r++) {
      const row = probabilities.subarray(3 * r, 3 * r + 3);
      expect(row[0]! + row[1]! + row[2]!).toBeCloseTo(1, 12);
    }
    expect(score(network, data.validation, naiveKernel)).toEqual(probabilities);
  });

  test('with mirroring are the means of the probabilities of each image and its mirror image', () => {
    const { images } = data.validation;
    const pixels = Uint8Array.from(images.pixels);
    for (let at = 0; at < pixels.length; at += 40)
      mirrorImage(pixels.subarray(at, at + 40), images);
    const mirrored = { ...data.validation, images: { ...images, pixels } };
    const both = { ...network, mirror: true };
    const once = score(network, data.validation);
    const other = score(network, mirrored);
    const averaged = score(both, data.validation);
    averaged.forEach((p, i) => expect(p).toBeCloseTo((once[i]! + other[i]!) / 2, 14));
    score(both, mirrored).forEach((p, i) => expect(p).toBeCloseTo(averaged[i]!, 14));
  });
});

describe('an ensemble', () => {
  const images = { ...randomImages(1, 4, { ...shape, classes: 2 }), classes: 2 };
  const split = { images, records: Uint32Array.of(0, 1, 2, 3) };
  const { labels } = images;
  /** Probabilities that give the label `sure` for the records that are named, and the other class for the rest. */
  const saying = (right: readonly number[], sure = 0.9): Float64Array =>
    Float64Array.from({ length: 8 }, (_, i) => {
      const record = i >> 1;
      const isLabel = labels[record] === (i & 1);
      return isLabel === right.includes(record) ? sure : 1 - sure;
    });

  test('has the last cycle, and earlier ones only if they increase accuracy', () => {
    const choice = chooseCycles(
      [
        { cycle: 1, validation: [saying([0, 1, 2, 3], 0.99)] },
        { cycle: 2, validation: [saying([0], 0.95)] },
        { cycle: 3, validation: [saying([0, 1, 2])] },
      ],
      split,
    );
    expect(choice).toEqual([
      { cycle: 3, joins: true, validationAccuracy: 0.75 },
      { cycle: 2, joins: false, validationAccuracy: 0.25 },
      { cycle: 1, joins: true, validationAccuracy: 1 },
    ]);
  });

  test('does not include networks that leave accuracy unchanged', () => {
    const choice = chooseCycles(
      [
        { cycle: 1, validation: [saying([0, 1, 2])] },
        { cycle: 2, validation: [saying([0, 1, 2])] },
      ],
      split,
    );
    expect(choice.map(({ joins }) => joins)).toEqual([true, false]);
  });

  test('averages the probabilities of all networks with equal weights', () => {
    const mean = meanProbabilities([Float64Array.of(1, 0), Float64Array.of(0.5, 0.5)]);
    expect([...mean]).toEqual([0.75, 0.25]);
  });
});

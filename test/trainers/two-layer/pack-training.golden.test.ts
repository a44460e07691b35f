/** Compares training with numpy in float64 (`scripts/golden-trainer.py`), which shares no code with it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { TrainingData } from '../../../src/study/images.ts';
import { learningRateAt } from '../../../src/trainers/two-layer/learning-rate.ts';
import { naiveKernel } from './support/naive-kernel.ts';
import type { LearningRate } from '../../../src/trainers/two-layer/settings.ts';
import type { Kernel, PackNetwork } from '../../../src/trainers/two-layer/pack-network.ts';
import { portableKernel } from './support/portable-kernel.ts';
import { plainSettings } from './support/synthetic-images.ts';
import { trainPack } from './support/train-pack.ts';

interface GoldenCase {
  inputs: number;
  records: number;
  classes: number;
  hidden: number;
  batch: number;
  steps: number;
  step_size: number;
  min: number;
  max: number;
  seed: number;
  replicate: number;
  lambda: number;
  batch_losses: number[];
  costs: number[];
  rates: number[];
}

const cases: readonly GoldenCase[] = JSON.parse(
  readFileSync(new URL('golden/numpy.json', import.meta.url), 'utf8'),
);

function goldenData({ records, inputs, classes }: GoldenCase): TrainingData {
  const pixels = new Uint8Array(records * inputs);
  for (let r = 0; r < records; r++) {
    for (let k = 0; k < inputs; k++) {
      pixels[r * inputs + k] = (r * r * 31 + k * 17 + r * k * 13) % 251;
    }
  }
  const labels = Uint8Array.from({ length: records }, (_, r) => (r * 7) % classes);
  const images = { pixels, labels, channels: 3, height: 4, width: 4, classes, pixelMax: 255 };
  const all = { images, records: Uint32Array.from({ length: records }, (_, r) => r) };
  return { train: all, validation: all, test: null };
}

function rateIn({ min, max, step_size: stepSize }: GoldenCase): LearningRate {
  return { min, max, stepSize, cycleMultiplier: 1 };
}

/** A kernel that adds the mean loss of every batch to `losses`. */
function recordingLosses(kernel: Kernel, losses: number[]): Kernel {
  return {
    name: kernel.name,
    openPack(shape): PackNetwork {
      const network = kernel.openPack(shape);
      const train = network.train.bind(network);
      network.train = (sums, rows, rates, dropout) => {
        train(sums, rows, rates, dropout);
        losses.push(sums[0]! / rows);
      };
      return network;
    },
  };
}

test.each(
  cases.flatMap((c) =>
    [portableKernel, naiveKernel].map((kernel) => [kernel.name, c.lambda, kernel, c] as const),
  ),
)('the %s kernel follows numpy through ten steps at λ = %s', (_name, _lambda, kernel, c) => {
  const losses: number[] = [];
  const settings = {
    ...plainSettings,
    hidden: c.hidden,
    batch: c.batch,
    learningRate: rateIn(c),
    cycles: c.steps / (2 * c.step_size),
    measure: { steps: 1 },
  };
  const [result] = trainPack(
    recordingLosses(kernel, losses),
    { seed: c.seed, replicate: c.replicate, settings, lambdas: [c.lambda], measureTest: false },
    goldenData(c),
  );
  expect(losses).toHaveLength(c.steps);
  losses.forEach((loss, t) => expect(Math.abs(loss - c.batch_losses[t]!)).toBeLessThan(1e-6));
  const costs = result!.curve.map((point) => point.metrics['train_cost']!);
  costs.forEach((cost, t) => expect(Math.abs(cost - c.costs[t]!)).toBeLessThan(1e-6));
  expect(costs).toHaveLength(c.steps);
});

test('the learning rate of each step is that of numpy', () => {
  for (const c of cases) {
    c.rates.forEach((rate, t) => expect(learningRateAt(rateIn(c), t)).toBeCloseTo(rate, 15));
  }
});

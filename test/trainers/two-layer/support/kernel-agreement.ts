import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { TrialResult } from '../../../../src/study/trial.ts';
import type { Kernel } from '../../../../src/trainers/two-layer/pack-network.ts';
import { naiveKernel } from './naive-kernel.ts';
import type { TwoLayerSettings } from '../../../../src/trainers/two-layer/settings.ts';
import { plainSettings, randomImages, splitImages, type ImageShape } from './synthetic-images.ts';
import { trainPack } from './train-pack.ts';

interface Case {
  readonly shape: ImageShape;
  readonly train: number;
  readonly validation: number;
  readonly settings: TwoLayerSettings;
  readonly lambdas: readonly number[];
  readonly highestRates?: readonly number[];
  readonly seed: number;
}

/** Results; their digests are those of all parameters. */
function trainOn(kernel: typeof naiveKernel, c: Case): TrialResult[] {
  const { seed, settings, train, validation } = c;
  const data = splitImages(randomImages(seed, train + validation + 5, c.shape), train, validation);
  return trainPack(kernel, { ...c, settings, replicate: 2, measureTest: true }, data);
}

const oddCase: fc.Arbitrary<Case> = fc
  .record({
    shape: fc.record({
      channels: fc.integer({ min: 1, max: 3 }),
      height: fc.integer({ min: 1, max: 5 }),
      width: fc.integer({ min: 1, max: 5 }),
      classes: fc.integer({ min: 1, max: 11 }),
    }),
    train: fc.integer({ min: 1, max: 40 }),
    validation: fc.integer({ min: 1, max: 9 }),
    hidden: fc.oneof(fc.constantFrom(1, 3), fc.integer({ min: 1, max: 20 })),
    batch: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 19 })),
    dropout: fc.constantFrom(0, 0, 0.1, 0.5, 0.9),
    mirror: fc.boolean(),
    shift: fc.integer({ min: 0, max: 2 }),
    stepSize: fc.integer({ min: 1, max: 3 }),
    members: fc.array(
      fc.record({
        lambda: fc.constantFrom(0, 1e-9, 1e-3, 0.2),
        highestRate: fc.constantFrom(0.01, 0.3, 2),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    seed: fc.maxSafeNat(),
  })
  .map(({ shape, train, validation, members, seed, hidden, batch, dropout, stepSize, ...c }) => ({
    shape,
    train,
    validation,
    lambdas: members.map(({ lambda }) => lambda),
    highestRates: members.map(({ highestRate }) => highestRate),
    seed,
    settings: {
      ...plainSettings,
      hidden,
      batch,
      dropout,
      mirror: c.mirror && shape.width > 1,
      shift: Math.min(c.shift, shape.width - 1, shape.height - 1),
      learningRate: { min: 1e-5, max: 0.1, stepSize, cycleMultiplier: 1 },
    },
  }));

export interface TestedKernel {
  readonly name: string;
  /** Null if it cannot run here. */
  readonly kernel: Kernel | null;
  readonly whyNot: string;
}

/** Tests that a kernel and the naive kernel give the same bits. */
export function describeAgreement({ name, kernel, whyNot }: TestedKernel): void {
  describe(`the ${name} kernel and the naive kernel give the same bits`, () => {
    beforeEach(({ skip }) => skip(kernel === null, whyNot));

    test('for odd shapes, packs of several learning rates, short batches, dropout, mirroring and shifts', () => {
      fc.assert(
        fc.property(oddCase, (c) => {
          expect(trainOn(kernel!, c)).toEqual(trainOn(naiveKernel, c));
        }),
        { numRuns: 250 },
      );
    });

    const few = {
      ...plainSettings,
      learningRate: { min: 1e-3, max: 0.1, stepSize: 1, cycleMultiplier: 1 },
    };
    test.each<[string, Case]>([
      [
        'for inputs that span two blocks of the product',
        {
          shape: { channels: 1, height: 20, width: 20, classes: 3 },
          train: 12,
          validation: 3,
          settings: { ...few, hidden: 9, batch: 5 },
          lambdas: [0.01, 0],
          seed: 3,
        },
      ],
      [
        'for a batch larger than the chunks that are measured',
        {
          shape: { channels: 1, height: 2, width: 3, classes: 2 },
          train: 331,
          validation: 150,
          settings: { ...few, hidden: 5, batch: 301 },
          lambdas: [0.01],
          seed: 4,
        },
      ],
      [
        'for ten thousand records in a batch and in a measurement',
        {
          shape: { channels: 1, height: 1, width: 3, classes: 2 },
          train: 10_000,
          validation: 10_000,
          settings: { ...few, hidden: 3, batch: 10_000 },
          lambdas: [0.01],
          seed: 6,
        },
      ],
      [
        'for fifty hidden units, three members and batches of one record',
        {
          shape: { channels: 3, height: 2, width: 3, classes: 10 },
          train: 5,
          validation: 3,
          settings: { ...few, hidden: 50, batch: 1 },
          lambdas: [0, 1e-9, 1e-1],
          seed: 7,
        },
      ],
      [
        'for fifty hidden units and eight members with eight learning rates',
        {
          shape: { channels: 3, height: 3, width: 3, classes: 10 },
          train: 25,
          validation: 3,
          settings: { ...few, hidden: 50, batch: 10 },
          lambdas: [0, 1e-9, 1e-7, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1],
          highestRates: [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002],
          seed: 5,
        },
      ],
    ])('%s', (_, c) => {
      expect(trainOn(kernel!, c)).toEqual(trainOn(naiveKernel, c));
    });
  });
}

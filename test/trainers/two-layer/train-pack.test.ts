import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import type { Measurement, TrialResult } from '../../../src/study/trial.ts';
import { digestOf } from '../../../src/trainers/two-layer/model.ts';
import { trainPack } from '../../../src/trainers/two-layer/train-pack.ts';
import type { PackHooks, PackRequest } from '../../../src/trainers/two-layer/train-pack.ts';
import { portableKernel } from './support/portable-kernel.ts';
import {
  frozenTime,
  plainSettings,
  randomImages,
  splitImages,
} from './support/synthetic-images.ts';

const images = randomImages(11, 150, { channels: 3, height: 6, width: 5, classes: 7 });
const data = splitImages(images, 90, 40);
const settings = {
  ...plainSettings,
  hidden: 13,
  batch: 16,
  dropout: 0.2,
  mirror: true,
  shift: 2,
  length: { kind: 'epochs', epochs: 4 },
  measure: { kind: 'epoch' },
} as const;

function train(
  lambdas: number[],
  more: Partial<PackRequest> = {},
  hooks: Partial<PackHooks> = {},
): TrialResult[] {
  const request = { seed: 5, replicate: 1, settings, lambdas, measureTest: false, ...more };
  return trainPack(portableKernel, request, data, { ...frozenTime, ...hooks });
}

const lambdas = [1e-9, 1e-7, 1e-5, 1e-3, 1e-2, 0.1, 0.3, 0];
/** Decay alone throws a weight to the other side, farther each time. */
const explosive = 1e30;

function digestIn(result: TrialResult): string {
  return result.kind === 'complete' ? result.digest : 'diverged';
}

function digestWith(more: Partial<PackRequest>): string {
  return digestIn(train([1e-3], more)[0]!);
}

function testAccuracies(measureTest: boolean): (number | null)[] {
  return train([1e-3], { measureTest })[0]!.curve.map((point) => point.testAccuracy);
}

describe('a pack', () => {
  const alone = lambdas.map((lambda) => train([lambda])[0]!);

  test('gives each member what it gets alone, whatever its place', () => {
    expect(train(lambdas)).toEqual(alone);
    expect(train(lambdas.toReversed())).toEqual(alone.toReversed());
    expect(train([0.3, 1e-9, 0.3])).toEqual([alone[6], alone[0], alone[6]]);
  });

  test('gives it the same beside a member that diverges', () => {
    const results = train([explosive, 1e-3, explosive]);
    expect(results.map((result) => result.kind)).toEqual(['diverged', 'complete', 'diverged']);
    expect(results[1]).toEqual(alone[3]);
  });

  test('separates members by λ alone, down to 1e-9', () => {
    const digests = alone.map(digestIn);
    expect(new Set(digests).size).toBe(lambdas.length);
  });

  test('is another for another seed, another replicate', () => {
    expect(
      new Set([digestWith({}), digestWith({ seed: 6 }), digestWith({ replicate: 2 })]).size,
    ).toBe(3);
    expect(digestWith({})).toBe(digestWith({}));
  });
});

describe('a result', () => {
  test('has a point for every epoch, ending with the last step', () => {
    const [result] = train([1e-3]);
    expect(result!.curve.map((point) => [point.step, point.epoch])).toEqual([
      [6, 1],
      [12, 2],
      [18, 3],
      [24, 4],
    ]);
    expect(result).toMatchObject({ kind: 'complete', steps: 24 });
  });

  test('has the validation accuracy of its correctness bits', () => {
    const [result] = train([1e-3]);
    if (result?.kind !== 'complete') throw new Error('it does not diverge');
    expect(result.validationCorrect).toHaveLength(5);
    let right = 0;
    for (let r = 0; r < 40; r++) right += (result.validationCorrect[r >> 3]! >> (r & 7)) & 1;
    expect(right / 40).toBe(result.curve.at(-1)!.validationAccuracy);
  });

  test('has costs that are the loss plus λ times the squared weights', () => {
    let norm = NaN;
    const [result] = train(
      [0.01],
      {},
      {
        onParameters: (_, { w1, w2 }) => {
          norm = [...w1, ...w2].reduce((sum, w) => sum + w * w, 0);
        },
      },
    );
    const last = result!.curve.at(-1)!;
    expect(last.trainCost - last.trainLoss).toBeCloseTo(0.01 * norm, 12);
    expect(last.validationCost - last.validationLoss).toBeCloseTo(0.01 * norm, 12);
  });

  test('measures the test set only when asked, and only at the last step', () => {
    expect(testAccuracies(false)).toEqual([null, null, null, null]);
    expect(testAccuracies(true)).toEqual([null, null, null, expect.closeTo(0.5, 0)]);
  });

  test("shares the pack's time, that of training alone", () => {
    let ticks = 0;
    const results = train([0, 0.1], {}, { nowMs: () => (ticks += 1) });
    // Each of 24 steps is read at its beginning and its end, 1 ms apart.
    expect(results.map((result) => result.seconds)).toEqual([0.012, 0.012]);
  });

  test('reports every step, measuring included, and what it hands out is what it returns', () => {
    const steps: number[] = [];
    const measured: [number, Measurement][] = [];
    const digests: string[] = [];
    const results = train(
      [0, 0.1],
      {},
      {
        onStep: (step) => steps.push(step),
        onMeasured: (member, measurement) => measured.push([member, measurement]),
        onParameters: (_, parameters) => digests.push(digestOf(parameters)),
      },
    );
    expect(new Set(steps)).toEqual(new Set(Array.from({ length: 24 }, (_, i) => i + 1)));
    expect(steps.filter((step) => step === 24).length).toBeGreaterThan(1);
    expect(measured.filter(([member]) => member === 1).map(([, m]) => m)).toEqual(
      results[1]!.curve,
    );
    expect(results.map(digestIn)).toEqual(digests);
  });
});

describe('a member that diverges', () => {
  test('says after which step, keeps what was measured before, and ends a pack in which all did', () => {
    const steps: number[] = [];
    const [result] = train([explosive], {}, { onStep: (step) => steps.push(step) });
    expect(result).toMatchObject({ kind: 'diverged', curve: [] });
    expect(result!.steps).toBeGreaterThan(0);
    expect(steps.at(-1)).toBe(result!.steps + 1);
    expect(steps.at(-1)).toBeLessThan(24);
  });

  test('is found at the last step, where no other loss follows', () => {
    const oneStep = { ...settings, batch: 90, length: { kind: 'epochs', epochs: 1 } as const };
    const [result] = train([3e38], { settings: oneStep });
    expect(result).toMatchObject({ kind: 'diverged', steps: 1, curve: [] });
  });
});

/** The error that training with other settings or data meets. */
function refusal(overrides: object, on = data): RidgelineError {
  try {
    trainPack(
      portableKernel,
      {
        seed: 1,
        replicate: 1,
        settings: { ...settings, ...overrides },
        lambdas: [0],
        measureTest: false,
      },
      on,
      frozenTime,
    );
  } catch (error) {
    if (error instanceof RidgelineError) return error;
    throw error;
  }
  throw new Error('it was trained');
}

describe('what cannot be trained is refused before it begins', () => {
  test('an empty split', () => {
    const empty = { images, records: new Uint32Array(0) };
    expect(refusal({}, { ...data, train: empty }).message).toMatch(/train split has no records/);
    expect(refusal({}, { ...data, validation: empty }).code).toBe('STUDY_INVALID');
  });

  test('a shift that leaves nothing of the image', () => {
    expect(refusal({ shift: 5 }).message).toMatch(/6×5.*\n.*below 5/);
  });

  test('mirroring images one pixel wide', () => {
    const narrow = splitImages(
      randomImages(1, 20, { channels: 1, height: 9, width: 1, classes: 2 }),
      10,
      5,
    );
    expect(refusal({ shift: 0 }, narrow).message).toMatch(/mirror/);
  });

  test('splits of other shapes', () => {
    const other = splitImages(
      randomImages(1, 20, { channels: 1, height: 9, width: 2, classes: 7 }),
      10,
      5,
    );
    expect(refusal({}, { ...data, validation: other.validation }).fix).toMatch(/same data set/);
  });

  test('a batch that no memory holds', () => {
    const hidden = { hidden: 4096, batch: 100_000 };
    const many = { ...data.train, records: new Uint32Array(100_000) };
    expect(refusal(hidden, { ...data, train: many }).message).toMatch(
      /MiB.*\n.*smaller trainer.batch/,
    );
  });
});

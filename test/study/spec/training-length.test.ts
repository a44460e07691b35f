import { describe, expect, test } from 'vitest';
import {
  batchRemark,
  cycleEnds,
  measuredSteps,
  stepsOf,
} from '../../../src/study/spec/training-length.ts';
import { plainSettings } from '../../trainers/two-layer/support/synthetic-images.ts';

const growing = {
  ...plainSettings,
  batch: 100,
  learningRate: { min: 1e-5, max: 0.1, stepSize: 4500, cycleMultiplier: 2 },
  length: { kind: 'cycles', cycles: 2 },
} as const;

describe('the length of a training run', () => {
  test('of cycles that double is the sum of them: 20 and 40 epochs of 450 steps', () => {
    expect(stepsOf(growing, 45_000)).toBe(27_000);
    expect(cycleEnds(growing, 45_000)).toEqual([9000, 27_000]);
    expect(measuredSteps(growing, 45_000)).toEqual([9000, 27_000]);
  });

  test('with batches larger than the training set is not what it seems to be, which is said', () => {
    expect(batchRemark(growing, 100)).toBeNull();
    expect(batchRemark(growing, 99)).toBe(
      'trainer.batch is 100, but there are 99 training images: every step takes all of them',
    );
  });

  test('given in epochs may end inside a cycle: the end is a place to stop at all the same', () => {
    const settings = { ...growing, length: { kind: 'epochs', epochs: 25 } } as const;
    expect(cycleEnds(settings, 45_000)).toEqual([9000, 11_250]);
  });

  test('of equal cycles is measured at each of them, at its end only, or every so many steps', () => {
    const settings = { ...growing, learningRate: { min: 0, max: 1, stepSize: 5 } } as const;
    expect(measuredSteps(settings, 100)).toEqual([10, 20]);
    expect(measuredSteps({ ...settings, measure: { kind: 'end' } }, 100)).toEqual([20]);
    expect(measuredSteps({ ...settings, measure: { kind: 'steps', steps: 8 } }, 100)).toEqual([
      8, 16, 20,
    ]);
    expect(measuredSteps({ ...settings, measure: { kind: 'epoch' } }, 700)).toEqual([7, 14, 20]);
  });
});

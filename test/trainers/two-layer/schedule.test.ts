import { expect, test } from 'vitest';
import { twoLayer } from '../../../src/trainers/two-layer/description.ts';
import {
  cycleEnds,
  measuredSteps,
  trainingSteps,
} from '../../../src/trainers/two-layer/schedule.ts';
import { plainSettings } from './support/synthetic-images.ts';

const growing = {
  ...plainSettings,
  batch: 100,
  learningRate: { min: 1e-5, max: 0.1, stepSize: 4500, cycleMultiplier: 2 },
} as const;

test('the length of cycles that double is their sum: 20 and 40 epochs of 450 steps', () => {
  expect(trainingSteps(growing, 45_000)).toBe(27_000);
  expect(cycleEnds(growing, 45_000)).toEqual([9000, 27_000]);
  expect(measuredSteps(growing, 45_000)).toEqual([9000, 27_000]);
  expect(twoLayer.rungs(growing, 45_000)).toEqual([9000, 27_000]);
});

test('a batch larger than the training set gives a remark', () => {
  expect(twoLayer.remarks(growing, 100)).toEqual([]);
  expect(twoLayer.remarks(growing, 99)).toEqual([
    'trainer.batch (100) is larger than the training set (99 images): each step uses all of them',
  ]);
});

test('the last step of a training with a length in epochs counts as a cycle end, also inside a cycle', () => {
  const settings = { ...growing, cycles: undefined, epochs: 25 };
  expect(cycleEnds(settings, 45_000)).toEqual([9000, 11_250]);
});

test('a trial is measured at each cycle, at its end, at a fixed interval of steps, or at each epoch', () => {
  const equal = { ...growing, learningRate: { ...growing.learningRate, stepSize: 5 } };
  const settings = { ...equal, learningRate: { ...equal.learningRate, cycleMultiplier: 1 } };
  expect(measuredSteps(settings, 100)).toEqual([10, 20]);
  expect(measuredSteps({ ...settings, measure: 'end' }, 100)).toEqual([20]);
  expect(measuredSteps({ ...settings, measure: { steps: 8 } }, 100)).toEqual([8, 16, 20]);
  expect(measuredSteps({ ...settings, measure: 'epoch' }, 700)).toEqual([7, 14, 20]);
});

test('a pack has at most 8 trials, and at most 800 hidden units in all', () => {
  const sizes = [1, 100, 101, 400, 401, 4096].map((hidden) =>
    twoLayer.packSize({ ...growing, hidden }),
  );
  expect(sizes).toEqual([8, 8, 7, 2, 1, 1]);
});

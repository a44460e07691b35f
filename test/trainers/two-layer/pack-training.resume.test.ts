import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TrainingState } from '../../../src/trainers/train-trials.ts';
import { cycleEnds, trainingSteps } from '../../../src/trainers/two-layer/schedule.ts';
import { portableKernel } from './support/portable-kernel.ts';
import { plainSettings, randomImages, splitImages } from './support/synthetic-images.ts';
import { trainOrStop, trainPack } from './support/train-pack.ts';

const shape = { channels: 3, height: 5, width: 4, classes: 3 };
const data = splitImages(randomImages(1, 60, shape), 40, 10);
const settings = {
  ...plainSettings,
  learningRate: { min: 1e-3, max: 0.05, stepSize: 4, cycleMultiplier: 2 },
  dropout: 0.3,
  mirror: true,
  shift: 1,
} as const;
const request = {
  seed: 7,
  replicate: 1,
  settings,
  lambdas: [1e-3, 1e-2],
  highestRates: [0.05, 0.2],
  measureTest: true,
};
const whole = trainPack(portableKernel, request, data);

test('a pack that was stopped at any step and resumed gives the results of an uninterrupted one', () => {
  const steps = trainingSteps(settings, 40);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: steps - 1 }), (stop) => {
      const states: TrainingState[] = [];
      let done = 0;
      const stopped = trainOrStop(portableKernel, request, data, {
        onStep: (step) => (done = step),
        isStopped: () => done === stop,
        onState: (member, state) => {
          if (state.step === stop) states[member] = state;
        },
      });
      expect(stopped).toBeNull();
      expect(trainPack(portableKernel, { ...request, resume: states }, data)).toEqual(whole);
    }),
    { numRuns: 10 },
  );
});

test('a pack reports its state at the end of each cycle; resumed at its last step it gives the result', () => {
  const states: TrainingState[][] = [[], []];
  trainPack(portableKernel, request, data, {
    onState: (member, state) => states[member]!.push(state),
  });
  expect(states[0]!.map((state) => state.step)).toEqual(cycleEnds(settings, 40));
  const resume = states.map((ofMember) => ofMember.at(-1)!);
  expect(trainPack(portableKernel, { ...request, resume }, data)).toEqual(whole);
});

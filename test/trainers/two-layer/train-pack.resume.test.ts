import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cycleEnds, stepsOf } from '../../../src/study/spec/training-length.ts';
import {
  trainOrStop,
  trainPack,
  type TrainingState,
} from '../../../src/trainers/two-layer/train-pack.ts';
import { portableKernel } from './support/portable-kernel.ts';
import {
  frozenTime,
  plainSettings,
  randomImages,
  splitImages,
} from './support/synthetic-images.ts';

const shape = { channels: 3, height: 5, width: 4, classes: 3 };
const data = splitImages(randomImages(1, 60, shape), 40, 10);
const settings = {
  ...plainSettings,
  learningRate: { min: 1e-3, max: 0.05, stepSize: 4, cycleMultiplier: 2 },
  dropout: 0.3,
  mirror: true,
  shift: 1,
} as const;
const request = { seed: 7, replicate: 1, settings, lambdas: [1e-3, 1e-2], measureTest: true };
const whole = trainPack(portableKernel, request, data, frozenTime);

describe('a pack that is resumed', () => {
  test('gives the results of one that was not stopped, wherever it was stopped', () => {
    const steps = stepsOf(settings, 40);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: steps - 1 }), (stop) => {
        const states: TrainingState[] = [];
        let done = 0;
        const stopped = trainOrStop(portableKernel, request, data, {
          ...frozenTime,
          onStep: (step) => (done = step),
          isStopped: () => done === stop,
          onState: (member, state) => {
            if (state.step === stop) states[member] = state;
          },
        });
        expect(stopped).toBeNull();
        const resumed = trainPack(portableKernel, { ...request, resume: states }, data, frozenTime);
        expect(resumed).toEqual(whole);
      }),
      { numRuns: 10 },
    );
  });

  test('is handed out at the end of each cycle, and at its own end still gives the result', () => {
    const states: TrainingState[][] = [[], []];
    const hooks = {
      ...frozenTime,
      onState: (member: number, state: TrainingState) => states[member]!.push(state),
    };
    trainPack(portableKernel, request, data, hooks);
    expect(states[0]!.map((state) => state.step)).toEqual(cycleEnds(settings, 40));
    const ends = states.map((ofMember) => ofMember.at(-1)!);
    expect(trainPack(portableKernel, { ...request, resume: ends }, data, frozenTime)).toEqual(
      whole,
    );
  });
});

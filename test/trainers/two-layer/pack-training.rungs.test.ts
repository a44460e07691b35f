/** Training from rung to rung gives the results of training to the end at once. */
import { expect, test } from 'vitest';
import { trainTrials, type ReachedRung } from '../../../src/trainers/train-trials.ts';
import { cycleEnds } from '../../../src/trainers/two-layer/schedule.ts';
import { twoLayerTraining } from '../../../src/trainers/two-layer/two-layer.ts';
import { portableKernel } from './support/portable-kernel.ts';
import { plainSettings, randomImages, splitImages } from './support/synthetic-images.ts';

const shape = { channels: 1, height: 5, width: 4, classes: 3 };
const data = splitImages(randomImages(1, 60, shape), 40, 10);
const learningRate = { min: 1e-3, max: 0.05, stepSize: 4, cycleMultiplier: 1 };
const settings = { ...plainSettings, learningRate, cycles: 3, measure: 'cycle' } as const;
const params = [{ lambda: 1e-3 }, { lambda: 1e-2 }];
const request = { seed: 7, replicate: 1, settings, params, measureTest: false };
const hooks = { nowMs: () => 0 };
const trainer = twoLayerTraining(portableKernel);

test('a pack that stops at each rung and continues from its states gives the results of a whole training', () => {
  const whole = trainTrials(trainer, request, data, hooks);
  const passed: ReachedRung[] = [];
  trainTrials(trainer, request, data, {
    ...hooks,
    onRung: (member, rung) => void (member === 0 && passed.push(rung)),
  });
  let resume: { step: number; bytes: Uint8Array }[] | undefined;
  for (const rung of cycleEnds(settings, 40)) {
    const reached: ReachedRung[] = [];
    const results = trainTrials(trainer, { ...request, toStep: rung, resume }, data, {
      ...hooks,
      onRung: (member, at) => void (reached[member] = at),
    });
    expect(results?.map(({ steps }) => steps)).toEqual([rung, rung]);
    expect(reached[0]?.digest).toBe(passed.find(({ step }) => step === rung)?.digest);
    expect(results?.map((one) => one.curve.at(-1)?.step)).toEqual([rung, rung]);
    resume = reached.map(({ step, state }) => ({ step, bytes: state! }));
    if (rung === 24) expect(results).toEqual(whole);
  }
  expect(passed.map(({ state }) => state)).toEqual([null, null, null]);
});

import { expect, test } from 'vitest';
import type { Params } from '../../../src/study/search-space.ts';
import { trainTrials } from '../../../src/trainers/train-trials.ts';
import { twoLayer } from '../../../src/trainers/two-layer/description.ts';
import type { TwoLayerSettings } from '../../../src/trainers/two-layer/settings.ts';
import { twoLayerTraining } from '../../../src/trainers/two-layer/two-layer.ts';
import { portableKernel } from './support/portable-kernel.ts';
import {
  frozenTime,
  plainSettings,
  randomImages,
  splitImages,
} from './support/synthetic-images.ts';

const shape = { channels: 3, height: 4, width: 4, classes: 5 };
const data = splitImages(randomImages(3, 60, shape), 45, 15);

function train(settings: TwoLayerSettings, params: Params) {
  const request = { seed: 8, replicate: 1, settings, params: [params], measureTest: false };
  const [result] = trainTrials(twoLayerTraining(portableKernel), request, data, frozenTime) ?? [];
  return result;
}

const { learningRate } = plainSettings;

test.each<[Params, Partial<TwoLayerSettings>]>([
  [{ hidden: 7 }, { hidden: 7 }],
  [{ batch: 11 }, { batch: 11 }],
  [{ dropout: 0.3 }, { dropout: 0.3 }],
  [
    { mirror: true, shift: 1 },
    { mirror: true, shift: 1 },
  ],
  [{ cycles: 1 }, { cycles: 1 }],
  [
    { 'learning_rate.step_size': 3, 'learning_rate.cycle_multiplier': 2 },
    { learningRate: { ...learningRate, stepSize: 3, cycleMultiplier: 2 } },
  ],
])('a trial with %o has the result of a study with these settings', (params, settings) => {
  const searched = train({ ...plainSettings }, { lambda: 0.01, ...params });
  expect(searched).toEqual(train({ ...plainSettings, ...settings }, { lambda: 0.01 }));
  expect(searched).not.toEqual(train(plainSettings, { lambda: 0.01 }));
  // It shares no pack with a trial that lacks them.
  expect(twoLayer.packKey({ lambda: 1, ...params })).not.toBe(twoLayer.packKey({ lambda: 1 }));
});

test('a study may fix λ for all trials', () => {
  expect(train({ ...plainSettings, lambda: 0.01 }, { hidden: 7 })).toEqual(
    train(plainSettings, { hidden: 7, lambda: 0.01 }),
  );
});

test('trials that differ in λ and in the bounds of the learning rate may share a pack', () => {
  const key = twoLayer.packKey({ lambda: 1, 'learning_rate.max': 0.3, 'learning_rate.min': 0 });
  expect(key).toBe(twoLayer.packKey({ lambda: 2 }));
});

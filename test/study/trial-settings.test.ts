import { expect, test } from 'vitest';
import { trialSettings } from '../../src/study/trial-settings.ts';

const settings = {
  name: 'two-layer',
  hidden: 50,
  learningRate: { min: 1e-5, max: 1e-1, stepSize: 10, cycleMultiplier: 2 },
};

test('a trial has the settings of its study if its hyperparameters are no settings', () => {
  expect(trialSettings(settings, { lambda: 0.1 })).toEqual({ ...settings, lambda: 0.1 });
});

test('a hyperparameter with the path of a setting replaces it, and leaves the study unchanged', () => {
  const before = structuredClone(settings);
  expect(
    trialSettings(settings, { 'learning_rate.max': 0.3, 'learning_rate.step_size': 7, hidden: 9 }),
  ).toEqual({
    ...settings,
    hidden: 9,
    learningRate: { ...settings.learningRate, max: 0.3, stepSize: 7 },
  });
  expect(settings).toEqual(before);
});

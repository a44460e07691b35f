import { describe, expect, test } from 'vitest';
import { trainingJson, trainingText } from '../../../src/report/terminal/training-text.ts';
import { classificationMetrics } from '../../../src/study/metrics.ts';
import type { TrialResult } from '../../../src/study/trial.ts';

const options = { width: 100, color: (_style: string, text: string) => text, unicode: true };

function complete(accuracy: number): TrialResult {
  return {
    kind: 'complete',
    steps: 20,
    seconds: 1.5,
    digest: 'ab'.repeat(32),
    validationCorrect: new Uint8Array(1),
    curve: [10, 20].map((step) => ({
      step,
      metrics: {
        epoch: step / 10,
        learning_rate: 0.01,
        train_loss: 1,
        train_cost: 1.5,
        train_accuracy: accuracy + 0.1,
        validation_loss: 2,
        validation_cost: 2.5,
        validation_accuracy: accuracy,
        ...(step === 20 && { test_loss: 2.1, test_accuracy: accuracy - 0.1 }),
      },
    })),
  };
}

const diverged: TrialResult = { kind: 'diverged', steps: 7, seconds: 0.5, curve: [] };
const metrics = classificationMetrics;
const two = [
  { seed: 1, result: complete(0.4) },
  { seed: 2, result: complete(0.5) },
];

describe('what train prints', () => {
  test('train prints each of several seeds, and means with the deviation between them', () => {
    const text = trainingText(
      { seeds: two, ensemble: null, kernel: 'portable', stored: null, metrics },
      options,
    );
    expect(text).toContain('│    1 │   50.00 │        40.00 │  30.00 │');
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'train 55.00 ± 7.07 % validation 45.00 ± 7.07 % test 35.00 ± 7.07 %',
    );
  });

  test('train as JSON has means, each seed, and a mean curve', () => {
    const json: unknown = JSON.parse(
      trainingJson({ seeds: two, ensemble: null, kernel: 'portable', stored: null, metrics }),
    );
    expect(json).toMatchObject({
      schema_version: 1,
      status: 'complete',
      validation_accuracy: 0.45,
      test_accuracy: expect.closeTo(0.35, 12) as number,
      train_loss: 1,
      digest: null,
      kernel: 'portable',
      seeds: [
        { seed: 1, validation_accuracy: 0.4, digest: 'ab'.repeat(32) },
        { seed: 2, validation_accuracy: 0.5 },
      ],
    });
    expect(json).toHaveProperty('curve.0.validation_accuracy', 0.45);
  });

  test('train prints no means if a seed diverged', () => {
    const seeds = [...two, { seed: 3, result: diverged }];
    const summary = { seeds, ensemble: null, kernel: 'portable', stored: null, metrics };
    expect(JSON.parse(trainingJson(summary))).toMatchObject({
      status: 'diverged',
      validation_accuracy: null,
      curve: [],
    });
    expect(trainingText(summary, options)).toContain('no means: a seed diverged');
  });

  test('train prints the scores of an ensemble, and which cycles joined', () => {
    const ensemble = {
      members: [
        { seed: 1, step: 20 },
        { seed: 2, step: 20 },
      ],
      mirror: true,
      cycles: [
        { cycle: 2, joins: true, validationAccuracy: 0.55 },
        { cycle: 1, joins: false, validationAccuracy: 0.54 },
      ],
      validation: { accuracy: 0.55, loss: 1.8 },
      test: { accuracy: 0.53, loss: 1.9 },
    };
    const summary = { seeds: two, ensemble, kernel: 'native', stored: null, metrics };
    const json: unknown = JSON.parse(trainingJson(summary));
    expect(json).toMatchObject({ test_accuracy: 0.53, train_accuracy: null, test_loss: 1.9 });
    expect(json).toHaveProperty('ensemble.cycles.1', {
      cycle: 1,
      joins: false,
      validation_accuracy: 0.54,
    });
    expect(trainingText(summary, options)).toContain(
      'end of cycle 1: validation 54.00 % (does not join: no better)',
    );
  });

  test.each([
    [true, [], 'same digest as coarse/7 in the store'],
    [false, [], 'other digest than coarse/7 in the store, which has cdcdcdcd…'],
    [
      false,
      ['trainer.hidden'],
      'other digest than coarse/7 in the store, which has cdcdcdcd…; the study file has changed in trainer.hidden',
    ],
  ])(
    'train compares a trial with the store (same: %s, changed keys: %j)',
    (same, changedKeys, text) => {
      const stored = { trial: 'coarse/7', digest: 'cd'.repeat(32), same, changedKeys };
      const summary = { seeds: two.slice(0, 1), ensemble: null, kernel: 'native', stored, metrics };
      expect(
        trainingText(summary, { ...options, width: 200 })
          .split('\n')
          .at(-2),
      ).toBe(text);
      expect(JSON.parse(trainingJson(summary))).toHaveProperty('stored.same', same);
    },
  );

  test('the output of train fits forty columns', () => {
    const text = trainingText(
      { seeds: two, ensemble: null, kernel: 'portable', stored: null, metrics },
      { ...options, width: 40 },
    );
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(40);
  });
});

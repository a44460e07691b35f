import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  type TrainingIdentity,
} from '../../../src/trainers/two-layer/checkpoint.ts';
import { initialParameters } from '../../../src/trainers/two-layer/model.ts';
import type { TrainingState } from '../../../src/trainers/two-layer/train-pack.ts';

const shape = { inputs: 6, hidden: 4, classes: 3 };
const identity: TrainingIdentity = {
  dataset: '0123456789abcdef',
  shape,
  trainer: { hidden: 4, batch: 10, learning_rate: { min: 0, max: 0.1, step_size: 5 } },
  lambda: 1e-3,
  seed: 3,
  replicate: 1,
};
const state: TrainingState = {
  step: 40,
  seconds: 1.25,
  parameters: initialParameters(3, 1, shape),
  curve: [
    {
      step: 40,
      epoch: 4,
      learningRate: 0.01,
      trainLoss: 1.5,
      trainCost: 1.6,
      trainAccuracy: 0.5,
      validationLoss: 1.7,
      validationCost: 1.8,
      validationAccuracy: 0.4,
      testLoss: null,
      testAccuracy: null,
    },
  ],
};
const bytes = Buffer.concat(encodeCheckpoint(identity, state));

describe('a checkpoint', () => {
  test('gives back the state to the last bit', () => {
    expect(decodeCheckpoint(bytes, identity)).toEqual({ kind: 'state', state });
  });

  test('with any byte changed, or cut anywhere, is damaged', () => {
    const at = fc.nat(bytes.length - 1);
    fc.assert(
      fc.property(at, fc.integer({ min: 1, max: 255 }), fc.boolean(), (place, change, cut) => {
        const spoilt = Buffer.from(cut ? bytes.subarray(0, place) : bytes);
        if (!cut) spoilt[place]! ^= change;
        expect(decodeCheckpoint(spoilt, identity).kind).toBe('damaged');
      }),
      { numRuns: 300 },
    );
  });

  test('of another training is refused, and says in what it differs', () => {
    const read = (other: Partial<TrainingIdentity>) =>
      decodeCheckpoint(bytes, { ...identity, ...other });
    expect(read({ lambda: 2e-3 })).toEqual({ kind: 'other', fields: ['lambda'] });
    expect(read({ trainer: { ...identity.trainer, batch: 20 } })).toEqual({
      kind: 'other',
      fields: ['trainer.batch'],
    });
    expect(
      read({
        shape: { ...shape, hidden: 5 },
        trainer: { ...identity.trainer, hidden: 5 },
        dataset: 'f',
      }),
    ).toEqual({ kind: 'other', fields: ['dataset', 'trainer.hidden'] });
  });
});

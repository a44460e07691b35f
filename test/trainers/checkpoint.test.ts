import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  type TrainingIdentity,
} from '../../src/trainers/checkpoint.ts';

const identity: TrainingIdentity = {
  dataset: '0123456789abcdef',
  trainer: { hidden: 4, batch: 10, learning_rate: { min: 0, max: 0.1, step_size: 5 } },
  params: { lambda: 1e-3 },
  seed: 3,
  replicate: 1,
};
const state = { step: 40, bytes: Uint8Array.from({ length: 300 }, (_, i) => i % 256) };
const bytes = Buffer.concat(encodeCheckpoint(identity, state));

test('a decoded checkpoint has the state that was encoded', () => {
  const read = decodeCheckpoint(bytes, identity);
  expect(read).toEqual({
    kind: 'state',
    state: { step: 40, bytes: expect.any(Uint8Array) },
  });
  expect(read.kind === 'state' && [...read.state.bytes]).toEqual([...state.bytes]);
});

test('a checkpoint with any byte changed, or cut anywhere, is damaged', () => {
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

test('a checkpoint of another training is not used, and the differing fields are reported', () => {
  const fields = (other: Partial<TrainingIdentity>): unknown =>
    decodeCheckpoint(bytes, { ...identity, ...other });
  expect(fields({ params: { lambda: 2e-3 } })).toEqual({ kind: 'other', fields: ['lambda'] });
  expect(fields({ trainer: { ...identity.trainer, batch: 20 } })).toEqual({
    kind: 'other',
    fields: ['trainer.batch'],
  });
  expect(fields({ dataset: 'f', trainer: { ...identity.trainer, shift: 1 } })).toEqual({
    kind: 'other',
    fields: ['dataset', 'trainer.shift'],
  });
});

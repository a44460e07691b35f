/** Uploaded states: a state of another worker is used only if it gives the stored result of its rung. */
import { expect, test } from 'vitest';
import { classificationMetrics as metrics } from '../../../src/study/metrics.ts';
import { resultFingerprint } from '../../../src/study/result-fingerprint.ts';
import type { ReachedRung, TrainingState } from '../../../src/trainers/train-trials.ts';
import { cycleEnds } from '../../../src/trainers/two-layer/schedule.ts';
import { portableKernel } from './support/portable-kernel.ts';
import { plainSettings, randomImages, splitImages } from './support/synthetic-images.ts';
import { trainPack } from './support/train-pack.ts';

const shape = { channels: 3, height: 5, width: 4, classes: 3 };
const data = splitImages(randomImages(1, 60, shape), 40, 10);
const settings = { ...plainSettings, dropout: 0.3, cycles: 3 };
const request = { seed: 7, replicate: 1, settings, lambdas: [1e-3, 1e-2], measureTest: true };
const whole = trainPack(portableKernel, request, data);
const [step = 0] = cycleEnds(settings, 40);

const rungs: ReachedRung[] = [];
const atRung = trainPack(portableKernel, { ...request, measureTest: false, toStep: step }, data, {
  onRung: (member, rung) => (rungs[member] = rung),
});
const states = rungs.map(({ digest, state }, member): TrainingState => {
  const fingerprint = resultFingerprint(atRung[member]!, metrics, false);
  return { step, bytes: state!, expected: { digest, fingerprint, metrics } };
});

function resumed(change: (state: TrainingState) => TrainingState) {
  let isRejected = false;
  const resume = [change(states[0]!), change(states[1]!)];
  const results = trainPack(portableKernel, { ...request, resume }, data, {
    onRejected: () => (isRejected = true),
  });
  return { results, isRejected };
}

const withBytes = (state: TrainingState, change: (bytes: Uint8Array) => Uint8Array) => ({
  ...state,
  bytes: change(state.bytes.slice()),
});

test('a right state of another worker gives the result of an uninterrupted training', () => {
  expect(resumed((state) => state)).toEqual({ results: whole, isRejected: false });
});

test.each<[string, (state: TrainingState) => TrainingState]>([
  [
    'other parameters',
    (state) =>
      withBytes(state, (bytes) => {
        bytes[bytes.length - 1]! ^= 1;
        return bytes;
      }),
  ],
  [
    'another learning curve',
    (state) =>
      withBytes(state, (bytes) => {
        const text = Buffer.from(bytes).toString('latin1');
        return Buffer.from(text.replace(/"train_loss":\d/, '"train_loss":9'), 'latin1');
      }),
  ],
  [
    'another step',
    (state) =>
      withBytes(state, (bytes) => {
        const text = Buffer.from(bytes).toString('latin1');
        return Buffer.from(text.replace(`"step":${step}`, `"step":${step + 1}`), 'latin1');
      }),
  ],
  [
    'an earlier step',
    (state) =>
      withBytes(state, (bytes) => {
        const text = Buffer.from(bytes).toString('latin1');
        return Buffer.from(text.replace(`"step":${step}`, '"step":-1e15'), 'latin1');
      }),
  ],
  ['too few bytes', (state) => withBytes(state, (bytes) => bytes.subarray(1))],
  ['no content', (state) => withBytes(state, () => new Uint8Array(0))],
])(
  'a state with %s is rejected, and the pack gives its result from the first step',
  (_, change) => {
    expect(resumed(change)).toEqual({ results: whole, isRejected: true });
  },
);

test('a state with the result of another rung is rejected', () => {
  const fingerprint = 'f'.repeat(64);
  const other = (state: TrainingState) => ({
    ...state,
    expected: { ...state.expected!, fingerprint },
  });
  expect(resumed(other)).toEqual({ results: whole, isRejected: true });
});

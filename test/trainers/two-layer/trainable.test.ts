import { expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import { portableKernel } from './support/portable-kernel.ts';
import { plainSettings, randomImages, splitImages } from './support/synthetic-images.ts';
import { trainPack } from './support/train-pack.ts';

const images = randomImages(11, 150, { channels: 3, height: 6, width: 5, classes: 7 });
const data = splitImages(images, 90, 40);

/** The error that training with these settings and data throws. */
function refusal(overrides: object, on = data): RidgelineError {
  const settings = { ...plainSettings, ...overrides };
  try {
    trainPack(
      portableKernel,
      { seed: 1, replicate: 1, settings, lambdas: [0], measureTest: false },
      on,
    );
  } catch (error) {
    if (error instanceof RidgelineError) return error;
    throw error;
  }
  throw new Error('training did not fail');
}

const small = (width: number, classes: number) =>
  splitImages(randomImages(1, 20, { channels: 1, height: 9, width, classes }), 10, 5);

test('training refuses an empty split', () => {
  const empty = { images, records: new Uint32Array(0) };
  expect(refusal({}, { ...data, train: empty }).message).toMatch(/train split has no records/);
  expect(refusal({}, { ...data, validation: empty }).code).toBe('STUDY_INVALID');
});

test('training refuses a shift as large as the images', () => {
  expect(refusal({ shift: 5 }).message).toMatch(/6×5.*\n.*below 5/);
});

test('training refuses to mirror images that are one pixel wide', () => {
  expect(refusal({ mirror: true }, small(1, 2)).message).toMatch(/mirror/);
});

test('training refuses splits of different shapes', () => {
  const { validation } = small(2, 7);
  expect(refusal({}, { ...data, validation }).fix).toMatch(/same data set/);
});

test('training refuses a batch that does not fit the memory of a thread', () => {
  const many = { ...data.train, records: new Uint32Array(100_000) };
  expect(refusal({ hidden: 4096, batch: 100_000 }, { ...data, train: many }).message).toMatch(
    /MiB.*\n.*smaller trainer.batch/,
  );
});

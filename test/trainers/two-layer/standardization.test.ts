import { expect, test } from 'vitest';
import { standardize } from '../../../src/trainers/two-layer/standardization.ts';
import { randomImages, splitImages } from './support/synthetic-images.ts';

const shape = { channels: 1, height: 1, width: 3, classes: 2 };

test('standardisation uses the records of the split only', () => {
  const pixels = Uint8Array.of(10, 7, 0, 255, 255, 255, 20, 7, 255, 30, 7, 0);
  const images = { pixels, labels: new Uint8Array(4), ...shape, pixelMax: 255 };
  const { scale, offset, meanByte } = standardize({
    images,
    records: Uint32Array.of(0, 2, 3),
  });
  // 10, 20, 30: μ = 20, σ² = 200/3. 7, 7, 7: no deviation. 0, 255, 0: μ = 85, σ = 85·√2.
  expect([...scale]).toEqual([Math.sqrt(3 / 200), 0, 1 / (85 * Math.SQRT2)].map(Math.fround));
  expect([...offset]).toEqual([-20 * Math.sqrt(3 / 200), 0, -1 / Math.SQRT2].map(Math.fround));
  expect([...meanByte]).toEqual([20, 7, 85]);
});

test('standardisation does not depend on the order of records, to the last bit', () => {
  const images = randomImages(3, 400, { ...shape, width: 40 });
  const { train } = splitImages(images, 400, 0);
  const reversed = { images, records: train.records.toReversed() };
  expect(standardize(reversed)).toEqual(standardize(train));
});

test('standardisation is computed once for a split with a key, and a split with another key gets its own', () => {
  const images = randomImages(3, 400, { ...shape, width: 40 });
  const { train, validation } = splitImages(images, 300, 100);
  const first = standardize({ ...train, key: 'a' });
  // The other records show that nothing is computed.
  expect(standardize({ ...validation, key: 'a' })).toBe(first);
  expect(standardize({ ...validation, key: 'b' })).toEqual(standardize(validation));
  expect(standardize(validation)).not.toEqual(first);
});

test('standardisation is exact if N · Σu² exceeds 2^53', () => {
  const count = 600_000;
  const pixels = Uint8Array.from({ length: count }, (_, r) => (r === 0 ? 254 : 255));
  const images = {
    pixels,
    labels: new Uint8Array(count),
    channels: 1,
    height: 1,
    width: 1,
    classes: 2,
    pixelMax: 255,
  };
  const { scale } = standardize(splitImages(images, count, 0).train);
  // One of N pixels differs by 1: σ² = (N − 1) / N².
  expect(scale[0]).toBe(Math.fround(count / Math.sqrt(count - 1)));
});

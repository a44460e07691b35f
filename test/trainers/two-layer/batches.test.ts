import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mirrorImage, shiftImage } from '../../../src/trainers/two-layer/augmentation.ts';
import { Batches } from '../../../src/trainers/two-layer/batches.ts';
import { naiveKernel } from './support/naive-kernel.ts';
import { plainSettings, randomImages, splitImages } from './support/synthetic-images.ts';

const shape = { channels: 2, height: 3, width: 4, classes: 23 };
const inputs = 24;
const images = randomImages(2, 23, shape);
const { train } = splitImages(
  { ...images, labels: Uint8Array.from({ length: 23 }, (_, r) => r) },
  23,
  0,
);
const fill = new Uint8Array(inputs).fill(200);

/** Labels, which are record numbers here, and pixels of the first `steps` batches. */
function firstBatches(
  settings: typeof plainSettings,
  steps: number,
  seed = 1,
  replicate = 1,
): { records: number[]; pixels: string[] }[] {
  const network = naiveKernel.openPack({ members: 1, inputs, hidden: 1, classes: 2, rows: 8 });
  const batches = new Batches(train, settings, seed, replicate, fill);
  return Array.from({ length: steps }, (_, step) => {
    const rows = batches.load(network, step);
    const row = (i: number): string =>
      network
        .copyImages()
        .subarray(i * inputs, (i + 1) * inputs)
        .join();
    return {
      records: [...network.labels.subarray(0, rows)],
      pixels: Array.from({ length: rows }, (_unused, i) => row(i)),
    };
  });
}

describe('the batches of a training run', () => {
  test('contain every record once per epoch, in another order each time, with a short last batch', () => {
    const [a, b, c, d, e, f] = firstBatches(plainSettings, 6).map((batch) => batch.records);
    const everyone = Array.from({ length: 23 }, (_, r) => r);
    expect(c).toHaveLength(7);
    expect([...a!, ...b!, ...c!].toSorted((x, y) => x - y)).toEqual(everyone);
    expect([...d!, ...e!, ...f!].toSorted((x, y) => x - y)).toEqual(everyone);
    expect([...a!, ...b!, ...c!]).not.toEqual([...d!, ...e!, ...f!]);
  });

  test('depend on seed and replicate', () => {
    expect(firstBatches(plainSettings, 3)).toEqual(firstBatches(plainSettings, 3));
    expect(firstBatches(plainSettings, 3)).not.toEqual(firstBatches(plainSettings, 3, 2));
    expect(firstBatches(plainSettings, 3)).not.toEqual(firstBatches(plainSettings, 3, 1, 2));
  });

  test('have the pixels of their records if there is no augmentation', () => {
    for (const { records, pixels } of firstBatches(plainSettings, 3)) {
      records.forEach((r, i) => {
        expect(pixels[i]).toBe(images.pixels.subarray(r * inputs, (r + 1) * inputs).join());
      });
    }
  });

  test('have about half of the records mirrored, and other ones in the next epoch', () => {
    const mirrored = firstBatches({ ...plainSettings, mirror: true }, 60).map(
      ({ records, pixels }) =>
        records.filter(
          (r, i) => pixels[i] !== images.pixels.subarray(r * inputs, (r + 1) * inputs).join(),
        ),
    );
    const count = mirrored.flat().length; // of 460
    expect(count).toBeGreaterThan(180);
    expect(count).toBeLessThan(280);
    const ofEpoch = (e: number): string =>
      mirrored
        .slice(3 * e, 3 * e + 3)
        .flat()
        .toSorted((x, y) => x - y)
        .join();
    expect(ofEpoch(0)).not.toBe(ofEpoch(1));
  });

  test('augment a record by epoch and record, independent of the batch size', () => {
    const changing = { ...plainSettings, mirror: true, shift: 1 };
    const byRecord = (batch: number, steps: number): Map<number, string> =>
      new Map(
        firstBatches({ ...changing, batch }, steps).flatMap(({ records, pixels }) =>
          records.map((r, i): [number, string] => [r, pixels[i]!]),
        ),
      );
    expect(byRecord(8, 3)).toEqual(byRecord(5, 5));
  });
});

/** A small image after augmentation; 99 is the fill. */
function augment(mirrored: boolean, right: number, down: number): number[] {
  const image = Uint8Array.of(1, 2, 3, 4, 5, 6); // 2 rows of 3
  const geometry = { ...images, channels: 1, height: 2, width: 3 };
  if (mirrored) mirrorImage(image, geometry);
  shiftImage(image, new Uint8Array(6).fill(99), geometry, right, down);
  return [...image];
}

describe('an augmented image', () => {
  test('is mirrored left to right, then shifted, with the fill in the gap', () => {
    expect(augment(true, 0, 0)).toEqual([3, 2, 1, 6, 5, 4]);
    expect(augment(false, 1, 0)).toEqual([99, 1, 2, 99, 4, 5]);
    expect(augment(false, -2, 0)).toEqual([3, 99, 99, 6, 99, 99]);
    expect(augment(false, 0, 1)).toEqual([99, 99, 99, 1, 2, 3]);
    expect(augment(false, 0, -1)).toEqual([4, 5, 6, 99, 99, 99]);
    expect(augment(true, 1, -1)).toEqual([99, 6, 5, 99, 99, 99]);
  });

  test('is mirrored as defined, for every width', () => {
    const side = fc.integer({ min: 1, max: 13 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 0, max: 4 }), (h, w, offset) => {
        const image = Uint8Array.from({ length: 2 * h * w }, (_, i) => i % 251);
        const mirrored = new Uint8Array(offset + image.length).subarray(offset);
        mirrored.set(image);
        mirrorImage(mirrored, { channels: 2, height: h, width: w });
        expect(mirrored).toEqual(image.map((_, i) => image[i - (i % w) + (w - 1 - (i % w))]!));
      }),
    );
  });

  test('is shifted as defined, for every shape', () => {
    const side = fc.integer({ min: 1, max: 6 });
    const anyShift = fc.integer({ min: -5, max: 5 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.integer({ min: 1, max: 3 }),
        anyShift,
        anyShift,
        (h, w, c, x, y) => {
          const [right, down] = [x % w, y % h];
          const shape = { channels: c, height: h, width: w };
          const image = Uint8Array.from({ length: c * h * w }, (_, i) => i);
          const fill = image.map((pixel) => 255 - pixel);
          const shifted = image.slice();
          shiftImage(shifted, fill, shape, right, down);
          const expected = fill.map((gap, i) => {
            const [fromX, fromY] = [(i % w) - right, (Math.floor(i / w) % h) - down];
            const isInside = fromX >= 0 && fromX < w && fromY >= 0 && fromY < h;
            return isInside ? image[i - down * w - right]! : gap;
          });
          expect(shifted).toEqual(expected);
        },
      ),
    );
  });
});

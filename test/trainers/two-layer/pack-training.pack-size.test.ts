import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Kernel } from '../../../src/trainers/two-layer/kernel.ts';
import { nativeKernels } from './support/native-kernel.ts';
import { avx2Kernel, portableKernel, whyNoAvx2Kernel } from './support/portable-kernel.ts';
import { plainSettings, randomImages, splitImages } from './support/synthetic-images.ts';
import { trainPack } from './support/train-pack.ts';

/** With more inputs than a block of the product has. */
const data = splitImages(
  randomImages(31, 60, { channels: 3, height: 17, width: 16, classes: 10 }),
  45,
  15,
);

function digests(kernel: Kernel, hidden: number, batch: number, lambdas: readonly number[]) {
  const settings = { ...plainSettings, hidden, batch, cycles: undefined, epochs: 1 };
  const request = { seed: 8, replicate: 1, settings, lambdas, measureTest: false };
  return trainPack(kernel, request, data).map((result) =>
    result.kind === 'complete' ? result.digest : result.kind,
  );
}

const kernels = [
  { name: 'portable', kernel: portableKernel, whyNot: '' },
  { name: 'portable avx2', kernel: avx2Kernel, whyNot: whyNoAvx2Kernel },
  ...nativeKernels,
];

describe.each(kernels)('the $name kernel', ({ kernel, whyNot }) => {
  beforeEach(({ skip }) => skip(kernel === null, whyNot));

  test('gives a trial the same digest as the portable kernel does alone, in packs of every size', () => {
    const alone = new Map<string, string>();
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(1, 3, 50), fc.integer({ min: 1, max: 60 })),
        fc.oneof(fc.constantFrom(1, 45), fc.integer({ min: 1, max: 45 })),
        fc.array(fc.constantFrom(0, 1e-9, 1e-5, 0.1), { minLength: 1, maxLength: 8 }),
        (hidden, batch, lambdas) => {
          const expected = lambdas.map((lambda) => {
            const key = `${hidden} ${batch} ${lambda}`;
            const known = alone.get(key) ?? digests(portableKernel, hidden, batch, [lambda])[0]!;
            alone.set(key, known);
            return known;
          });
          expect(digests(kernel!, hidden, batch, lambdas)).toEqual(expected);
        },
      ),
      { numRuns: 15 },
    );
  });
});

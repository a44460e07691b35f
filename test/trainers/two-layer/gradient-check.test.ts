import { describe, expect, test } from 'vitest';
import { checkGradients, isCorrect } from '../../../src/trainers/two-layer/gradient-check.ts';
import { initialParameters } from '../../../src/trainers/two-layer/model.ts';
import { naiveKernel } from './support/naive-kernel.ts';
import type { Kernel } from '../../../src/trainers/two-layer/pack-network.ts';
import { portableKernel } from './support/portable-kernel.ts';

const small = { inputs: 11, hidden: 7, classes: 4, rows: 9, lambda: 0, seed: 1, samples: 300 };
const real = {
  inputs: 3072,
  hidden: 50,
  classes: 10,
  rows: 100,
  lambda: 0,
  seed: 2,
  samples: 40,
};

describe('the gradients', () => {
  test.each([
    ['of a small network without decay', portableKernel, small],
    ['of a small network with decay', portableKernel, { ...small, lambda: 0.3 }],
    ['of a small network by the naive kernel', naiveKernel, small],
    ['of one unit and one record', portableKernel, { ...small, hidden: 1, rows: 1 }],
    ['of a 3072-50-10 network without decay', portableKernel, real],
    ['of a 3072-50-10 network with decay', portableKernel, { ...real, lambda: 0.01 }],
  ] as const)(
    '%s are those of the oracle, and the oracle agrees with differences',
    (_, kernel, request) => {
      for (const group of checkGradients(kernel, request)) {
        expect(group.compared, group.name).toBeGreaterThan(10 * group.leftOut);
        expect(isCorrect(group), group.name).toBe(true);
        expect(group.oracleError, group.name).toBeLessThanOrEqual(1e-8);
        expect(group.maxAbsoluteError, group.name).toBeLessThanOrEqual(2e-6);
        expect(group.normError, group.name).toBeLessThanOrEqual(1e-5);
      }
    },
  );

  test('of a kernel with an error in b1 fail the check in group b1 only', () => {
    const wrong: Kernel = {
      name: 'naive',
      openPack(shape) {
        const network = naiveKernel.openPack(shape);
        const gradients = network.gradients.bind(network);
        network.gradients = (rows) => {
          const [gradient] = gradients(rows);
          gradient!.b1[0]! += 1e-4;
          return [gradient!];
        };
        return network;
      },
    };
    const failing = checkGradients(wrong, small).filter((group) => !isCorrect(group));
    expect(failing.map((group) => group.name)).toEqual(['b1']);
  });

  test('have the same bits in both kernels for every member, and do not change parameters', () => {
    const shape = { inputs: 30, hidden: 5, classes: 3, members: 3, rows: 11 };
    const [ofPortable, ofNaive] = [portableKernel, naiveKernel].map((kernel) => {
      const network = kernel.openPack(shape);
      network.setStandardization({
        scale: new Float32Array(30).fill(0.02),
        offset: new Float32Array(30).fill(-1),
        meanByte: new Uint8Array(30),
      });
      const parameters = [1, 2, 3].map((seed) => initialParameters(seed, 1, shape));
      parameters.forEach((p, member) => network.setParameters(member, p));
      const pixels = Uint8Array.from({ length: 330 }, (_unused, i) => (i * 37) % 256);
      const records = Uint32Array.from({ length: 11 }, (_unused, i) => i);
      network.setImages(pixels, records);
      network.labels.set(Uint8Array.from({ length: 11 }, (_unused, i) => i % 3));
      const gradients = network.gradients(11);
      expect([0, 1, 2].map((member) => network.parameters(member))).toEqual(parameters);
      return gradients;
    });
    expect(ofPortable).toEqual(ofNaive);
  });
});

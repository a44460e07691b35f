import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  allFinite,
  parametersDigest,
  initialParameters,
  squaredNorm,
  zeroParameters,
} from '../../../src/trainers/two-layer/model.ts';

const shape = { inputs: 300, hidden: 40, classes: 10 };

function deviation(w: Float32Array): number {
  return Math.sqrt(w.reduce((sum, v) => sum + v * v, 0) / w.length);
}

describe('initial parameters', () => {
  const first = initialParameters(1, 1, shape);

  test('are normal with deviation 1/√(fan-in); biases are 0', () => {
    expect(deviation(first.w1) * Math.sqrt(300)).toBeCloseTo(1, 1);
    expect(deviation(first.w2) * Math.sqrt(40)).toBeCloseTo(1, 1);
    expect(new Set([...first.b1, ...first.b2])).toEqual(new Set([0]));
  });

  test('are equal for equal seed and replicate, and differ otherwise', () => {
    const digests = [
      initialParameters(1, 1, shape),
      initialParameters(2, 1, shape),
      initialParameters(1, 2, shape),
    ].map(parametersDigest);
    expect(digests[0]).toBe(parametersDigest(first));
    expect(new Set(digests).size).toBe(3);
  });
});

describe('the digest of parameters', () => {
  test('is the SHA-256 of little-endian w1, b1, w2, b2', () => {
    const parameters = {
      w1: Float32Array.of(1, -2),
      b1: Float32Array.of(0.5),
      w2: Float32Array.of(3),
      b2: Float32Array.of(-0),
    };
    const bytes = Buffer.from(
      '0000803f 000000c0 0000003f 00004040 00000080'.replaceAll(' ', ''),
      'hex',
    );
    expect(parametersDigest(parameters)).toBe(createHash('sha256').update(bytes).digest('hex'));
  });
});

test('the squared norm does not include biases, and the largest floats do not overflow it', () => {
  const parameters = {
    ...zeroParameters({ inputs: 1, hidden: 2, classes: 1 }),
    w1: Float32Array.of(3, 4),
    b1: Float32Array.of(9, 9),
    w2: Float32Array.of(0, 2),
  };
  expect(squaredNorm(parameters)).toBe(29);
  expect(allFinite({ ...parameters, w1: Float32Array.of(3.4e38, 3.4e38) })).toBe(true);
  expect(allFinite({ ...parameters, b2: Float32Array.of(NaN) })).toBe(false);
  expect(allFinite({ ...parameters, w2: Float32Array.of(0, -Infinity) })).toBe(false);
});

/** Random numbers: reference vectors, independence of the reading order, and distributions. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { philox4x32, RandomStream } from '../../src/base/philox.ts';

type Words = readonly [number, number, number, number];

function block(counter: Words, key: readonly [number, number]): string {
  const out = new Uint32Array(4);
  philox4x32(out, ...counter, ...key);
  return [...out].map((word) => word.toString(16).padStart(8, '0')).join(' ');
}

describe('philox4x32', () => {
  test('philox4x32 gives the reference vectors of Random123', () => {
    const ones = 0xffffffff;
    expect(block([0, 0, 0, 0], [0, 0])).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    expect(block([ones, ones, ones, ones], [ones, ones])).toBe(
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    );
    expect(block([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toBe(
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    );
  });
});

function mean(of: readonly number[]): number {
  return of.reduce((a, b) => a + b, 0) / of.length;
}

const seed = fc.maxSafeNat();
const place = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const index = fc.integer({ min: 0, max: 10_000 });

describe('RandomStream', () => {
  test('a number of a stream depends on its index only, not on the reading order', () => {
    fc.assert(
      fc.property(seed, place, place, fc.array(index, { minLength: 1 }), (s, p, q, indices) => {
        const forwards = new RandomStream(s, 'weights', p, q);
        const expected = new Map(indices.map((i) => [i, forwards.normalAt(i)]));
        const backwards = new RandomStream(s, 'weights', p, q);
        return indices.toReversed().every((i) => backwards.normalAt(i) === expected.get(i));
      }),
    );
  });

  test('streams differ by seed, also above 2^32, by purpose and by place', () => {
    const words = [
      new RandomStream(1, 'weights'),
      new RandomStream(2 ** 32 + 1, 'weights'),
      new RandomStream(1, 'lambda'),
      new RandomStream(1, 'weights', 1),
      new RandomStream(1, 'weights', 0, 1),
    ].map((stream) => stream.uint32At(0));
    expect(new Set(words).size).toBe(words.length);
  });

  test('a stream rejects seeds that are negative, fractional or too large', () => {
    expect(() => new RandomStream(-1, 'weights')).toThrow(/seed/);
    expect(() => new RandomStream(0.5, 'weights')).toThrow(/seed/);
    expect(() => new RandomStream(2 ** 53, 'weights')).toThrow(/seed/);
  });

  test('uniform numbers pass a chi-square test', () => {
    const stream = new RandomStream(7, 'lambda');
    const bins = new Uint32Array(20);
    for (let i = 0; i < 20_000; i++) bins[Math.floor(stream.uniformAt(i) * 20)]!++;
    const chiSquare = bins.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(43.8); // 19 degrees of freedom, p = 0.001; the seed is fixed.
  });

  test('normal numbers have the right moments, and halves of a pair are uncorrelated', () => {
    const stream = new RandomStream(8, 'weights');
    const values = Array.from({ length: 20_000 }, (_, i) => stream.normalAt(i));
    expect(Math.abs(mean(values))).toBeLessThan(0.025);
    expect(mean(values.map((v) => v * v))).toBeCloseTo(1, 1);
    expect(mean(values.map((v) => v ** 4))).toBeGreaterThan(2.8);
    expect(mean(values.map((v) => v ** 4))).toBeLessThan(3.2);
    const product = values.flatMap((v, i) => (i % 2 === 0 ? [v * values[i + 1]!] : []));
    expect(Math.abs(mean(product))).toBeLessThan(0.04);
  });

  test('a permutation has every number once, and every order is equally likely', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 0, max: 300 }), (s, count) => {
        const order = new RandomStream(s, 'recordOrder').permutation(count);
        return new Set(order).size === count && order.every((i) => i < count);
      }),
    );
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 6000; epoch++) {
      const order = new RandomStream(9, 'recordOrder', 1, epoch).permutation(3).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const n of counts.values()) expect(Math.abs(n - 1000)).toBeLessThan(120);
  });
});

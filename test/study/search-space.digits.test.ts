/** Digits of parameters that are shown together. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distinctTexts } from '../../src/study/search-space.ts';

const texts = (...values: number[]): string[] => values.map(distinctTexts(values));

test('numbers have three digits, and more only if another one would look the same', () => {
  expect(texts(1e-6, 0.012577841815055349, 1)).toEqual(['1.00e-6', '1.26e-2', '1.00e+0']);
  expect(texts(0.0100123, 0.0100178, 0.5, 0.5)).toEqual([
    '1.001e-2',
    '1.002e-2',
    '5.00e-1',
    '5.00e-1',
  ]);
  expect(texts(0.01, 0.010000000000000002)).toEqual([
    '1.0000000000000000e-2',
    '1.0000000000000002e-2',
  ]);
});

test('different numbers have different texts, whatever they are', () => {
  const near = fc
    .tuple(fc.double({ min: 1e-9, max: 10, noNaN: true }), fc.integer({ min: 0, max: 1e6 }))
    .map(([value, steps]) => value * (1 + steps * Number.EPSILON));
  fc.assert(
    fc.property(fc.array(near, { minLength: 2, maxLength: 30 }), (values) => {
      expect(new Set(texts(...values)).size).toBe(new Set(values).size);
    }),
  );
});

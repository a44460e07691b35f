/** Scales of hyperparameters, from the spaces of the stages and the values that were tried. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cellCount,
  parameterScale,
  positionOn,
  valueAt,
} from '../../../src/search/analysis/parameter-scale.ts';
import type { Distribution, ParamValue } from '../../../src/study/search-space.ts';

function scaleOf(distributions: readonly Distribution[], values: readonly ParamValue[] = []) {
  return parameterScale(
    'x',
    distributions.map((x) => ({ x })),
    values.map((x) => ({ params: { x } })),
  );
}

test('a scale reaches over the ranges of all stages and over known configurations', () => {
  const wide = { distribution: 'log_uniform', min: 1e-9, max: 1e-1 } as const;
  const fine = { distribution: 'log_uniform', min: 1e-3, max: 1e-2 } as const;
  expect(scaleOf([wide, fine], [0.5, 0])).toStrictEqual({
    kind: 'log',
    isWhole: false,
    min: 1e-9,
    max: 0.5,
    hasZero: true,
  });
});

test('0 has the left end of a logarithmic scale', () => {
  const scale = scaleOf([{ distribution: 'log_uniform', min: 1e-4, max: 1 }], [0]);
  expect(positionOn(scale, 0)).toBe(0);
  expect(positionOn(scale, 1e-2)).toBeCloseTo(0.5, 12);
});

test('a list of values has numbers in ascending order, and its values have cells of equal size', () => {
  const scale = scaleOf([{ distribution: 'values', values: [100, 25, 50] }]);
  expect(scale).toStrictEqual({ kind: 'list', values: [25, 50, 100] });
  expect(positionOn(scale, 50)).toBe(0.5);
});

test('words and switches keep the order of the study file', () => {
  const scale = scaleOf([{ distribution: 'values', values: ['relu', 'gelu'] }], [true, 'tanh']);
  expect(scale).toStrictEqual({ kind: 'list', values: ['relu', 'gelu', true, 'tanh'] });
});

test('a parameter without distribution and without values has a scale', () => {
  expect(parameterScale('x', [null], [{ params: {} }])).toMatchObject({ kind: 'log' });
});

test('the value at a position has that position, on every scale', () => {
  const distribution = fc.oneof(
    fc.constant<Distribution>({ distribution: 'uniform', min: -1, max: 3 }),
    fc.constant<Distribution>({ distribution: 'log_uniform', min: 1e-9, max: 0.1 }),
    fc.constant<Distribution>({ distribution: 'integer', min: 20, max: 200 }),
    fc.constant<Distribution>({ distribution: 'values', values: ['a', 'b', true] }),
  );
  fc.assert(
    fc.property(distribution, fc.double({ min: 0, max: 1, noNaN: true }), (one, position) => {
      const scale = scaleOf([one]);
      const cells = cellCount(scale);
      const off = Math.abs(positionOn(scale, valueAt(scale, position)) - position);
      expect(off).toBeLessThanOrEqual(cells === null ? 1e-9 : 0.5 / cells + 1e-9);
    }),
  );
});

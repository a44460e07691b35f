import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { proposeParams, type Evidence } from '../../../src/search/samplers/model.ts';
import { quantile, unitOf } from '../../../src/search/samplers/distribution.ts';
import type { Distribution, Params, SearchSpace } from '../../../src/study/search-space.ts';

const space: SearchSpace = {
  lambda: { distribution: 'log_uniform', min: 1e-6, max: 1 },
  hidden: { distribution: 'values', values: [20, 50, 100] },
  dropout: { distribution: 'uniform', min: 0, max: 0.5, where: { hidden: [100] } },
};
const slot = { seed: 7, stage: 'coarse', index: 12 };
const evidence: Evidence = {
  good: [
    { lambda: 1e-2, hidden: 100, dropout: 0.1 },
    { lambda: 2e-2, hidden: 100, dropout: 0.12 },
  ],
  bad: [
    { lambda: 1e-6, hidden: 20 },
    { lambda: 1e-5, hidden: 50 },
    { lambda: 1e-4, hidden: 20 },
    { lambda: 0.9, hidden: 50 },
    { lambda: 0.5, hidden: 100, dropout: 0.5 },
  ],
};

describe('a proposal of the model', () => {
  test('is near the good configurations, and away from the bad ones', () => {
    const proposals = Array.from({ length: 40 }, (_, index) =>
      proposeParams({ ...slot, index }, space, evidence),
    );
    const lambdas = proposals.map(({ lambda }) => Number(lambda));
    expect(lambdas.filter((lambda) => lambda > 1e-3 && lambda < 0.2).length).toBeGreaterThan(35);
    expect(proposals.filter(({ hidden }) => hidden === 100).length).toBeGreaterThan(35);
  });

  test('has the same bits in any order of the evidence and of the hyperparameters', () => {
    const expected = proposeParams(slot, space, evidence);
    const reversed = Object.fromEntries(Object.entries(space).toReversed());
    const shuffled = { good: evidence.good.toReversed(), bad: evidence.bad.toReversed() };
    expect(proposeParams(slot, reversed, shuffled)).toEqual(expected);
  });

  test('has the same values in every release', () => {
    expect(proposeParams(slot, space, evidence)).toMatchInlineSnapshot(`
      {
        "dropout": 0.09426598198818277,
        "hidden": 100,
        "lambda": 0.012384622167453292,
      }
    `);
  });

  test('differs between seeds, stages and trials', () => {
    const slots = [slot, { ...slot, seed: 8 }, { ...slot, stage: 'fine' }, { ...slot, index: 13 }];
    const proposals = slots.map((one) => proposeParams(one, space, evidence)['lambda']);
    expect(new Set(proposals).size).toBe(slots.length);
  });

  test('moves away from a proposal of the same round', () => {
    const first = proposeParams(slot, space, evidence);
    const repeated = Array.from({ length: 30 }, () => first);
    const next = proposeParams(slot, space, { ...evidence, bad: [...evidence.bad, ...repeated] });
    expect(next).not.toEqual(first);
  });

  test('is in the space, also without evidence or with values from outside of it', () => {
    const outside: Params = { lambda: 0, hidden: 7, dropout: 2 };
    for (const given of [
      { good: [], bad: [] },
      { good: [outside], bad: [outside, {}] },
    ])
      for (let index = 1; index < 40; index++) {
        const params = proposeParams({ ...slot, index }, space, given);
        expect(params['lambda']).toBeGreaterThanOrEqual(1e-6);
        expect(params['lambda']).toBeLessThanOrEqual(1);
        expect([20, 50, 100]).toContain(params['hidden']);
        expect(params['dropout'] === undefined).toBe(params['hidden'] !== 100);
      }
  });
});

describe('the number of a value in its distribution', () => {
  const distributions: readonly Distribution[] = [
    { distribution: 'log_uniform', min: 1e-9, max: 1e-1 },
    { distribution: 'uniform', min: -2, max: 0.5 },
    { distribution: 'integer', min: 3, max: 17 },
    { distribution: 'log_integer', min: 1, max: 500 },
  ];

  test('gives the value back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...distributions),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (distribution, u) => {
          const value = Number(quantile(distribution, u));
          const unit = unitOf(distribution, value);
          expect(Number(quantile(distribution, unit!))).toBeCloseTo(value, 9);
        },
      ),
    );
  });

  test('is null outside of the distribution, and the index of a value in a list', () => {
    for (const distribution of distributions)
      for (const value of [-3, 501, 'x', true]) expect(unitOf(distribution, value)).toBe(null);
    const list: Distribution = { distribution: 'values', values: [false, 'a', 3] };
    expect([false, 'a', 3, 4].map((value) => unitOf(list, value))).toEqual([0, 1, 2, null]);
  });
});

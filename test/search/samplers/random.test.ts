import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleLogUniform } from '../../../src/search/samplers/distribution.ts';
import { sampleTrials } from '../../../src/search/samplers/sample-trials.ts';
import { numberParam, type SearchSpace } from '../../../src/study/search-space.ts';
import { trialName } from '../../../src/study/trial.ts';
import { exampleStudy } from '../../study/support/example-study.ts';

const range = fc
  .tuple(
    fc.double({ min: 1e-12, max: 1e3, noNaN: true }),
    fc.double({ min: 1, max: 1e9, noNaN: true }),
  )
  .map(([min, ratio]) => ({ min, max: min * ratio }));
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const logUniform = (min: number, max: number): SearchSpace => ({
  lambda: { distribution: 'log_uniform', min, max },
});
/** λ of the trials 1 … `trials`. */
const sampleLambdas = (seed: number, trials: number, space: SearchSpace): number[] =>
  sampleTrials({ seed, racing: false, replicates: 1 }, { name: 'coarse', trials }, space).map(
    ({ params }) => numberParam(params, 'lambda'),
  );

describe('sampleLogUniform', () => {
  test('returns a value in [min, max]', () => {
    fc.assert(
      fc.property(range, unit, (bounds, u) => {
        const value = sampleLogUniform(bounds, u);
        return bounds.min <= value && value <= bounds.max;
      }),
    );
  });

  test('returns the bound if both bounds are equal', () => {
    fc.assert(
      fc.property(range, unit, ({ min }, u) => sampleLogUniform({ min, max: min }, u) === min),
    );
  });

  test('returns the geometric mean for u = 0.5', () => {
    expect(sampleLogUniform({ min: 1e-9, max: 1e-1 }, 0.5)).toBeCloseTo(1e-5, 18);
    expect(sampleLogUniform({ min: 1e-9, max: 1e-1 }, 0)).toBeCloseTo(1e-9, 22);
  });

  test('samples each decade equally often', () => {
    const counts = [0, 0, 0, 0];
    for (const lambda of sampleLambdas(7, 4_000, logUniform(1e-4, 1))) {
      const decade = Math.floor(Math.log10(lambda)) + 4;
      counts[decade] = counts[decade]! + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(5 * Math.sqrt(750));
  });
});

describe('sampleTrials', () => {
  test('keeps the trials of a stage that is extended, and differs between stages and seeds', () => {
    const spec = exampleStudy();
    const stage = spec.stages[0]!;
    const space = logUniform(1e-9, 1e-1);
    const short = sampleTrials(spec, stage, space);
    const long = sampleTrials(spec, { ...stage, trials: 40 }, space);
    expect(long.slice(0, short.length)).toEqual(short);
    const lambdas = (trials: typeof short): number[] =>
      trials.map(({ params }) => numberParam(params, 'lambda'));
    expect(lambdas(sampleTrials(spec, { ...stage, name: 'other' }, space))).not.toEqual(
      lambdas(short),
    );
    expect(lambdas(sampleTrials({ ...spec, seed: spec.seed + 1 }, stage, space))).not.toEqual(
      lambdas(short),
    );
  });

  test('samples replicate 1 of each configuration first, and the same values for all replicates', () => {
    const spec = { seed: 3, racing: false, replicates: 3 };
    const trials = sampleTrials(spec, { name: 'coarse', trials: 4 }, logUniform(1e-9, 1e-1));
    expect(trials.map(({ id }) => `${id.index}.${id.replicate}`)).toEqual(
      [1, 2, 3].flatMap((replicate) => [1, 2, 3, 4].map((index) => `${index}.${replicate}`)),
    );
    for (const { id, params } of trials) expect(params).toEqual(trials[id.index - 1]!.params);
    const racing = sampleTrials(
      { ...spec, racing: true },
      { name: 'coarse', trials: 4 },
      logUniform(1e-9, 1e-1),
    );
    expect(racing).toEqual(trials.slice(0, 4));
  });

  test('samples each parameter independently of the others', () => {
    const spec = { seed: 3, racing: false, replicates: 1 };
    const stage = { name: 'coarse', trials: 5 };
    const space = logUniform(1e-9, 1e-1);
    const both = sampleTrials(spec, stage, { ...space, dropout: space['lambda']! });
    expect(both.map(({ params }) => params['lambda'])).toEqual(
      sampleTrials(spec, stage, space).map(({ params }) => params['lambda']),
    );
    expect(new Set(both.flatMap(({ params }) => Object.values(params))).size).toBe(10);
  });

  test('tries known configurations first, samples what they leave out, and numbers them apart', () => {
    const spec = { seed: 3, racing: false, replicates: 1 };
    const space = { ...logUniform(1e-9, 1e-1), hidden: { distribution: 'values', values: [8, 9] } };
    const stage = { name: 'coarse', trials: 3 };
    const also = [{ lambda: 0 }, { hidden: 9, lambda: 0.5 }];
    const known = sampleTrials(spec, { ...stage, also }, space as SearchSpace);
    expect(known.map(({ id }) => trialName(id))).toEqual(
      ['also-1', 'also-2', '1', '2', '3'].map((index) => `coarse/${index}`),
    );
    expect(known[0]?.params).toEqual({ lambda: 0, hidden: expect.any(Number) });
    expect(known[1]?.params).toEqual({ lambda: 0.5, hidden: 9 });
    expect(known.slice(2)).toEqual(sampleTrials(spec, stage, space as SearchSpace));
  });

  test('gives a parameter no value where its condition does not hold, and changes no other', () => {
    const spec = { seed: 3, racing: false, replicates: 1 };
    const stage = { name: 'coarse', trials: 20 };
    const range = logUniform(1e-9, 1e-1)['lambda']!;
    const hidden = { distribution: 'values', values: [8, 9] } as const;
    const where = { hidden: [9] };
    const free = sampleTrials(spec, stage, { hidden, dropout: range, rate: range });
    const space: SearchSpace = {
      hidden,
      dropout: { ...range, where },
      // Without a value of dropout, this has none either.
      rate: { ...range, where: { dropout: [free[0]!.params['dropout']!] } },
    };
    for (const [index, { params }] of sampleTrials(spec, stage, space).entries()) {
      const all = free[index]!.params;
      expect(params['hidden']).toBe(all['hidden']);
      expect(params['dropout']).toBe(all['hidden'] === 9 ? all['dropout'] : undefined);
      expect('rate' in params).toBe(index === 0 && all['hidden'] === 9);
    }
  });

  test('samples the same λ as version 0.1.0', () => {
    expect(sampleLambdas(1, 1, logUniform(1e-9, 1e-1))).toEqual([4.0385939166670835e-7]);
  });
});

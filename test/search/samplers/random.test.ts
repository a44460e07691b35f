import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleLogUniform } from '../../../src/search/samplers/distribution.ts';
import { sampleLambda, stageTrials } from '../../../src/search/samplers/random.ts';
import { exampleStudy } from '../../study/support/example-study.ts';

const range = fc
  .tuple(
    fc.double({ min: 1e-12, max: 1e3, noNaN: true }),
    fc.double({ min: 1, max: 1e9, noNaN: true }),
  )
  .map(([min, ratio]) => ({ min, max: min * ratio }));
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('sampleLogUniform', () => {
  test('stays inside [min, max], both ends included', () => {
    fc.assert(
      fc.property(range, unit, (bounds, u) => {
        const lambda = sampleLogUniform(bounds, u);
        return bounds.min <= lambda && lambda <= bounds.max;
      }),
    );
  });

  test('has no choice where both bounds are one', () => {
    fc.assert(
      fc.property(range, unit, ({ min }, u) => sampleLogUniform({ min, max: min }, u) === min),
    );
  });

  test('is the geometric mean in the middle', () => {
    expect(sampleLogUniform({ min: 1e-9, max: 1e-1 }, 0.5)).toBeCloseTo(1e-5, 18);
    expect(sampleLogUniform({ min: 1e-9, max: 1e-1 }, 0)).toBeCloseTo(1e-9, 22);
  });

  test('gives each decade the same share', () => {
    const counts = [0, 0, 0, 0];
    for (let k = 1; k <= 4_000; k++) {
      const decade =
        Math.floor(Math.log10(sampleLambda(7, 'coarse', k, { min: 1e-4, max: 1 }))) + 4;
      counts[decade] = counts[decade]! + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(5 * Math.sqrt(750));
  });
});

describe('stageTrials', () => {
  test('keeps the trials that a stage had when it gets more, and differs between stages and seeds', () => {
    const spec = exampleStudy();
    const stage = spec.stages[0]!;
    const bounds = { min: 1e-9, max: 1e-1 };
    const short = stageTrials(spec, stage, bounds);
    const long = stageTrials(spec, { ...stage, trials: 40 }, bounds);
    expect(long.slice(0, short.length)).toEqual(short);
    const lambdas = (trials: typeof short): number[] => trials.map((trial) => trial.lambda);
    expect(lambdas(stageTrials(spec, { ...stage, name: 'other' }, bounds))).not.toEqual(
      lambdas(short),
    );
    expect(lambdas(stageTrials({ ...spec, seed: spec.seed + 1 }, stage, bounds))).not.toEqual(
      lambdas(short),
    );
  });

  test('gives trial k what sampleLambda gives it, whoever asks first', () => {
    const spec = exampleStudy();
    const bounds = { min: 1e-9, max: 1e-1 };
    const trials = stageTrials(spec, { ...spec.stages[0]!, trials: 9 }, bounds);
    expect(trials.map(({ id }) => id.index)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { id, lambda } of trials.toReversed()) {
      expect(sampleLambda(spec.seed, id.stage, id.index, bounds)).toBe(lambda);
    }
  });

  test('gives the λ that it gave when this was written', () => {
    expect(sampleLambda(1, 'coarse', 1, { min: 1e-9, max: 1e-1 })).toMatchInlineSnapshot(
      `4.0385939166670835e-7`,
    );
  });
});

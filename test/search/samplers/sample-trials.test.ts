import { describe, expect, test } from 'vitest';
import { sampleTrials, type SampledStage } from '../../../src/search/samplers/sample-trials.ts';
import { sobolDimensionsMax } from '../../../src/search/samplers/sobol.ts';
import type { SearchSpace } from '../../../src/study/search-space.ts';
import { spreadParametersMax } from '../../../src/study/spec/sampler-keys.ts';
import { trialName } from '../../../src/study/trial.ts';

const space: SearchSpace = {
  lambda: { distribution: 'log_uniform', min: 1e-4, max: 1 },
  hidden: { distribution: 'values', values: [20, 50] },
};
const sample = (stage: Partial<SampledStage>, of = space): [string, object][] =>
  sampleTrials(
    { seed: 1, racing: false, replicates: 1 },
    { name: 'coarse', trials: 8, ...stage },
    of,
  ).map(({ id, params }) => [trialName(id), params]);

describe('the spread sampler', () => {
  test('puts one of 8 trials in each half decade, and 4 at each of two values', () => {
    const trials = sample({ sampler: 'spread' }).map(([, params]) => params as never as Params);
    const cells = trials.map(({ lambda }) => Math.floor(2 * (Math.log10(lambda) + 4)));
    expect(cells.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(trials.filter(({ hidden }) => hidden === 20)).toHaveLength(4);
  });

  test('keeps the trials of a stage that is extended, whatever the order of the hyperparameters', () => {
    const long = sample({ sampler: 'spread', trials: 20 });
    expect(long.slice(0, 8)).toEqual(sample({ sampler: 'spread' }));
    const { lambda, hidden } = space;
    expect(sample({ sampler: 'spread' }, { hidden: hidden!, lambda: lambda! })).toEqual(
      sample({ sampler: 'spread' }),
    );
  });

  test('has a dimension for each of the hyperparameters that a study may spread', () => {
    expect(sobolDimensionsMax).toBe(spreadParametersMax);
  });

  test('samples known configurations at random, before its own trials', () => {
    const known = sample({ sampler: 'spread', also: [{ lambda: 0 }] });
    expect(known[0]).toEqual(sample({ also: [{ lambda: 0 }] })[0]);
    expect(known[0]).toEqual(['coarse/also-1', { lambda: 0, hidden: expect.any(Number) }]);
    expect(known.slice(1)).toEqual(sample({ sampler: 'spread' }));
  });
});

describe('the grid sampler', () => {
  test('has all combinations of levels, the last name changing first', () => {
    const trials = sample({ sampler: 'grid', trials: 4 });
    expect(trials).toEqual([
      ['coarse/1', { hidden: 20, lambda: 1e-4 }],
      ['coarse/2', { hidden: 20, lambda: 1 }],
      ['coarse/3', { hidden: 50, lambda: 1e-4 }],
      ['coarse/4', { hidden: 50, lambda: 1 }],
    ]);
  });
});

interface Params {
  readonly lambda: number;
  readonly hidden: number;
}

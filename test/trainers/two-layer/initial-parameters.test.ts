import { expect, test } from 'vitest';
import { sharedInitialParameters } from '../../../src/trainers/two-layer/initial-parameters.ts';
import { initialParameters } from '../../../src/trainers/two-layer/model.ts';

test('shared initial parameters are computed once in a row, and differ with seed, replicate and shape', () => {
  const shape = { inputs: 6, hidden: 5, classes: 3 };
  const all = [
    [1, 1, shape],
    [2, 1, shape],
    [1, 2, shape],
    [1, 1, { ...shape, inputs: 7 }],
    [1, 1, { ...shape, hidden: 4 }],
    [1, 1, { ...shape, classes: 2 }],
    [1, 1, shape],
  ] as const;
  for (const [seed, replicate, of] of all) {
    const shared = sharedInitialParameters(seed, replicate, of);
    expect(shared).toEqual(initialParameters(seed, replicate, of));
    expect(sharedInitialParameters(seed, replicate, of)).toBe(shared);
  }
});

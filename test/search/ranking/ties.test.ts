import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tiedWithBest } from '../../../src/search/ranking/ties.ts';
import { toBits } from '../support/completed-trial.ts';

const answers = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });

describe('the tied configurations of a race', () => {
  it('are the best one and every one that classifies each image like it', () => {
    fc.assert(
      fc.property(answers, fc.integer({ min: 1, max: 5 }), (right, copies) => {
        const bits = toBits(right);
        const group = Array.from({ length: copies }, () => [bits]);
        expect(tiedWithBest(group, 1)).toEqual(group.map(() => true));
      }),
    );
    expect(tiedWithBest([], 1)).toEqual([]);
  });

  it('are decided at 5 %, divided by the number of others and of rounds, as in release 0.1.0', () => {
    // 20 images fall to the first and 8 to the other: p = 0.0178 by the exact test.
    const first = toBits(Array.from({ length: 28 }, (_, image) => image < 20));
    const other = toBits(Array.from({ length: 28 }, (_, image) => image >= 20));
    expect(tiedWithBest([[first], [other]], 2)).toEqual([true, false]);
    expect(tiedWithBest([[first], [other]], 3)).toEqual([true, true]);
    expect(tiedWithBest([[first], [other], [other]], 1)).toEqual([true, false, false]);
    expect(tiedWithBest([[first], [other], [other]], 2)).toEqual([true, true, true]);
  });
});

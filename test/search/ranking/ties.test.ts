import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tiedWithBest } from '../../../src/search/ranking/ties.ts';
import { toBits } from '../support/completed-trial.ts';
import { coverage, type Truth } from '../support/tie-coverage.ts';

const answers = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });

describe('the group tied with best', () => {
  it('contains the best trial and every trial that classifies each image like it', () => {
    fc.assert(
      fc.property(answers, fc.integer({ min: 1, max: 5 }), (right, copies) => {
        const bits = toBits(right);
        expect(tiedWithBest(Array.from({ length: copies }, () => [bits]))).toEqual(
          Array.from({ length: copies }, () => true),
        );
      }),
    );
    expect(tiedWithBest([])).toEqual([]);
  });

  it('leaves out a trial that the best trial beats on the same images', () => {
    // Both are wrong together on 900 of 1,000; of the rest the leader has 70 and the other 30.
    const leader = toBits(Array.from({ length: 1_000 }, (_, image) => image < 70));
    const other = toBits(Array.from({ length: 1_000 }, (_, image) => image >= 70 && image < 100));
    expect(tiedWithBest([[leader], [other]])).toEqual([true, false]);
  });

  const truths: readonly Truth[] = ['equal', 'hump', 'near'];
  it.each(truths.flatMap((truth) => [10, 30, 60].map((trials) => ({ truth, trials }))))(
    'contains the truly best of $trials trials in at least 95 % of searches ($truth)',
    ({ truth, trials }) => {
      const { held } = coverage({ truth, trials, images: 300, searches: 60, seed: trials });
      expect(held).toBeGreaterThanOrEqual(0.95);
    },
  );

  it('is computed for 10,000 trials and 10,000 images in less than a second', () => {
    const random = Uint8Array.from({ length: 1_250 }, (_, index) => (index * 97) & 255);
    const ranked = Array.from({ length: 10_000 }, () => [random.toReversed()]);
    const start = performance.now();
    expect(tiedWithBest([[random], ...ranked])).toHaveLength(10_001);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareWithBest } from '../../../src/search/ranking/comparison.ts';
import { binomialTail } from '../../../src/search/ranking/paired-test.ts';
import { flippedMaxima } from '../../../src/search/ranking/sign-flips.ts';
import { toBits } from '../support/completed-trial.ts';
import { coverage, type Truth } from '../support/tie-coverage.ts';

/** Bits of 1,000 images; the classes of images do not overlap. */
const ahead = (first: number, count: number): Uint8Array =>
  toBits(Array.from({ length: 1_000 }, (_, image) => image >= first && image < first + count));
const options = { images: 1_000, seed: 7, looks: 1 };

describe('the comparison with the best', () => {
  it('has the paired difference, its standard error and the p-value of the exact test', () => {
    // Both are wrong on 900 of 1,000; of the rest the best one has 70 and the other 30.
    const [other] = compareWithBest([[ahead(0, 70)], [ahead(70, 30)]], options);
    expect(other!.difference).toBeCloseTo(-0.04, 12);
    // Differences: 70 of +1, 30 of -1, 900 of 0; s² = (100 - 40²/1000) / 999, in numpy 0.0984985.
    expect(other!.standardError).toBeCloseTo(Math.sqrt(0.0984984984984985 / 1_000), 12);
    expect(other!.pValue).toBeCloseTo(binomialTail(70, 100), 14);
    expect(other!.tied).toBe(false);
    // The only comparison: the adjusted p-value estimates the exact one.
    expect(other!.adjustedPValue).toBeLessThan(0.003);
  });

  it('divides by the replicates, and does not count them as more images', () => {
    const [best, worse] = [ahead(0, 70), ahead(70, 30)];
    const [once] = compareWithBest([[best], [worse]], options);
    const [twice] = compareWithBest(
      [
        [best, best],
        [worse, worse],
      ],
      options,
    );
    const { adjustedPValue, pValue, ...exact } = twice!;
    for (const [name, value] of Object.entries(exact))
      expect(Number(value)).toBeCloseTo(Number(once![name as keyof typeof exact]), 12);
    expect(pValue).toBeCloseTo(once!.pValue, 12);
    expect(adjustedPValue).toBe(once!.adjustedPValue);
  });

  it('has intervals that contain 0 for exactly the configurations that are not significantly worse', () => {
    const answers = fc.array(fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(
        answers,
        fc.nat({ max: 40 }),
        fc.integer({ min: 1, max: 3 }),
        (all, lead, looks) => {
          const right = all.map((one, at) =>
            one.map((own, image) => own || (at === 0 && image < lead)),
          );
          const scores = right.map((one) => [toBits(one)]);
          for (const one of compareWithBest(scores, { images: 64, seed: 3, looks })) {
            expect(one.tied).toBe(one.adjustedPValue > 0.05);
            expect(one.tied).toBe(one.high! >= -1e-12);
            expect(one.low!).toBeLessThanOrEqual(one.difference);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is stricter with more comparisons, but not with copies of the same configuration', () => {
    const [best, worse] = [[ahead(0, 65)], [ahead(65, 44)]];
    const critical = (...others: (readonly Uint8Array[])[]) =>
      compareWithBest([best, worse, ...others], options)[0]!;
    const alone = critical();
    expect(alone.tied).toBe(false);
    expect(critical(...Array.from({ length: 200 }, () => worse))).toEqual(alone);
    const others = Array.from({ length: 60 }, (_, at) => [ahead(110 + 14 * at, 40)]);
    expect(critical(...others).adjustedPValue).toBeGreaterThan(alone.adjustedPValue);
  });

  it('compares losses image by image', () => {
    const losses = (shift: number): Float32Array[] => [
      Float32Array.from(
        { length: 400 },
        (_, image) => 1 + 0.5 * Math.sin(image) + shift * (1 + Math.sin(7 * image)),
      ),
    ];
    const [same, near, worse] = compareWithBest([losses(0), losses(0), losses(1e-3), losses(0.1)], {
      ...options,
      images: 400,
    });
    expect(same).toMatchObject({ difference: 0, standardError: 0, pValue: 1, tied: true });
    expect(near!.difference).toBeCloseTo(1e-3, 4);
    expect(worse!.difference).toBeCloseTo(0.1, 2);
    expect(worse!.tied).toBe(false);
    expect(worse!.low!).toBeGreaterThan(0);
  });

  it('gives the same result for every study with the same seed', () => {
    const scores = [[ahead(0, 65)], [ahead(65, 40)], [ahead(20, 60)]];
    expect(compareWithBest(scores, options)).toEqual(compareWithBest(scores, options));
  });

  const truths: readonly Truth[] = ['equal', 'hump', 'near'];
  it.each(truths.flatMap((truth) => [10, 30].map((trials) => ({ truth, trials }))))(
    'keeps the truly best of $trials trials in most searches ($truth)',
    ({ truth, trials }) => {
      const { held } = coverage({ truth, trials, images: 300, searches: 30, seed: trials });
      expect(held).toBeGreaterThanOrEqual(0.9);
    },
  );
});

describe('sign flips', () => {
  it('add whole differences as counting each flip separately does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 41 }), { minLength: 1, maxLength: 90 }),
        fc.nat(),
        (units, seed) => {
          const root = Math.sqrt(units.length);
          const whole = { units: Int32Array.from(units), root };
          const groups = new Float64Array(21);
          for (const unit of units) groups[unit >> 1]! += unit % 2 === 0 ? 1 : -1;
          const flips = { images: 21, flips: 64, seed };
          expect([...flippedMaxima([whole], flips)]).toEqual([
            ...flippedMaxima([{ groups, root }], flips),
          ]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countCorrect, disagreement, imageCount } from '../../../src/search/ranking/correctness.ts';
import { normalTail, studentWidth } from '../../../src/search/statistics/normal.ts';
import { binomialTail, looksBetterByChance } from '../../../src/search/ranking/paired-test.ts';
import { tiedWithBest } from '../../../src/search/ranking/ties.ts';
import { coverage, type Truth } from '../support/tie-coverage.ts';

const bitsOf = (right: readonly boolean[]): Uint8Array => {
  const bits = new Uint8Array(Math.ceil(right.length / 8));
  for (const [index, isRight] of right.entries())
    if (isRight) bits[index >> 3]! |= 1 << (index & 7);
  return bits;
};

const answers = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });

describe('correctness bits', () => {
  it('are counted one by one, and tell how many images there were', () => {
    fc.assert(
      fc.property(answers, (right) => {
        const correct = right.filter(Boolean).length;
        const bits = bitsOf(right);
        expect(countCorrect(bits)).toBe(correct);
        if (correct > 0) expect(imageCount(bits, correct / right.length)).toBe(right.length);
      }),
    );
  });

  it('give the images on which only one of two trials is right', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 60 }),
        (pairs) => {
          const [first, second] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
          expect(disagreement(bitsOf(first), bitsOf(second))).toEqual({
            firstOnly: pairs.filter(([a, b]) => a && !b).length,
            secondOnly: pairs.filter(([a, b]) => b && !a).length,
          });
        },
      ),
    );
  });
});

describe('the paired test', () => {
  it('has the tail of the binomial distribution, to the last digits', () => {
    // Exact fractions: C(10, 8..10) = 45 + 10 + 1 over 1024, and so on.
    expect(binomialTail(8, 10)).toBeCloseTo(56 / 1024, 14);
    expect(binomialTail(0, 0)).toBe(1);
    expect(binomialTail(5, 5)).toBeCloseTo(1 / 32, 15);
    expect(binomialTail(1, 5)).toBeCloseTo(31 / 32, 15);
    // 2^-1000 Σ C(1000, k) for k ≥ 560, summed in Python's integers.
    expect(binomialTail(560, 1000)).toBeCloseTo(8.252493527522651e-5, 15);
  });

  it('adds up: P(X ≥ k) + P(X ≥ n − k + 1) = 1, for any k and n', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), fc.nat(), (n, pick) => {
        const k = (pick % n) + 1;
        expect(binomialTail(k, n) + binomialTail(n - k + 1, n)).toBeCloseTo(1, 10);
      }),
    );
  });

  it('is the binomial one also when counted out flip by flip, for a replicate that is repeated', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 60 }),
        (pairs) => {
          const first = bitsOf(pairs.map(([a]) => a));
          const second = bitsOf(pairs.map(([, b]) => b));
          // The same replicate twice is no new information: every difference counts two instead of one.
          expect(looksBetterByChance([first, first], [second, second])).toBeCloseTo(
            looksBetterByChance([first], [second]),
            12,
          );
        },
      ),
    );
  });

  it('has one answer for few and for many flips', () => {
    // 600 images fall to the first, 500 to the second: 1,100 flips go the normal way, one replicate the exact.
    const right = Array.from({ length: 1_100 }, (_, index) => index < 600);
    const [first, second] = [bitsOf(right), bitsOf(right.map((isRight) => !isRight))];
    const exact = looksBetterByChance([first], [second]);
    expect(exact).toBeCloseTo(binomialTail(600, 1_100), 14);
    const normal = looksBetterByChance([first, first], [second, second]);
    expect(normal).toBeGreaterThan(exact);
    expect(normal).toBeLessThan(1.15 * exact);
  });
});

describe('the normal and Student’s distribution', () => {
  it('have the tails of the tables', () => {
    expect(normalTail(0)).toBeCloseTo(0.5, 15);
    expect(normalTail(1.959963984540054)).toBeCloseTo(0.025, 14);
    expect(normalTail(-1)).toBeCloseTo(0.841344746068543, 14);
    // Abramowitz and Stegun, table 26.2: Q(5) and Q(10).
    expect(normalTail(5) / 2.866515719e-7).toBeCloseTo(1, 8);
    expect(normalTail(10) / 7.619853024e-24).toBeCloseTo(1, 6);
    expect(studentWidth(4)).toBeCloseTo(2.776, 2);
    expect(studentWidth(10)).toBeCloseTo(2.2281, 4);
    expect(studentWidth(30)).toBeCloseTo(2.0423, 4);
  });
});

describe('the group tied with best', () => {
  it('has the leader, and every trial with the same answers', () => {
    fc.assert(
      fc.property(answers, fc.integer({ min: 1, max: 5 }), (right, copies) => {
        const bits = bitsOf(right);
        expect(tiedWithBest(Array.from({ length: copies }, () => [bits]))).toEqual(
          Array.from({ length: copies }, () => true),
        );
      }),
    );
    expect(tiedWithBest([])).toEqual([]);
  });

  it('leaves out a trial that the leader beats on the very images', () => {
    // Both are wrong together on 900 of 1,000; of the rest the leader has 70 and the other 30.
    const leader = bitsOf(Array.from({ length: 1_000 }, (_, image) => image < 70));
    const other = bitsOf(Array.from({ length: 1_000 }, (_, image) => image >= 70 && image < 100));
    expect(tiedWithBest([[leader], [other]])).toEqual([true, false]);
  });

  const truths: readonly Truth[] = ['equal', 'hump', 'near'];
  it.each(truths.flatMap((truth) => [10, 30, 60].map((trials) => ({ truth, trials }))))(
    'has the truly best of $trials trials in at least 95 % of searches ($truth)',
    ({ truth, trials }) => {
      const { held } = coverage({ truth, trials, images: 300, searches: 60, seed: trials });
      expect(held).toBeGreaterThanOrEqual(0.95);
    },
  );

  it('is found for 10,000 trials on 10,000 images in less than a second', () => {
    const random = Uint8Array.from({ length: 1_250 }, (_, index) => (index * 97) & 255);
    const ranked = Array.from({ length: 10_000 }, () => [random.toReversed()]);
    const start = performance.now();
    expect(tiedWithBest([[random], ...ranked])).toHaveLength(10_001);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

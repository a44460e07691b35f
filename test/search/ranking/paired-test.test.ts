import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countCorrect, disagreement, imageCount } from '../../../src/search/ranking/correctness.ts';
import { binomialTail, looksBetterByChance } from '../../../src/search/ranking/paired-test.ts';
import { toBits } from '../support/completed-trial.ts';

const answers = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });

describe('validation bits', () => {
  it('give the number of correct images and the number of images', () => {
    fc.assert(
      fc.property(answers, (right) => {
        const correct = right.filter(Boolean).length;
        const bits = toBits(right);
        expect(countCorrect(bits)).toBe(correct);
        if (correct > 0) expect(imageCount(bits, correct / right.length)).toBe(right.length);
      }),
    );
  });

  it('give the numbers of images that only one of two trials classifies correctly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 60 }),
        (pairs) => {
          const [first, second] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
          expect(disagreement(toBits(first), toBits(second))).toEqual({
            firstOnly: pairs.filter(([a, b]) => a && !b).length,
            secondOnly: pairs.filter(([a, b]) => b && !a).length,
          });
        },
      ),
    );
  });
});

describe('the paired test', () => {
  it('computes the binomial tail to the last digits', () => {
    // Exact fractions: C(10, 8..10) = 45 + 10 + 1 over 1024, and so on.
    expect(binomialTail(8, 10)).toBeCloseTo(56 / 1024, 14);
    expect(binomialTail(0, 0)).toBe(1);
    expect(binomialTail(5, 5)).toBeCloseTo(1 / 32, 15);
    expect(binomialTail(1, 5)).toBeCloseTo(31 / 32, 15);
    // 2^-1000 Σ C(1000, k) for k ≥ 560, summed in Python's integers.
    expect(binomialTail(560, 1000)).toBeCloseTo(8.252493527522651e-5, 15);
  });

  it('satisfies P(X ≥ k) + P(X ≥ n − k + 1) = 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), fc.nat(), (n, pick) => {
        const k = (pick % n) + 1;
        expect(binomialTail(k, n) + binomialTail(n - k + 1, n)).toBeCloseTo(1, 10);
      }),
    );
  });

  it('gives the same p-value if the same replicate is counted twice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 60 }),
        (pairs) => {
          const first = toBits(pairs.map(([a]) => a));
          const second = toBits(pairs.map(([, b]) => b));
          // The same replicate twice is no new information: every difference counts two instead of one.
          expect(looksBetterByChance([first, first], [second, second])).toBeCloseTo(
            looksBetterByChance([first], [second]),
            12,
          );
        },
      ),
    );
  });

  it('agrees between the exact and the normal computation', () => {
    // 600 images fall to the first, 500 to the second: 1,100 flips go the normal way, one replicate the exact.
    const right = Array.from({ length: 1_100 }, (_, index) => index < 600);
    const [first, second] = [toBits(right), toBits(right.map((isRight) => !isRight))];
    const exact = looksBetterByChance([first], [second]);
    expect(exact).toBeCloseTo(binomialTail(600, 1_100), 14);
    const normal = looksBetterByChance([first, first], [second, second]);
    expect(normal).toBeGreaterThan(exact);
    expect(normal).toBeLessThan(1.15 * exact);
  });
});

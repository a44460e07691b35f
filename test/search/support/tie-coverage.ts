/**
 * Measures how often the truly best trial is not significantly worse than the best, over simulated searches.
 *
 * The true accuracy is a curve over log λ: `equal` (flat), `hump` (as on CIFAR-10: 44 %, a top of 47 % at
 * λ = 1e-2, a fall to 40 %) or `near` (all equal but one, which is 0.1 points better: the hardest case).
 */
import { log } from '../../../src/base/elementary.ts';
import { compareWithBest } from '../../../src/search/ranking/comparison.ts';
import { countCorrect } from '../../../src/search/ranking/correctness.ts';
import { narrowRange } from '../../../src/search/planning/narrowing.ts';
import { sampleLogUniform, type Range } from '../../../src/search/samplers/distribution.ts';
import { completedTrial } from './completed-trial.ts';
import { normalDistribution, normals, ValidationSet } from './correlated-trials.ts';

export type Truth = 'equal' | 'hump' | 'near';

export interface Coverage {
  /** Share of searches in which the truly best trial is not significantly worse. */
  readonly held: number;
  /** Median share of the trials that are not significantly worse. */
  readonly groupShare: number;
  /** Share of searches whose leader is the truly best trial. */
  readonly leaderRight: number;
}

interface Scored {
  readonly lambda: number;
  readonly accuracy: number;
  /** One array per replicate. */
  readonly bits: readonly Uint8Array[];
}

const coarse: Range = { min: 1e-9, max: 1e-1 };

export interface Search {
  readonly truth: Truth;
  readonly trials: number;
  /** Samples half of the trials from a range that is narrowed from the other half. */
  readonly narrowed?: boolean;
  readonly replicates?: number;
  readonly images: number;
  readonly searches: number;
  readonly seed: number;
}

export function coverage(search: Search): Coverage {
  const normal = normals(search.seed);
  const uniform = (): number => Math.min(normalDistribution(normal()), 1 - 2 ** -40);
  let held = 0;
  let leaderRight = 0;
  const shares: number[] = [];
  for (let drawn = 0; drawn < search.searches; drawn++) {
    const scored = oneSearch(search, normal, uniform);
    const best = scored.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
    const ranked = scored.toSorted((a, b) => totalCorrect(b) - totalCorrect(a));
    const bits = ranked.map((one) => one.bits);
    const options = { images: search.images, seed: drawn, looks: 1 };
    const tied = [true, ...compareWithBest(bits, options).map((one) => one.tied)];
    if (tied[ranked.indexOf(best)] === true) held += 1;
    if (ranked[0] === best) leaderRight += 1;
    shares.push(tied.filter(Boolean).length / tied.length);
  }
  shares.sort((a, b) => a - b);
  return {
    held: held / search.searches,
    groupShare: shares[shares.length >> 1]!,
    leaderRight: leaderRight / search.searches,
  };
}

function totalCorrect({ bits }: Scored): number {
  return bits.reduce((sum, own) => sum + countCorrect(own), 0);
}

function oneSearch(
  { truth, trials, narrowed = false, replicates = 1, images }: Search,
  normal: () => number,
  uniform: () => number,
): Scored[] {
  const set = new ValidationSet(images, normal);
  // Trial 0 is the best in `equal` and `near`; the choice must not depend on the bits.
  const scoreAt = (range: Range, count: number, first: boolean): Scored[] =>
    Array.from({ length: count }, (_, index) => {
      const lambda = sampleLogUniform(range, uniform());
      const accuracy = truthAt(truth, lambda, first && index === 0);
      const bits = Array.from({ length: replicates }, () => set.score(lambda, accuracy));
      return { lambda, accuracy, bits };
    });
  const early = scoreAt(coarse, narrowed ? trials / 2 : trials, true);
  if (!narrowed) return early;
  const records = early.map((one, index) =>
    completedTrial(index + 1, one.lambda, {
      validation_accuracy: totalCorrect(one) / images / replicates,
    }),
  );
  const { range } = narrowRange(records, {
    parameter: 'lambda',
    range: { distribution: 'log_uniform', ...coarse },
    validationCount: images,
    objective: { metric: 'validation_accuracy', direction: 'maximize' },
  });
  return [...early, ...scoreAt(range, trials / 2, false)];
}

function truthAt(truth: Truth, lambda: number, isBest: boolean): number {
  if (truth !== 'hump') return isBest && truth === 'near' ? 0.451 : 0.45;
  const x = (log(lambda) - log(1e-2)) / Math.LN10;
  return x > 0 ? 0.47 - 0.07 * x * x : 0.44 + 0.03 * Math.exp(-x * x * 2);
}

/**
 * Grid: all combinations of some values of each hyperparameter.
 *
 * A list gives all its values. A range gives evenly spaced levels from its lower to its upper bound: equal
 * ratios in the logarithmic distributions, equal differences in the others. One level alone is the middle.
 * Levels of whole numbers are rounded; a level that would equal the one before it is the next whole number.
 *
 * All ranges have the same number of levels, fewer if they have fewer whole numbers: as many as give at most
 * `points` combinations. Then each range, in the order of the names, has one more level if there are still at
 * most `points` combinations.
 */
import { exp, log } from '../base/elementary.ts';
import {
  isLogarithmic,
  isWholeNumbers,
  type Distribution,
  type NumberDistribution,
  type ParameterName,
  type ParamValue,
  type SearchSpace,
} from './search-space.ts';

interface Levels {
  readonly name: ParameterName;
  /** Ascending for ranges, in the order of the file for lists. */
  readonly values: readonly ParamValue[];
}

/** The values of each hyperparameter, in the order of the names; one of each range if no more fit. */
export function gridLevels(space: SearchSpace, points: number): readonly Levels[] {
  const axes = Object.entries(space).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const fits = (counts: readonly number[]): boolean => product(counts) <= points;
  const equalCounts = (count: number): number[] =>
    axes.map(([, distribution]) => levelCount(distribution, count));
  // Bisection: `low` levels of each range fit, or are 1; `high` levels do not, or are more than there are.
  let [low, high] = [1, points + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(equalCounts(middle))) low = middle;
    else high = middle;
  }
  let counts = equalCounts(low);
  for (const [place, [, distribution]] of axes.entries()) {
    const more = counts.with(place, levelCount(distribution, low + 1));
    if (fits(more)) counts = more;
  }
  return axes.map(([name, distribution], place) => {
    return { name, values: levelsOf(distribution, counts[place] ?? 1) };
  });
}

/** The number of combinations. */
export function gridSize(levels: readonly Levels[]): number {
  return product(levels.map(({ values }) => values.length));
}

function product(counts: readonly number[]): number {
  return counts.reduce((size, count) => size * count, 1);
}

/** Levels of one hyperparameter if its range is to have `count` of them. */
function levelCount(distribution: Distribution, count: number): number {
  if (distribution.distribution === 'values') return distribution.values.length;
  const { min, max } = distribution;
  return isWholeNumbers(distribution) ? Math.min(count, max - min + 1) : count;
}

function levelsOf(distribution: Distribution, count: number): readonly ParamValue[] {
  if (distribution.distribution === 'values') return distribution.values;
  const levels: number[] = [];
  for (let place = 0; place < count; place++) {
    const level = levelAt(distribution, count === 1 ? 0.5 : place / (count - 1));
    const before = levels.at(-1) ?? -Infinity;
    levels.push(
      isWholeNumbers(distribution) ? Math.max(before + 1, Math.floor(level + 0.5)) : level,
    );
  }
  return levels;
}

function levelAt(range: NumberDistribution, share: number): number {
  const { min, max } = range;
  if (share === 0) return min;
  if (share === 1) return max;
  const value = isLogarithmic(range)
    ? exp(log(min) + share * (log(max) - log(min)))
    : min + share * (max - min);
  return Math.min(max, Math.max(min, value));
}

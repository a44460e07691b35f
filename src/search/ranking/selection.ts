/**
 * Selection: the order of configurations that have the same value, and why the first of them is chosen.
 *
 * Accuracies are counts of images, so several configurations often have the same one, and the first that was
 * sampled has no claim to be the winner. Among equal values the lowest validation loss comes first; equal
 * losses are ordered by the distance to the middle of their parameters in the logarithm (the middle of the
 * smallest and the largest), since that is farthest from both ends of the range that does equally well.
 *
 * Planners do not use this order: they keep the order of sampling, so that a study of an earlier release
 * gets the same trials.
 */
import { log } from '../../base/elementary.ts';
import type { Params } from '../../study/search-space.ts';
import { mean } from '../statistics/mean.ts';
import type { Configuration, RankableTrial } from './configurations.ts';

/** Why a configuration was chosen among those with its value. */
export type SelectionReason = 'validation loss' | 'middle' | 'order of sampling';

/** Numbers are compared after rounding to 1e-12: means that were summed in another order are equal. */
const exactness = 1e12;

export function rounded(value: number): number {
  return Math.round(exactness * value);
}

/** @param equal configurations with the same value, in the order of sampling, which decides last */
export function inSelectionOrder<Trial extends RankableTrial>(
  equal: readonly Configuration<Trial>[],
): readonly Configuration<Trial>[] {
  if (equal.length < 2) return equal;
  return [...Map.groupBy(equal, validationLoss)]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([, group]) => nearestToMiddle(group));
}

/**
 * @param equal all configurations with the value of `equal[0]`, in the order of `inSelectionOrder`
 * @param chosen one of them
 */
export function selectionReason<Trial extends RankableTrial>(
  equal: readonly Configuration<Trial>[],
  chosen: Configuration<Trial>,
): SelectionReason {
  const loss = validationLoss(chosen);
  const rivals = equal.filter((one) => one !== chosen && validationLoss(one) <= loss);
  if (rivals.length === 0) return 'validation loss';
  const group = [chosen, ...rivals];
  const middle = middleOf(group);
  const isFarther = (one: Configuration<Trial>): boolean =>
    validationLoss(one) === loss && distance(one, middle) > distance(chosen, middle);
  return rivals.every(isFarther) ? 'middle' : 'order of sampling';
}

/** Mean over the complete replicates, rounded; infinite if it was not measured. */
function validationLoss({ replicates }: Configuration<RankableTrial>): number {
  const losses = replicates.flatMap(({ status, result }) => {
    const last = status === 'complete' ? result?.curve.at(-1) : undefined;
    return last?.metrics['validation_loss'] ?? [];
  });
  return losses.length === 0 ? Infinity : rounded(mean(losses));
}

function nearestToMiddle<Trial extends RankableTrial>(
  group: readonly Configuration<Trial>[],
): readonly Configuration<Trial>[] {
  if (group.length < 2) return group;
  const middle = middleOf(group);
  const distances = new Map(group.map((one) => [one, distance(one, middle)]));
  return group.toSorted((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0));
}

/** By parameter, the middle in the logarithm. Values without a logarithm have no place. */
type Middle = ReadonlyMap<string, number>;

function middleOf(group: readonly Configuration<RankableTrial>[]): Middle {
  const ends = new Map<string, { low: number; high: number }>();
  for (const { trial } of group) {
    for (const [name, at] of logarithms(trial.params)) {
      const { low, high } = ends.get(name) ?? { low: at, high: at };
      ends.set(name, { low: Math.min(low, at), high: Math.max(high, at) });
    }
  }
  return new Map([...ends].map(([name, { low, high }]) => [name, (low + high) / 2]));
}

function logarithms(params: Params): [string, number][] {
  return Object.entries(params).flatMap(([name, value]) =>
    typeof value === 'number' && value > 0 ? [[name, log(value)]] : [],
  );
}

/** Rounded sum of squares over the parameters. */
function distance({ trial }: Configuration<RankableTrial>, middle: Middle): number {
  const squares = logarithms(trial.params).map(
    ([name, at]) => (at - (middle.get(name) ?? at)) ** 2,
  );
  return rounded(squares.reduce((sum, square) => sum + square, 0));
}

/**
 * Model search: proposes a trial where good trials are denser than bad ones (tree-structured Parzen
 * estimators).
 *
 * For each trial, 48 candidates are drawn from the density of the good configurations, each hyperparameter on
 * its own. The candidate with the largest ratio of the good to the bad density is proposed. The proposal
 * depends on the seed, the stage, the trial's index and the given configurations only. Which results a trial
 * may use is the planner's decision (`planning/model.ts`).
 *
 * A configuration without a value of a hyperparameter, or with one outside of the space, says nothing about it.
 *
 * Source: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization".
 */
import { RandomStream } from '../../base/philox.ts';
import {
  activeParams,
  type Distribution,
  type ParameterName,
  type Params,
  type SearchSpace,
} from '../../study/search-space.ts';
import { quantile, unitOf } from './distribution.ts';
import { choiceEstimator, numberEstimator, type ParzenEstimator } from './parzen.ts';
import { stagePlace } from './stage-place.ts';

const candidates = 48;

/** What is known about a space. */
export interface Evidence {
  /** The best configurations. */
  readonly good: readonly Params[];
  /** All others: worse ones, those without a value, and those whose results are not known yet. */
  readonly bad: readonly Params[];
}

/** The place of a trial: its values depend on it. */
export interface Slot {
  readonly seed: number;
  readonly stage: string;
  readonly index: number;
}

interface Axis {
  readonly name: ParameterName;
  readonly distribution: Distribution;
  readonly good: ParzenEstimator;
  readonly bad: ParzenEstimator;
}

export function proposeParams(slot: Slot, space: SearchSpace, evidence: Evidence): Params {
  const axes = Object.entries(space)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, distribution]): Axis => {
      const estimator = (points: readonly Params[]): ParzenEstimator =>
        estimatorOf(name, distribution, points);
      return {
        name,
        distribution,
        good: estimator(evidence.good),
        bad: estimator(evidence.bad),
      };
    });
  const random = new RandomStream(slot.seed, 'model', stagePlace(slot.stage), slot.index);
  let best: Params = {};
  let bestRatio = -Infinity;
  for (let candidate = 0; candidate < candidates; candidate++) {
    const first = 2 * axes.length * candidate;
    const units = axes.map(({ good }, axis) =>
      good.draw(random.uniformAt(first + 2 * axis), random.uniformAt(first + 2 * axis + 1)),
    );
    const params = activeParams(toParams(space, axes, units), space);
    // In the order of the names, so that the sum has the same bits for every order of the space's keys.
    const ratio = axes.reduce((sum, { name, good, bad }, axis) => {
      const unit = units[axis] ?? 0;
      return Object.hasOwn(params, name) ? sum + good.logDensity(unit) - bad.logDensity(unit) : sum;
    }, 0);
    if (ratio > bestRatio) [best, bestRatio] = [params, ratio];
  }
  return best;
}

function estimatorOf(
  name: ParameterName,
  distribution: Distribution,
  points: readonly Params[],
): ParzenEstimator {
  const units = points.flatMap((point) => {
    const value = point[name];
    return value === undefined ? [] : (unitOf(distribution, value) ?? []);
  });
  return distribution.distribution === 'values'
    ? choiceEstimator(units, distribution.values.length)
    : numberEstimator(units);
}

function toParams(space: SearchSpace, axes: readonly Axis[], units: readonly number[]): Params {
  const values = new Map(
    axes.map(({ name, distribution }, axis) => {
      const unit = units[axis] ?? 0;
      // The estimator of a list gives the index of a value, not a number in [0, 1).
      const isList = distribution.distribution === 'values';
      return [
        name,
        quantile(distribution, isList ? (unit + 0.5) / distribution.values.length : unit),
      ];
    }),
  );
  return Object.fromEntries(Object.keys(space).map((name) => [name, values.get(name) ?? 0]));
}

/**
 * Study statistics: the error of each value, the configurations tied with the best, and the smooth fit.
 *
 * There is a tie group only if the objective is the validation accuracy: other metrics are not stored per
 * image.
 */
import { assert } from '../../base/assert.ts';
import { numberParam, type ParameterName } from '../../study/search-space.ts';
import type { Objective, StudySpec } from '../../study/spec/study-spec.ts';
import { trialName, type TrialRecord } from '../../study/trial.ts';
import { objectiveValues, type Configuration } from '../ranking/configurations.ts';
import { disagreement, imageCount } from '../ranking/correctness.ts';
import type { RankedConfiguration } from '../ranking/ranking.ts';
import { selectionReason, type SelectionReason } from '../ranking/selection.ts';
import { compareWithBest, type Comparison } from '../ranking/comparison.ts';
import { comparableBits } from '../ranking/ties.ts';
import type { Range } from '../samplers/distribution.ts';
import { mean } from '../statistics/mean.ts';
import { smoothFit, type FitResult } from '../statistics/smooth-fit.ts';
import { meanError, standardError } from '../statistics/standard-error.ts';

/** Configurations are named by their replicate 1. */
interface TieGroup {
  /** Names of the configurations that are not significantly worse, the best one first. */
  readonly names: ReadonlySet<string>;
  /** From the smallest to the largest value of the parameter in the group. */
  readonly range: Range;
  /** Name of the one with the largest value; of several, the best. */
  readonly largest: string;
  /** All configurations that were compared, by name; the best one has a difference of 0 to itself. */
  readonly compared: ReadonlyMap<string, Comparison>;
}

/** The part of a study that decides how its configurations are compared. */
type ComparisonRules = Pick<StudySpec, 'objective' | 'replicates' | 'racing' | 'seed'>;

/** How the best was selected among the configurations that share its value. */
export interface SharedBest {
  /** How many configurations share the value, the best included; at least 2. */
  readonly count: number;
  readonly reason: SelectionReason;
}

export interface StudyStatistics extends FitResult {
  /** The searched parameter of `ties` and `fit`. */
  readonly parameter: ParameterName;
  /** Number of images in the validation split; null if no trial has its validation bits. */
  readonly validationCount: number | null;
  /** Null if no other configuration has the value of the best. */
  readonly sharedBest: SharedBest | null;
  /** Null if configurations cannot be compared image by image. */
  readonly ties: TieGroup | null;
}

/** @param ranked configurations of all stages, best first; their trials have validation bits */
export function studyStatistics(
  ranked: readonly RankedConfiguration[],
  spec: ComparisonRules & Pick<StudySpec, 'stages'>,
): StudyStatistics {
  const parameter = searchedParameter(spec);
  const complete = ranked.filter(({ value }) => value !== null);
  // Of the best configuration: a trial without a correct image would give only an upper bound.
  const best = complete[0]?.replicates.find(({ status }) => status === 'complete');
  const validationCount = best === undefined ? null : validationCountFrom(best);
  const ties = tieGroup(complete, spec, { parameter, validationCount });
  const fit = fitCurve(complete, spec.objective, validationCount, parameter);
  return { parameter, validationCount, sharedBest: sharedBest(complete), ties, ...fit };
}

/** @param complete best first */
function sharedBest(complete: readonly RankedConfiguration[]): SharedBest | null {
  const equal = complete.filter(({ rank }) => rank === 1);
  const [best] = equal;
  if (best === undefined || equal.length < 2) return null;
  return { count: equal.length, reason: selectionReason(equal, best) };
}

/** The numeric parameter that a study searches. */
export function searchedParameter({ stages }: Pick<StudySpec, 'stages'>): ParameterName {
  const [parameter] = Object.keys(stages[0]?.search ?? {});
  assert(parameter !== undefined, 'a study searches a parameter');
  return parameter;
}

/** Null for validation accuracies without bits: the curve may not name a best value without the images' error. */
function fitCurve(
  complete: readonly RankedConfiguration[],
  { metric, direction }: Objective,
  validationCount: number | null,
  parameter: ParameterName,
): FitResult {
  const isByImage = metric === 'validation_accuracy';
  if (isByImage && validationCount === null) return { fit: null, isFitContradicted: false };
  const [best] = complete;
  const inputs = complete.map((configuration) => ({
    at: numberParam(configuration.trial.params, parameter),
    value: configuration.value ?? NaN,
    differenceError:
      best === undefined || !isByImage ? 0 : differenceError(best, configuration, validationCount),
  }));
  return smoothFit(inputs, {
    direction,
    parameter,
    isShare: metric.endsWith('accuracy'),
    resolution: isByImage && validationCount !== null ? 1 / validationCount : 0,
  });
}

/**
 * Standard error of the difference between two accuracies, from the choice of images: images on which both
 * answer alike cancel. With replicates, that of one pair of replicates, which is a little too large.
 */
function differenceError(
  first: Configuration,
  second: Configuration,
  validationCount: number | null,
): number {
  const pairs = comparableBits(first.replicates).flatMap((bits, index) => {
    const other = comparableBits(second.replicates)[index];
    return other === undefined ? [] : [disagreement(bits, other)];
  });
  if (pairs.length === 0 || validationCount === null) return 0;
  const variances = pairs.map(({ firstOnly, secondOnly }) => {
    const share = (firstOnly + secondOnly) / validationCount;
    return (share - ((firstOnly - secondOnly) / validationCount) ** 2) / validationCount;
  });
  return Math.sqrt(mean(variances));
}

/** Binomial standard error of a validation accuracy; null for other metrics. */
export function valueError(
  value: number | null,
  { metric }: Objective,
  validationCount: number | null,
): number | null {
  if (metric !== 'validation_accuracy' || value === null || validationCount === null) return null;
  return standardError(value, validationCount);
}

/** Number of validation images, from a trial's validation bits; null if it has none. */
export function validationCountFrom({ result }: TrialRecord): number | null {
  if (result?.kind !== 'complete' || result.validationCorrect.length === 0) return null;
  const accuracy = result.curve.at(-1)?.metrics['validation_accuracy'] ?? NaN;
  return imageCount(result.validationCorrect, accuracy);
}

/** Standard error of a configuration's value, from images and seeds; null if neither part is known. */
export function configurationError(
  { value, replicates }: Configuration,
  objective: Objective,
  validationCount: number | null,
): number | null {
  const imageError = valueError(value, objective, validationCount);
  const values = objectiveValues(replicates, objective);
  if (value === null || values.length < 2) return imageError;
  return meanError(values, imageError ?? 0);
}

/**
 * Compares each configuration with the first, on the replicates that both have. One whose first replicate
 * has no validation bits is left out.
 *
 * @param complete best configuration first
 * @returns null if configurations cannot be compared image by image: another objective, or no bits
 */
function tieGroup(
  complete: readonly RankedConfiguration[],
  { objective, replicates, racing, seed }: ComparisonRules,
  { parameter, validationCount }: Pick<StudyStatistics, 'parameter' | 'validationCount'>,
): TieGroup | null {
  const { metric, direction } = objective;
  if (metric !== 'validation_accuracy' || direction !== 'maximize') return null;
  const scored = complete
    .map(({ trial, replicates: own }) => ({ trial, bits: comparableBits(own) }))
    .filter(({ bits }, index) => index === 0 || bits.length > 0);
  const [best] = scored;
  if (best === undefined || best.bits.length === 0 || validationCount === null) return null;
  const comparisons = compareWithBest(
    scored.map(({ bits }) => bits),
    { images: validationCount, seed, looks: racing ? replicates : 1 },
  );
  const all = scored.map(({ trial }, index) => {
    return { trial, comparison: comparisons[index - 1] ?? bestComparison };
  });
  const group = all.filter(({ comparison }) => comparison.tied);
  const toAt = ({ trial }: (typeof all)[number]): number => numberParam(trial.params, parameter);
  const values = group.map(toAt);
  const largest = group.reduce((a, b) => (toAt(b) > toAt(a) ? b : a));
  return {
    names: new Set(group.map(({ trial }) => trialName(trial.id))),
    range: {
      min: values.reduce((a, b) => Math.min(a, b), Infinity),
      max: values.reduce((a, b) => Math.max(a, b), 0),
    },
    largest: trialName(largest.trial.id),
    compared: new Map(all.map(({ trial, comparison }) => [trialName(trial.id), comparison])),
  };
}

/** The best one with itself. */
const bestComparison: Comparison = {
  difference: 0,
  standardError: 0,
  pValue: 1,
  adjustedPValue: 1,
  low: 0,
  high: 0,
  tied: true,
};

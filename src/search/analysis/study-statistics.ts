/**
 * Study statistics: the error of each value, the configurations tied with the best, and the smooth fit.
 *
 * There is a tie group only if the objective is the validation accuracy: other metrics are not stored per
 * image.
 */
import {
  isLogarithmic,
  numberParam,
  type ParameterName,
  type ParamValue,
} from '../../study/search-space.ts';
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
  /** From the smallest to the largest value of the parameter in the group; null if there is no such parameter. */
  readonly range: Range | null;
  /** Name of the one with the largest value; of several, the best. Null without the parameter. */
  readonly largest: string | null;
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
  /** The parameter of `ties` and `fit`: the only one that the study searches, if it is a number; else null. */
  readonly parameter: ParameterName | null;
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
  const parameter = onlyNumber(spec);
  const complete = ranked.filter(({ value }) => value !== null);
  // Of the best configuration: a trial without a correct image would give only an upper bound.
  const best = complete[0]?.replicates.find(({ status }) => status === 'complete');
  const validationCount = best === undefined ? null : validationCountFrom(best);
  const ties = tieGroup(complete, spec, { parameter, validationCount });
  const fit = fitCurve(complete, spec, validationCount, parameter);
  return { parameter, validationCount, sharedBest: sharedBest(complete), ties, ...fit };
}

/** @param complete best first */
function sharedBest(complete: readonly RankedConfiguration[]): SharedBest | null {
  const equal = complete.filter(({ rank }) => rank === 1);
  const [best] = equal;
  if (best === undefined || equal.length < 2) return null;
  return { count: equal.length, reason: selectionReason(equal, best) };
}

/** Every parameter that a stage searches. */
export function searchedParameters({ stages }: Pick<StudySpec, 'stages'>): ParameterName[] {
  return [...new Set(stages.flatMap(({ search }) => Object.keys(search)))];
}

/** The only parameter that a study searches, if it is a number; null otherwise. */
export function onlyNumber(spec: Pick<StudySpec, 'stages'>): ParameterName | null {
  const [name, ...others] = searchedParameters(spec);
  if (name === undefined || others.length > 0) return null;
  const isNumber = spec.stages.every(({ search, also = [] }) => {
    const isGiven = also.every(({ [name]: value }) => value === undefined || isFinite(value));
    return search[name]?.distribution !== 'values' && isGiven;
  });
  return isNumber ? name : null;
}

function isFinite(value: ParamValue): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

/**
 * The curve over the logarithm of the parameter; none over a linear range. Null for validation accuracies
 * without bits: the curve may not name a best value without the images' error.
 */
function fitCurve(
  complete: readonly RankedConfiguration[],
  { objective: { metric, direction }, stages }: Pick<StudySpec, 'objective' | 'stages'>,
  validationCount: number | null,
  parameter: ParameterName | null,
): FitResult {
  const none = { fit: null, isFitContradicted: false };
  const isByImage = metric === 'validation_accuracy';
  if (parameter === null || (isByImage && validationCount === null)) return none;
  const searched = stages.flatMap(({ search }) => search[parameter] ?? []);
  if (!searched.every(isLogarithmic)) return none;
  const [best] = complete;
  const inputs = complete.map((configuration) => ({
    at: numberParam(configuration.trial.params, parameter),
    value: configuration.value ?? NaN,
    differenceError:
      best === undefined || !isByImage ? 0 : differenceError(best, configuration, validationCount),
  }));
  // 0 has no logarithm.
  const positive = inputs.filter(({ at }) => at > 0);
  return smoothFit(positive, {
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
  return {
    names: new Set(group.map(({ trial }) => trialName(trial.id))),
    ...parameterOfGroup(
      group.map(({ trial }) => trial),
      parameter,
    ),
    compared: new Map(all.map(({ trial, comparison }) => [trialName(trial.id), comparison])),
  };
}

function parameterOfGroup(
  group: readonly TrialRecord[],
  parameter: ParameterName | null,
): Pick<TieGroup, 'range' | 'largest'> {
  if (parameter === null) return { range: null, largest: null };
  const toAt = ({ params }: TrialRecord): number => numberParam(params, parameter);
  const values = group.map(toAt);
  const largest = group.reduce((a, b) => (toAt(b) > toAt(a) ? b : a));
  return {
    range: {
      min: values.reduce((a, b) => Math.min(a, b), Infinity),
      max: values.reduce((a, b) => Math.max(a, b), -Infinity),
    },
    largest: trialName(largest.id),
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

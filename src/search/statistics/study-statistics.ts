/**
 * What the results of a whole study are worth: the error of each value, who is tied with the best, and
 * the smooth fit. One reading of it, for tables, files, charts and for racing.
 *
 * Trials are compared image by image only where the objective is the validation accuracy: for losses
 * and for the training set nothing is stored by image, so no group of tied trials is named there.
 */
import type { LambdaRange, Objective } from '../../study/spec/study-spec.ts';
import { trialName, type TrialRecord } from '../../study/trial.ts';
import { objectiveValues, type Configuration } from '../ranking/configurations.ts';
import { imageCount } from '../ranking/correctness.ts';
import { rankConfigurations, type RankedConfiguration } from '../ranking/ranking.ts';
import { smoothFit, type SmoothFit } from './smooth-fit.ts';
import { meanError, standardError } from './standard-error.ts';
import { compareConfigurations, type Contest } from '../ranking/ties.ts';

interface TieGroup {
  /** Names of the tied trials (replicate 1 of each λ); the leader is one of them. */
  readonly names: ReadonlySet<string>;
  /** The smallest and the largest λ among them. */
  readonly lambda: LambdaRange;
  /** Names of all that were compared. */
  readonly compared: ReadonlySet<string>;
}

export interface StudyStatistics {
  /** Images in the validation split; null where no trial's bits are at hand. */
  readonly validationCount: number | null;
  /** Null where trials cannot be compared image by image. */
  readonly ties: TieGroup | null;
  /** Null where the results do not support one. */
  readonly fit: SmoothFit | null;
}

/**
 * @param trials with their bits; of all stages, since the winner is the best of all
 * @param stageOrder the names of the study's stages, first stage first
 */
export function studyStatistics(
  trials: readonly TrialRecord[],
  contest: Contest,
  stageOrder: readonly string[],
): StudyStatistics {
  const { objective } = contest;
  const complete = rankConfigurations(trials, objective, stageOrder).filter(
    ({ value }) => value !== null,
  );
  const validationCount = countOf(complete);
  return {
    validationCount,
    ties: tieGroup(complete, contest),
    fit: fitOf(complete, objective, validationCount),
  };
}

/** Without the images' error a band around accuracies would promise too much: then there is none. */
function fitOf(
  complete: readonly RankedConfiguration[],
  objective: Objective,
  validationCount: number | null,
): SmoothFit | null {
  if (objective.metric === 'validation_accuracy' && validationCount === null) return null;
  const inputs = complete.map(({ trial, value }) => ({
    lambda: trial.lambda,
    value: value ?? NaN,
    standardError: valueError(value, objective, validationCount) ?? 0,
  }));
  const fit = smoothFit(inputs, objective.direction);
  if (fit === null || !objective.metric.endsWith('accuracy')) return fit;
  // No accuracy is below 0 or above 1, whatever the band of a parabola says.
  const points = fit.points.map((point) => ({
    ...point,
    low: Math.max(0, point.low),
    high: Math.min(1, point.high),
  }));
  return { ...fit, points };
}

/** √(p(1−p)/n) of a validation accuracy; null for what has no such formula. */
export function valueError(
  value: number | null,
  { metric }: Objective,
  validationCount: number | null,
): number | null {
  if (metric !== 'validation_accuracy' || value === null || validationCount === null) return null;
  return standardError(value, validationCount);
}

/** The number of validation images, from a trial's bits; null where it has none at hand. */
export function validationCountOf({ result }: TrialRecord): number | null {
  if (result?.kind !== 'complete' || result.validationCorrect.length === 0) return null;
  const accuracy = result.curve.at(-1)?.validationAccuracy ?? NaN;
  return imageCount(result.validationCorrect, accuracy);
}

/**
 * Of a λ's value: of one trial from the images alone, of the mean of several replicates from the seeds
 * as well (`standard-error.ts`). Null where neither is known.
 */
export function candidateError(
  { value, replicates }: Configuration,
  objective: Objective,
  validationCount: number | null,
): number | null {
  const ofImages = valueError(value, objective, validationCount);
  const values = objectiveValues(replicates, objective);
  if (value === null || values.length < 2) return ofImages;
  return meanError(values, ofImages ?? 0);
}

/** The best one's: any of them would do, but one without a right answer cannot tell to the last image. */
function countOf(complete: readonly Configuration[]): number | null {
  const first = complete[0]?.replicates.find(({ status }) => status === 'complete');
  return first === undefined ? null : validationCountOf(first);
}

/** @param complete best first */
function tieGroup(complete: readonly RankedConfiguration[], contest: Contest): TieGroup | null {
  const compared = compareConfigurations(complete, contest);
  if (compared === null) return null;
  const group = compared.filter(({ tied }) => tied).map(({ candidate }) => candidate.trial);
  const lambdas = group.map(({ lambda }) => lambda);
  return {
    names: new Set(group.map(({ id }) => trialName(id))),
    lambda: {
      min: lambdas.reduce((a, b) => Math.min(a, b), Infinity),
      max: lambdas.reduce((a, b) => Math.max(a, b), 0),
    },
    compared: new Set(compared.map(({ candidate }) => trialName(candidate.trial.id))),
  };
}

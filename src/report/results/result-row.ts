/**
 * Result rows: a ranked configuration as one row with the means of its replicates, or as one row for each.
 *
 * In a row of means, values of one replicate (its number, its digest) are null, and `workers` and `digests` list
 * those of each. If a replicate failed, the row has its steps and its reason.
 */
import { objectiveValue } from '../../search/ranking/configurations.ts';
import type { Comparison } from '../../search/ranking/comparison.ts';
import type { RankedConfiguration } from '../../search/ranking/ranking.ts';
import { mean, meanOfAll } from '../../search/statistics/mean.ts';
import { meanError, standardError } from '../../search/statistics/standard-error.ts';
import {
  configurationError,
  type StudyStatistics,
} from '../../search/analysis/study-statistics.ts';
import type { Metric, Metrics } from '../../study/metrics.ts';
import type { Params } from '../../study/search-space.ts';
import type { StudyRecord, WinnerRecord } from '../../study/study-record.ts';
import {
  trialName,
  trialStarts,
  type AuditVerdict,
  type TrialId,
  type TrialRecord,
  type TrialStatus,
} from '../../study/trial.ts';
import { attemptTimes, type AttemptTimes } from './attempt-times.ts';
import { metricOn } from './metric-values.ts';
import { areVerified, type AttemptsByTrial } from './verification.ts';

export interface ResultRow extends AttemptTimes {
  readonly study: string;
  readonly stage: string;
  /** Number of the configuration within its stage, from 1: 7 in `coarse/7`. */
  readonly index: number;
  /** Within the stage, from 1; equal values share it; null without a value. */
  readonly rank: number | null;
  /** Whether another configuration of the stage has the same rank. */
  readonly isRankShared: boolean;
  /** Over all stages, from 1; null without a value. */
  readonly rankInStudy: number | null;
  readonly isRankInStudyShared: boolean;
  /** Whether its configuration is the winner of the study. */
  readonly isWinner: boolean;
  /** `coarse/7`: of a configuration, the name of its replicate 1. */
  readonly trial: string;
  /** Null in a row of means. */
  readonly replicate: number | null;
  /** How many replicates are complete and in the means of this row. */
  readonly replicates: number;
  readonly params: Params;
  /** The objective's value; null if there is none. */
  readonly value: number | null;
  /** Means over the complete replicates, at their last step. Test metrics are those of the winner,
   * unless the study measures the test set in every trial. */
  readonly metrics: Metrics;
  /** Standard error of `value`; null if unknown. */
  readonly standardError: number | null;
  /** Standard error of the test accuracy, over images and replicates; null if unknown. */
  readonly testStandardError: number | null;
  /** Whether it is not significantly worse than the best of the study; null if it was not compared. */
  readonly tied: boolean | null;
  /** The comparison of its configuration with the best of the study; null if it was not compared. */
  readonly comparison: Comparison | null;
  readonly status: TrialStatus;
  readonly reason: string | null;
  /** Of all replicates, with the continuations from rung to rung. */
  readonly attempts: number;
  /** Of all replicates, without those continuations (`trialStarts`). */
  readonly starts: number;
  /** The worker whose result counts; in a row of means, the names of all, separated by commas. Null without a result. */
  readonly worker: string | null;
  /** The worker of each replicate, in order; null without a result. */
  readonly workers: readonly (string | null)[];
  readonly steps: number | null;
  readonly seconds: number | null;
  /** Null unless complete, and in a row of means. */
  readonly digest: string | null;
  /** The digest of each replicate, in order; null unless complete. */
  readonly digests: readonly (string | null)[];
  /** The verdict of audits; null if there was none. */
  readonly audit: AuditVerdict | null;
  /** Study and trial from which the result was taken; in a row of means, of all of them. Null: it was trained. */
  readonly source: string | null;
  /** See `verification.ts`. */
  readonly verified: boolean | null;
}

/** The inputs of rows, in addition to the configurations. */
export interface RowSource {
  readonly study: StudyRecord;
  readonly metrics: readonly Metric[];
  readonly statistics: StudyStatistics;
  /** Attempts by trial; without them, only audits decide whether a row is verified, and times are unknown. */
  readonly attempts?: AttemptsByTrial;
}

export function configurationRow(source: RowSource, configuration: RankedConfiguration): ResultRow {
  const comparison = comparisonWithBest(source.statistics, configuration);
  return toRow(source, configuration, comparison, wonBy(source.study, configuration.trial));
}

/** Each replicate with its own values; rank and tie are those of the configuration. */
export function trialRows(source: RowSource, configuration: RankedConfiguration): ResultRow[] {
  const { study } = source;
  const comparison = comparisonWithBest(source.statistics, configuration);
  return configuration.replicates.map((trial) => {
    const { status, audit } = trial;
    const value = objectiveValue(trial, study.spec.objective);
    const winner = wonBy(study, trial);
    const single = { ...configuration, trial, replicates: [trial], status, audit, value };
    return toRow(source, single, comparison, winner && ownTest(winner, trial.id));
  });
}

function toRow(
  { study, metrics, statistics, attempts = new Map() }: RowSource,
  configuration: RankedConfiguration,
  comparison: Comparison | null,
  winner: WinnerScores | null,
): ResultRow {
  const { trial, replicates, status, value, audit } = configuration;
  const shown = (status === 'failed' && replicates.find((one) => one.status === status)) || trial;
  const { result, reason, id } = shown;
  const workers = replicates.map((one) => one.worker);
  const digests = replicates.map(trialDigest);
  const isMean = replicates.length > 1;
  return {
    worker: [...new Set(workers)].filter((name) => name !== null).join(', ') || null,
    workers,
    steps: result?.steps ?? null,
    digest: isMean ? null : (digests[0] ?? null),
    digests,
    seconds: meanOfAll(replicates.flatMap((one) => one.result?.seconds ?? [])),
    metrics: meanMetrics(metrics, replicates, winner),
    study: study.spec.study,
    stage: id.stage,
    index: id.index,
    rank: configuration.rankInStage,
    isRankShared: configuration.isSharedInStage,
    rankInStudy: configuration.rank,
    isRankInStudyShared: configuration.isShared,
    isWinner: wonBy(study, trial) !== null,
    trial: trialName(trial.id),
    replicate: isMean ? null : trial.id.replicate,
    replicates: replicates.filter((one) => one.status === 'complete').length,
    params: trial.params,
    value,
    standardError: configurationError(
      configuration,
      study.spec.objective,
      statistics.validationCount,
    ),
    testStandardError: testError(study, metrics, replicates, winner),
    tied: comparison?.tied ?? null,
    comparison,
    status,
    reason: shown === trial ? reason : `replicate ${id.replicate}: ${reason}`,
    attempts: replicates.reduce((sum, one) => sum + one.attempts, 0),
    starts: replicates.reduce((sum, one) => sum + trialStarts(one), 0),
    audit,
    source: replicates.flatMap((one) => one.source ?? []).join(', ') || null,
    verified: areVerified(study, replicates, attempts),
    ...attemptTimes(replicates, attempts),
  };
}

function trialDigest({ result }: TrialRecord): string | null {
  return result?.kind === 'complete' ? result.digest : null;
}

/** Null if it was not compared. */
export function comparisonWithBest(
  { ties }: StudyStatistics,
  { trial }: RankedConfiguration,
): Comparison | null {
  return ties?.compared.get(trialName(trial.id)) ?? null;
}

/** The winner, if the trial belongs to its configuration. */
function wonBy({ winner }: StudyRecord, { id }: TrialRecord): WinnerRecord | null {
  return winner?.trial.stage === id.stage && winner.trial.index === id.index ? winner : null;
}

type WinnerScores = Pick<WinnerRecord, 'testAccuracy' | 'testLoss' | 'tests'>;

/** Of one replicate; without single tests, the scores of the winner as a whole. */
function ownTest(winner: WinnerRecord, { replicate }: TrialId): WinnerScores {
  if (winner.tests.length === 0) return winner;
  const own = winner.tests.find((test) => test.replicate === replicate);
  return {
    testAccuracy: own?.accuracy ?? null,
    testLoss: own?.loss ?? null,
    tests: own === undefined ? [] : [own],
  };
}

/** Means at the last step; the winner's test scores replace those of its search. */
function meanMetrics(
  metrics: readonly Metric[],
  trials: readonly TrialRecord[],
  winner: WinnerScores | null,
): Metrics {
  // A diverged trial has a curve, but its last point is not a result.
  const last = trials.flatMap(({ result }): readonly Metrics[] => {
    const points = result?.kind === 'complete' ? result.curve : [];
    return points.slice(-1).map((point) => point.metrics);
  });
  const means = metrics.map(({ name }) => [name, meanOfAll(last.map((one) => one[name] ?? null))]);
  const tested = [
    [metricOn(metrics, 'accuracy', 'test')?.name, winner?.testAccuracy ?? null],
    [metricOn(metrics, 'loss', 'test')?.name, winner?.testLoss ?? null],
  ];
  const known = [...means, ...tested].filter(
    ([name, value]) => name !== undefined && value !== null,
  );
  return last.length === 1
    ? { ...last[0], ...Object.fromEntries(known) }
    : Object.fromEntries(known);
}

/** Standard error of the mean test accuracy: of the winner's tests, else of those that the search measured. */
function testError(
  study: StudyRecord,
  metrics: readonly Metric[],
  trials: readonly TrialRecord[],
  winner: WinnerScores | null,
): number | null {
  const name = metricOn(metrics, 'accuracy', 'test')?.name ?? '';
  const searched = trials.flatMap(({ result }) => {
    const last = result?.kind === 'complete' ? result.curve.at(-1) : undefined;
    return last?.metrics[name] ?? [];
  });
  const whole = winner?.testAccuracy ?? null;
  const tested = winner?.tests.flatMap(({ accuracy }) => accuracy ?? []) ?? [];
  const values = whole === null ? searched : tested.length > 0 ? tested : [whole];
  const count = testImages(study);
  if (values.length === 0 || count === null) return null;
  const imageError = standardError(mean(values), count);
  return values.length === 1 ? imageError : meanError(values, imageError);
}

/** Number of test images; null if neither the store nor the study file has it. */
function testImages({ imageCounts, spec }: StudyRecord): number | null {
  if (imageCounts !== null) return imageCounts.test;
  const test = spec.dataset?.test;
  return test !== undefined && 'count' in test ? test.count : null;
}

/**
 * A ranked λ as rows of a table: one with the means of its replicates, or one for each of them.
 *
 * In a row of means, what cannot be averaged (worker, steps, digest) is that of the trial that the row is
 * called by, replicate 1; of a λ that failed it is that of the replicate which failed.
 */
import { objectiveValue } from '../../search/ranking/configurations.ts';
import { meanOfAll } from '../../search/statistics/mean.ts';
import type { RankedConfiguration } from '../../search/ranking/ranking.ts';
import {
  candidateError,
  valueError,
  type StudyStatistics,
} from '../../search/statistics/study-statistics.ts';
import type { StudyRecord, WinnerRecord } from '../../study/study-record.ts';
import {
  trialName,
  type AttemptRecord,
  type Measurement,
  type TrialRecord,
} from '../../study/trial.ts';
import { verifiedOf } from './verification.ts';
import type { ResultRow } from './study-results.ts';

/** @param again by trial, who computed it again; without them only audits say what is verified */
export function lambdaRow(
  study: StudyRecord,
  candidate: RankedConfiguration,
  statistics: StudyStatistics,
  again: ReadonlyMap<string, readonly AttemptRecord[]> = new Map(),
): ResultRow {
  const { trial, replicates, rank, status, value, audit } = candidate;
  const shown = (status === 'failed' && replicates.find((one) => one.status === status)) || trial;
  const name = trialName(trial.id);
  const { validationCount } = statistics;
  return {
    ...outcomeOf(shown),
    ...metricsOf(replicates),
    testAccuracy:
      (isWinner(study, trial) ? study.winner.testAccuracy : null) ?? ofTestSet(replicates),
    stage: trial.id.stage,
    rank,
    trial: name,
    replicate: trial.id.replicate,
    replicates: replicates.filter((one) => one.status === 'complete').length,
    lambda: trial.lambda,
    value,
    standardError: candidateError(candidate, study.spec.objective, validationCount),
    tied: isTied(statistics, candidate),
    status,
    reason: shown === trial ? trial.reason : `replicate ${shown.id.replicate}: ${shown.reason}`,
    attempts: replicates.reduce((sum, { attempts }) => sum + attempts, 0),
    audit,
    verified: verifiedOf(study, replicates, again),
  };
}

/** Each replicate with its own values; rank and tie are those of the λ. */
export function trialRows(
  study: StudyRecord,
  candidate: RankedConfiguration,
  statistics: StudyStatistics,
  again: ReadonlyMap<string, readonly AttemptRecord[]>,
): ResultRow[] {
  return candidate.replicates.map((trial) => ({
    ...trialRow(study, candidate, trial, statistics),
    verified: verifiedOf(study, [trial], again),
  }));
}

function trialRow(
  study: StudyRecord,
  candidate: RankedConfiguration,
  trial: TrialRecord,
  statistics: StudyStatistics,
): Omit<ResultRow, 'verified'> {
  const name = trialName(trial.id);
  const value = objectiveValue(trial, study.spec.objective);
  return {
    ...outcomeOf(trial),
    ...metricsOf([trial]),
    testAccuracy:
      (isWinner(study, trial) ? ownTest(study.winner, trial) : null) ?? ofTestSet([trial]),
    stage: trial.id.stage,
    rank: candidate.rank,
    trial: name,
    replicate: trial.id.replicate,
    replicates: Number(trial.status === 'complete'),
    lambda: trial.lambda,
    value,
    standardError: valueError(value, study.spec.objective, statistics.validationCount),
    tied: isTied(statistics, candidate),
    status: trial.status,
    reason: trial.reason,
    attempts: trial.attempts,
    audit: trial.audit,
  };
}

/** Null where it was not compared. */
export function isTied({ ties }: StudyStatistics, { trial }: RankedConfiguration): boolean | null {
  const name = trialName(trial.id);
  return ties?.compared.has(name) === true ? ties.names.has(name) : null;
}

function outcomeOf({ result, worker }: TrialRecord) {
  return {
    worker,
    steps: result?.steps ?? null,
    digest: result?.kind === 'complete' ? result.digest : null,
  };
}

type StudyWithWinner = StudyRecord & { readonly winner: WinnerRecord };

/** Whether it is a trial of the λ that won. */
function isWinner(study: StudyRecord, { id }: TrialRecord): study is StudyWithWinner {
  return study.winner?.trial.stage === id.stage && study.winner.trial.index === id.index;
}

/** Of one replicate; stores of earlier releases have only what became of the whole. */
function ownTest({ tests, testAccuracy }: WinnerRecord, { id }: TrialRecord): number | null {
  if (tests.length === 0) return testAccuracy;
  return tests.find(({ replicate }) => replicate === id.replicate)?.accuracy ?? null;
}

/** Of a study that measures it in every trial. */
function ofTestSet(trials: readonly TrialRecord[]): number | null {
  return meanOfAll(lastPoints(trials).map((point) => point.testAccuracy));
}

/** Means over the trials that have a result; of the training time, too. */
function metricsOf(trials: readonly TrialRecord[]) {
  const last = lastPoints(trials);
  return {
    trainAccuracy: meanOfAll(last.map((point) => point.trainAccuracy)),
    validationAccuracy: meanOfAll(last.map((point) => point.validationAccuracy)),
    validationLoss: meanOfAll(last.map((point) => point.validationLoss)),
    seconds: meanOfAll(trials.flatMap(({ result }) => result?.seconds ?? [])),
  };
}

/** A diverged trial has a curve, but no result: its last point would look like one. */
function lastPoints(trials: readonly TrialRecord[]): Measurement[] {
  return trials.flatMap(({ result }) =>
    result?.kind === 'complete' ? (result.curve.at(-1) ?? []) : [],
  );
}

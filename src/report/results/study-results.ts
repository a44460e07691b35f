/**
 * The results of a study as every output shows them: one model, made once, printed by many.
 *
 * Ranks count within a stage, as each stage has a table of its own; the winner is the best of all
 * stages. A row is a λ: where it was repeated, with the means of its replicates. Numbers are kept whole here; the tables round them.
 *
 * Not decided here: the order of trials (`search/ranking/ranking.ts`) and how anything looks.
 */
import { RidgelineError } from '../../base/errors.ts';
import { toConfigurations, type Configuration } from '../../search/ranking/configurations.ts';
import { bestConfiguration, rankConfigurations } from '../../search/ranking/ranking.ts';
import type { SmoothFit } from '../../search/statistics/smooth-fit.ts';
import { studyStatistics, type StudyStatistics } from '../../search/statistics/study-statistics.ts';
import type { LambdaRange, Objective } from '../../study/spec/study-spec.ts';
import type { StudyRecord, WinnerTest } from '../../study/study-record.ts';
import {
  trialName,
  type AttemptRecord,
  type AuditVerdict,
  type StageRecord,
  type StudyStatus,
  type TrialRecord,
  type TrialStatus,
} from '../../study/trial.ts';
import { lambdaRow, trialRows } from './result-row.ts';
import { resultWarnings } from './result-warnings.ts';

export interface ResultRow {
  readonly stage: string;
  /** Within the stage, from 1; null unless complete. */
  readonly rank: number | null;
  /** `coarse/7`; it stands for all replicates of its λ, unless each has a row. */
  readonly trial: string;
  readonly replicate: number;
  /** How many are complete, and in the means of this row. */
  readonly replicates: number;
  readonly lambda: number;
  /** The objective's value. */
  readonly value: number | null;
  readonly trainAccuracy: number | null;
  readonly validationAccuracy: number | null;
  readonly validationLoss: number | null;
  /** Of the value, from the size of the validation set and the scatter of replicates; null where neither is known. */
  readonly standardError: number | null;
  /** Whether it cannot be told from the best of the study; null where that was not tested. */
  readonly tied: boolean | null;
  /** Null but for the winner, unless the study measures the test set in every trial. */
  readonly testAccuracy: number | null;
  readonly status: TrialStatus;
  readonly reason: string | null;
  readonly attempts: number;
  readonly worker: string | null;
  readonly steps: number | null;
  readonly seconds: number | null;
  readonly digest: string | null;
  /** What the study's audits have shown; null where it had none. */
  readonly audit: AuditVerdict | null;
  /** As `recomputation.ts` says it. */
  readonly verified: boolean | null;
}

type StatusCounts = Readonly<Record<TrialStatus, number>>;

export interface StageCounts {
  readonly counts: StatusCounts;
  /** How many λ have been given a first replicate, a second one, and so on. */
  readonly replicates: readonly number[];
}

export interface StageResults extends StageCounts {
  readonly name: string;
  readonly distribution: 'log_uniform';
  /** Null until it is known. */
  readonly range: LambdaRange | null;
  /** Why a narrowed range is what it is; null where the study gave it. */
  readonly reason: string | null;
  readonly warnings: readonly string[];
  readonly closed: boolean;
  /** λ that the stage is to have; `counts` has those that exist already. */
  readonly trials: number;
  /** Best first. `selectResults` may have left some out: `rowsTotal` counts all, `rowsMatched` those asked for. */
  readonly rows: readonly ResultRow[];
  readonly rowsMatched: number;
  readonly rowsTotal: number;
  /** All failed trials of the stage, whatever `rows` shows. */
  readonly failed: readonly ResultRow[];
}

/** How many trials cannot be told from the best, of how many compared, and over which λ. */
interface TieSummary {
  readonly tied: number;
  readonly compared: number;
  readonly lambda: LambdaRange;
}

export interface WinnerResult extends ResultRow {
  readonly testLoss: number | null;
  /** Who trained it again, and whether that gave the same digest; null until then. */
  readonly testWorker: string | null;
  readonly reproduced: boolean | null;
  /** Of its replicates, one by one. */
  readonly tests: readonly WinnerTest[];
}

export interface StudyResults {
  readonly study: string;
  readonly seed: number;
  readonly status: StudyStatus;
  readonly reason: string | null;
  readonly objective: Objective;
  readonly stages: readonly StageResults[];
  /** Null until the last stage has closed. */
  readonly winner: WinnerResult | null;
  /** The best so far over all stages: the winner's row once there is one. */
  readonly best: ResultRow | null;
  /** Null where trials could not be compared image by image. */
  readonly ties: TieSummary | null;
  /** The smooth curve over log λ, of all stages; null where the results do not support one. */
  readonly fit: SmoothFit | null;
  /** Images in the validation split, where they are known. */
  readonly validationCount: number | null;
  /** Of the whole study and of each stage, in words. */
  readonly warnings: readonly string[];
  readonly counts: StatusCounts;
}

/**
 * @param trials with their bits (`correctness`), or no trial is compared with another
 * @param kind   what has a row of its own in a stage: each λ, or each of its replicates
 * @param recomputed the attempts by which trials were computed again; without them only audits say who is verified
 */
export function studyResults(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  kind: 'lambda' | 'trial' = 'lambda',
  recomputed: readonly AttemptRecord[] = [],
): StudyResults {
  const again = Map.groupBy(recomputed, ({ trial }) => trialName(trial));
  const byStage = Map.groupBy(trials, (trial) => trial.id.stage);
  const order = study.spec.stages.map(({ name }) => name);
  const statistics = studyStatistics(trials, study.spec, order);
  const stages = study.stages.map((stage) =>
    stageResults(study, stage, byStage.get(stage.name) ?? [], statistics, again),
  );
  const rows = stages.flatMap((stage) => stage.rows);
  const winner = winnerResult(study, rows);
  const best = winner ?? bestSoFar(study, trials, order, rows);
  return {
    study: study.spec.study,
    seed: study.spec.seed,
    status: study.status,
    reason: study.reason,
    objective: study.spec.objective,
    stages:
      kind === 'lambda'
        ? stages
        : stages.map((stage) =>
            byTrial(stage, study, byStage.get(stage.name) ?? [], statistics, again),
          ),
    winner,
    best,
    ties: tieSummary(statistics),
    fit: statistics.fit,
    validationCount: statistics.validationCount,
    warnings: resultWarnings(study, stages, statistics, best),
    counts: countStatuses(toConfigurations(trials, study.spec.objective)),
  };
}

export interface Selection {
  readonly stage?: string | undefined;
  /** Rows to keep; all without it. */
  readonly keep?: ((row: ResultRow) => boolean) | undefined;
  /** Instead of the rank; rows that are equal by it stay in rank order. */
  readonly order?: ((a: ResultRow, b: ResultRow) => number) | undefined;
  /** The most rows of a stage, after all that; null for all. */
  readonly top?: number | null | undefined;
}

/** Leaves out stages and rows that were not asked for; counts, warnings and the winner stay. */
export function selectResults(results: StudyResults, selection: Selection): StudyResults {
  const { stage: wanted, top = null, keep, order } = selection;
  const stages = results.stages.filter((stage) => wanted === undefined || stage.name === wanted);
  if (wanted !== undefined && stages.length === 0) {
    throw new RidgelineError(
      'USAGE',
      `Study ${results.study} has no stage called ${JSON.stringify(wanted)}.`,
      `Give one of its stages: ${results.stages.map(({ name }) => name).join(', ')}.`,
    );
  }
  return {
    ...results,
    stages: stages.map((stage) => {
      const matched = keep === undefined ? stage.rows : stage.rows.filter(keep);
      const ordered = order === undefined ? matched : matched.toSorted(order);
      return {
        ...stage,
        rows: top === null ? ordered : ordered.slice(0, top),
        rowsMatched: matched.length,
      };
    }),
  };
}

/** By the trial's name. */
type Attempts = ReadonlyMap<string, readonly AttemptRecord[]>;

function stageResults(
  study: StudyRecord,
  stage: StageRecord,
  trials: readonly TrialRecord[],
  statistics: StudyStatistics,
  again: Attempts,
): StageResults {
  const spec = study.spec.stages.find(({ name }) => name === stage.name);
  const given = spec?.lambda.kind === 'range' ? spec.lambda.range : null;
  const ranked = rankConfigurations(trials, study.spec.objective, [stage.name]);
  const rows = ranked.map((candidate) => lambdaRow(study, candidate, statistics, again));
  return {
    name: stage.name,
    distribution: 'log_uniform',
    range: stage.range ?? given,
    reason: stage.reason,
    warnings: stage.warnings,
    closed: stage.closed,
    trials: stage.trials,
    ...stageCounts(ranked),
    rows,
    rowsMatched: rows.length,
    rowsTotal: rows.length,
    failed: rows.filter(({ status }) => status === 'failed'),
  };
}

function byTrial(
  stage: StageResults,
  study: StudyRecord,
  trials: readonly TrialRecord[],
  statistics: StudyStatistics,
  again: Attempts,
): StageResults {
  const rows = rankConfigurations(trials, study.spec.objective, [stage.name]).flatMap((candidate) =>
    trialRows(study, candidate, statistics, again),
  );
  return {
    ...stage,
    rows,
    rowsMatched: rows.length,
    rowsTotal: rows.length,
    failed: rows.filter(({ status }) => status === 'failed'),
  };
}

export function tieSummary({ ties }: StudyStatistics): TieSummary | null {
  if (ties === null) return null;
  return { tied: ties.names.size, compared: ties.compared.size, lambda: ties.lambda };
}

/** @param rows its row among them */
export function winnerResult(study: StudyRecord, rows: readonly ResultRow[]): WinnerResult | null {
  const { winner } = study;
  if (winner === null) return null;
  const name = trialName(winner.trial);
  const row = rows.find(({ trial }) => trial === name);
  if (row === undefined) return null;
  const { testLoss, testWorker, reproduced, tests } = winner;
  return { ...row, testLoss, testWorker, reproduced, tests };
}

function bestSoFar(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  order: readonly string[],
  rows: readonly ResultRow[],
): ResultRow | null {
  const best = bestConfiguration(trials, study.spec.objective, order);
  if (best === null) return null;
  const name = trialName(best.trial.id);
  return rows.find(({ trial }) => trial === name) ?? null;
}

/** How many of a stage's λ stand how, and how many have been given each replicate. */
export function stageCounts(candidates: readonly Configuration[]): StageCounts {
  const counts: number[] = [];
  for (const { replicates } of candidates)
    for (const index of replicates.keys()) counts[index] = (counts[index] ?? 0) + 1;
  return { counts: countStatuses(candidates), replicates: counts };
}

function countStatuses(candidates: readonly Configuration[]): StatusCounts {
  const counts = { waiting: 0, running: 0, complete: 0, failed: 0, cancelled: 0 };
  for (const { status } of candidates) counts[status] += 1;
  return counts;
}

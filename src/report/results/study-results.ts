/**
 * Study results: the one model that every output of a study prints. Numbers are exact; tables round them.
 *
 * `rank` counts within a stage, as each stage has its own table; the winner is the best of all stages.
 * Not decided here: the ranking (`search/ranking/ranking.ts`), and how outputs look.
 */
import type { Configuration } from '../../search/ranking/configurations.ts';
import { rankConfigurations, type RankedConfiguration } from '../../search/ranking/ranking.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import type { SmoothFit } from '../../search/statistics/smooth-fit.ts';
import type { ImportanceSource } from '../../search/analysis/importance.ts';
import { parameterScales, type ParameterScale } from '../../search/analysis/parameter-scale.ts';
import {
  searchedParameters,
  studyStatistics,
  type SharedBest,
} from '../../search/analysis/study-statistics.ts';
import type { BudgetEnd } from '../../study/budget.ts';
import {
  givenDistribution,
  numberRange,
  numberStyles,
  type ParameterName,
  type SearchSpace,
} from '../../study/search-space.ts';
import type { StageSpec } from '../../study/spec/study-spec.ts';
import type { StudyRecord, WinnerTest } from '../../study/study-record.ts';
import { shownStatus, type ShownStatus } from '../../study/summaries.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';
import {
  trialName,
  type AttemptRecord,
  type StageRecord,
  type StudyStatus,
  type TrialId,
  type TrialRecord,
  type TrialStatus,
} from '../../study/trial.ts';
import type { ResultLayout } from './result-fields.ts';
import { tieSummary, type TieSummary } from './tie-summary.ts';
import { configurationRow, trialRows, type ResultRow, type RowSource } from './result-row.ts';
import { studyProvenance, type StudyProvenance } from './study-provenance.ts';
import { importanceSource } from './study-importance.ts';
import { resultWarnings } from './result-warnings.ts';
import type { ResultWarning } from './warning.ts';

type StatusCounts = Readonly<Record<TrialStatus, number>>;

export interface StageCounts {
  /** Configurations by status. */
  readonly counts: StatusCounts;
  /** How many configurations have a first replicate, a second one, and so on. */
  readonly replicates: readonly number[];
}

/** `trials` are planned configurations; `counts` has those that exist. */
export interface StageResults extends StageRecord, StageCounts {
  /** Best first. `rowsTotal` counts all; `selectResults` keeps some of the `rowsMatched` that match it. */
  readonly rows: readonly ResultRow[];
  readonly rowsMatched: number;
  readonly rowsTotal: number;
  /** All failed trials of the stage, whatever `rows` contains. */
  readonly failed: readonly ResultRow[];
  /** All stopped ones. */
  readonly stopped: readonly ResultRow[];
}

export interface WinnerResult extends ResultRow {
  readonly testLoss: number | null;
  /** The worker that trained it again, and whether the digest was the same; null until then. */
  readonly testWorker: string | null;
  readonly reproduced: boolean | null;
  /** By replicate. */
  readonly tests: readonly WinnerTest[];
}

export interface StudyResults extends ResultLayout {
  readonly study: string;
  readonly seed: number;
  readonly status: StudyStatus;
  /** For people: `interrupted` if it is running in the store, but no coordinator works on it. */
  readonly shownStatus: ShownStatus;
  readonly reason: string | null;
  /** Null if no budget has ended the search. */
  readonly budgetEnd: BudgetEnd | null;
  /** The parameter of ties, the fit and its charts: the only one, if it is a number; else null. */
  readonly parameter: ParameterName | null;
  /** Of each parameter. */
  readonly scales: Readonly<Record<ParameterName, ParameterScale>>;
  readonly stages: readonly StageResults[];
  /** The rows of all stages in one order; null if they are by stage (`select-results.ts`). */
  readonly list: readonly ResultRow[] | null;
  /** Null until the last stage has closed. */
  readonly winner: WinnerResult | null;
  /** The best so far over all stages; the winner's row once there is one. */
  readonly best: ResultRow | null;
  /** Null if no other configuration has the value of the best. */
  readonly sharedBest: SharedBest | null;
  /** Null if trials could not be compared image by image. */
  readonly ties: TieSummary | null;
  /** What the importance of the hyperparameters is computed from, which takes time (`study-importance.ts`). */
  readonly importanceSource: ImportanceSource;
  /** The smooth curve over the logarithm of the parameter, of all stages; null if the results do not support one. */
  readonly fit: SmoothFit | null;
  /** Images in the validation split; null if unknown. */
  readonly validationCount: number | null;
  readonly warnings: readonly ResultWarning[];
  /** Configurations by status. */
  readonly counts: StatusCounts;
  /** Trials by status: replicates count. */
  readonly trialCounts: StatusCounts;
  /** Null if the study takes no results of other studies. */
  readonly reused: ReusedSummary | null;
  readonly provenance: StudyProvenance;
}

/** The trials whose results were taken from other studies. */
export interface ReusedSummary {
  readonly trials: number;
  /** Names of the other studies. */
  readonly studies: readonly string[];
}

export interface ResultsOptions {
  /** What a row is: a configuration (default), or one of its replicates. */
  readonly rows?: 'configuration' | 'trial';
  /** Attempts that computed trials again; without them, only audits decide what is verified. */
  readonly attempts?: readonly AttemptRecord[];
  /** Whether a coordinator works on the study if it is running (default: true). */
  readonly isServed?: boolean;
}

/** @param trials with their validation bits; without these, trials are not compared with each other */
export function studyResults(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  trainer: TrainerDescription,
  { rows: kind = 'configuration', attempts = [], isServed = true }: ResultsOptions = {},
): StudyResults {
  const { spec } = study;
  const order = spec.stages.map(({ name }) => name);
  const ranked = rankConfigurations(trials, spec.objective, order, {
    winner: study.winner?.trial,
  });
  const byStage = Map.groupBy(ranked, ({ trial }) => trial.id.stage);
  const statistics = studyStatistics(ranked, spec);
  const source: RowSource = {
    study,
    metrics: trainer.metrics,
    statistics,
    attempts: Map.groupBy(attempts, ({ trial }) => trialName(trial)),
  };
  const build = (toRows: typeof trialRows): StageResults[] =>
    study.stages.map((stage) => stageResults(source, stage, byStage.get(stage.name) ?? [], toRows));
  const stages = build((...row) => [configurationRow(...row)]);
  const rows = stages.flatMap((stage) => stage.rows);
  const winner = winnerResult(study, rows);
  const spaces = study.stages.map((stage) => stage.space ?? givenSpace(study, stage.name));
  const scales = parameterScales(searchedParameters(spec), spaces, trials);
  const first = ranked.find(({ rank }) => rank !== null);
  const best = winner ?? findRow(rows, first?.trial.id);
  return {
    study: spec.study,
    seed: spec.seed,
    status: study.status,
    shownStatus: shownStatus(study.status, isServed),
    reason: study.reason,
    budgetEnd: study.budgetEnd ?? null,
    objective: spec.objective,
    metrics: trainer.metrics,
    parameters: searchedParameters(spec),
    styles: numberStyles(spec.stages),
    parameter: statistics.parameter,
    scales,
    importanceSource: importanceSource(spec, trainer.metrics, scales, ranked),
    stages: kind === 'configuration' ? stages : build(trialRows),
    list: null,
    winner,
    best,
    sharedBest: statistics.sharedBest,
    ties: tieSummary(statistics, trainer),
    fit: statistics.fit,
    validationCount: statistics.validationCount,
    warnings: resultWarnings({ study, trainer, stages, statistics, best }),
    counts: countStatuses(ranked),
    trialCounts: countStatuses(trials),
    reused: reusedSummary(study, trials),
    provenance: studyProvenance(study, attempts, statistics.validationCount),
  };
}

function reusedSummary(
  { reuse = false }: StudyRecord,
  trials: readonly TrialRecord[],
): ReusedSummary | null {
  if (!reuse) return null;
  const sources = trials.flatMap(({ source }) => source ?? []);
  const studies = [...new Set(sources.map((source) => source.split(' ', 1)[0] ?? ''))];
  return { trials: sources.length, studies };
}

function stageResults(
  source: RowSource,
  stage: StageRecord,
  ranked: readonly RankedConfiguration[],
  toRows: typeof trialRows,
): StageResults {
  const { name } = stage;
  const rows = ranked.flatMap((configuration) => toRows(source, configuration));
  return {
    ...stage,
    space: stage.space ?? givenSpace(source.study, name),
    ...stageCounts(ranked),
    rows,
    rowsMatched: rows.length,
    rowsTotal: rows.length,
    failed: rows.filter(({ status }) => status === 'failed'),
    stopped: rows.filter(({ status }) => status === 'stopped'),
  };
}

/** What the outputs of one trial are made from. */
export interface TrialSource {
  readonly study: StudyRecord;
  readonly results: StudyResults;
  readonly row: ResultRow;
  /** The trial with its whole curve. */
  readonly trial: TrialRecord;
  readonly attempts: readonly AttemptRecord[];
  /** The command that trains it again; null if only workers can. */
  readonly command: string | null;
}

/** The section `search` of a stage in the study file. */
function stageSearch({ spec }: StudyRecord, stage: string): StageSpec['search'] {
  return spec.stages.find(({ name }) => name === stage)?.search ?? {};
}

/** The space that the study file gives; null if another stage gives a part of it. */
function givenSpace(study: StudyRecord, stage: string): SearchSpace | null {
  const space: Record<ParameterName, SearchSpace[string]> = {};
  for (const [parameter, from] of Object.entries(stageSearch(study, stage))) {
    const given = givenDistribution(from);
    if (given === null) return null;
    space[parameter] = given;
  }
  return space;
}

/** The range of the parameter in a stage; null if it is not known yet, or there is no such parameter. */
export function stageRange(
  { space }: Pick<StageResults, 'space'>,
  { parameter }: Pick<StudyResults, 'parameter'>,
): Range | null {
  return parameter === null ? null : numberRange(space?.[parameter]);
}

/** Whether another stage's results give the space of a stage. */
export function isNarrowed(study: StudyRecord, stage: string): boolean {
  return Object.values(stageSearch(study, stage)).some(({ narrow }) => narrow !== undefined);
}

/** @param rows contains the winner's row */
export function winnerResult(
  { winner }: StudyRecord,
  rows: readonly ResultRow[],
): WinnerResult | null {
  const row = findRow(rows, winner?.trial);
  if (winner === null || row === null) return null;
  const { testLoss, testWorker, reproduced, tests } = winner;
  return { ...row, testLoss, testWorker, reproduced, tests };
}

function findRow(rows: readonly ResultRow[], id: TrialId | undefined): ResultRow | null {
  return (id && rows.find(({ trial }) => trial === trialName(id))) ?? null;
}

export function stageCounts(configurations: readonly Configuration[]): StageCounts {
  const counts: number[] = [];
  for (const { replicates } of configurations)
    for (const index of replicates.keys()) counts[index] = (counts[index] ?? 0) + 1;
  return { counts: countStatuses(configurations), replicates: counts };
}

function countStatuses(items: readonly Pick<Configuration, 'status'>[]): StatusCounts {
  const waiting = { waiting: 0, running: 0, paused: 0 };
  const counts = { ...waiting, complete: 0, stopped: 0, failed: 0, cancelled: 0 };
  for (const { status } of items) counts[status] += 1;
  return counts;
}

/**
 * Live results: the ranking, ties, fit and scatter points of a study, for the dashboard. `search` and `report`
 * compute them; this module limits the cost.
 *
 * The scatter of 100,000 trials would be several megabytes, so points are thinned on a grid to the best
 * trial of each cell. More than `comparedMax` trials are not compared image by image.
 */
import { comparisonWithBest, configurationRow } from '../../report/results/result-row.ts';
import { importanceSource, studyImportance } from '../../report/results/study-importance.ts';
import { resultWarnings } from '../../report/results/result-warnings.ts';
import { stageCounts, type StageCounts } from '../../report/results/study-results.ts';
import { trialEnd } from '../../report/results/trial-end.ts';
import type { ResultWarning } from '../../report/results/warning.ts';
import { rankConfigurations, type RankedConfiguration } from '../../search/ranking/ranking.ts';
import {
  configurationError,
  onlyNumber,
  searchedParameters,
  studyStatistics,
  type StudyStatistics,
} from '../../search/analysis/study-statistics.ts';
import type { Importance } from '../../search/analysis/importance.ts';
import { parameterScales, type ParameterScale } from '../../search/analysis/parameter-scale.ts';
import { numberParam, type ParameterName, type Params } from '../../study/search-space.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';
import { isOver, trialName, type TrialRecord } from '../../study/trial.ts';
import type { ScatterPoint } from '../page-messages.ts';

/** Most trials that are compared. With 10,000 images this takes 0.1 s, or 0.2 s with three replicates each. */
const comparedMax = 2_000;
/** The most points; more are thinned to about this number, which the scatter draws completely. */
const pointsMax = 2_000;
/** Ratio of width to height of the chart and of the grid. */
const columnsPerRow = 1.5;

export interface LiveResults {
  /** All configurations of all stages, also those that have not ended. */
  readonly ranked: readonly RankedConfiguration[];
  /** Errors, ties and fit; all of them null if the trials were not compared. */
  readonly statistics: StudyStatistics;
  readonly stages: ReadonlyMap<string, StageCounts>;
  /** Trials that exist, and those of them that have ended. */
  readonly trials: number;
  readonly ended: number;
  readonly points: readonly ScatterPoint[];
  readonly pointsTotal: number;
  /** Warnings about the whole study; empty while it runs, or if the trials were not compared. */
  readonly warnings: readonly ResultWarning[];
  /** Of each hyperparameter. */
  readonly scales: Readonly<Record<ParameterName, ParameterScale>>;
  /** Null while the study runs, and if it is unknown. */
  readonly importance: Importance | null;
  /** Parameters of the trials that run, by name. */
  readonly running: ReadonlyMap<string, Params>;
}

/** Whether a study is small enough to compare its trials, which needs their validation bits. */
export function isCompared({ spec, stages }: StudyRecord): boolean {
  const configurations = stages.reduce((sum, { trials }) => sum + trials, 0);
  return configurations * spec.replicates <= comparedMax;
}

/** @param trials with their validation bits if the study is compared */
export function liveResults(
  record: StudyRecord,
  trainer: TrainerDescription,
  trials: readonly TrialRecord[],
): LiveResults {
  const { spec } = record;
  const order = record.stages.map(({ name }) => name);
  const { winner } = record;
  const ranked = rankConfigurations(trials, spec.objective, order, { winner: winner?.trial });
  const parameter = onlyNumber(spec);
  const statistics = isCompared(record) ? studyStatistics(ranked, spec) : noStatistics(parameter);
  const byStage = Map.groupBy(ranked, ({ trial }) => trial.id.stage);
  // Slices show trials that were trained; the scatter also those that were lost.
  const isShown = ({ value, status, trial }: RankedConfiguration): boolean =>
    trialEnd(status, value, trial.result !== null) !== null ||
    (status === 'failed' && parameter !== null);
  const ended = ranked.filter(isShown);
  const scales = parameterScales(
    searchedParameters(spec),
    record.stages.map(({ space }) => space),
    trials,
  );
  const running = trials.filter(({ status }) => status === 'running');
  return {
    ranked,
    statistics,
    stages: new Map(order.map((name) => [name, stageCounts(byStage.get(name) ?? [])])),
    points: shownPoints(ended, order.length, parameter).map((configuration): ScatterPoint => {
      const { id } = configuration.trial;
      const tied = comparisonWithBest(statistics, configuration)?.tied ?? null;
      const stage = Math.max(0, order.indexOf(id.stage));
      const { value, rank } = configuration;
      const replicates = configuration.replicates.filter(
        ({ status }) => status === 'complete',
      ).length;
      const error = configurationError(configuration, spec.objective, statistics.validationCount);
      // Rounded, since the error is only shown.
      const shownError = error === null ? null : Number(error.toPrecision(3));
      const { params } = configuration.trial;
      const at = parameter === null ? null : numberParam(params, parameter);
      const known = [value, trialName(id), tied, shownError, rank, replicates] as const;
      const isStopped = trialEnd(configuration.status, value, true) === 'stopped';
      if (isStopped) return [stage, at, ...known, at === null ? params : null, true];
      return at === null ? [stage, at, ...known, params] : [stage, at, ...known];
    }),
    trials: trials.length,
    ended: trials.filter(({ status }) => status !== 'waiting' && status !== 'running').length,
    pointsTotal: ended.length,
    warnings: warnings(record, trainer, statistics, byStage, ranked[0]),
    scales,
    // It takes up to a second, so it is not computed again and again for a running study.
    importance: isOver(record.status)
      ? studyImportance({
          importanceSource: importanceSource(spec, trainer.metrics, scales, ranked),
        })
      : null,
    running: new Map(running.map(({ id, params }) => [trialName(id), params])),
  };
}

/** Of trials that were not compared. */
function noStatistics(parameter: ParameterName | null): StudyStatistics {
  const none = { validationCount: null, sharedBest: null, ties: null, fit: null };
  return { parameter, ...none, isFitContradicted: false };
}

function warnings(
  study: StudyRecord,
  trainer: TrainerDescription,
  statistics: StudyStatistics,
  byStage: ReadonlyMap<string, readonly RankedConfiguration[]>,
  first: RankedConfiguration | undefined,
): readonly ResultWarning[] {
  // A running search often has its best trial at an edge, and few trials are always tied.
  if (!isOver(study.status) || !isCompared(study)) return [];
  const source = { study, metrics: trainer.metrics, statistics };
  const stages = study.stages.map((stage) => {
    const configurations = byStage.get(stage.name) ?? [];
    const rows = configurations.map((one) => configurationRow(source, one));
    return { ...stage, ...stageCounts(configurations), rows };
  });
  const best = first && first.rank !== null ? configurationRow(source, first) : null;
  return resultWarnings({ study, trainer, stages, statistics, best });
}

/** All points, or the best of each area of the chart; for slices, the best ones and every n-th of the others. */
function shownPoints(
  configurations: readonly RankedConfiguration[],
  stages: number,
  parameter: ParameterName | null,
): readonly RankedConfiguration[] {
  if (parameter !== null) {
    const toAt = ({ trial }: RankedConfiguration): number => numberParam(trial.params, parameter);
    return thin(configurations, stages, toAt);
  }
  const every = Math.ceil(configurations.length / (pointsMax / 2));
  return configurations.filter((_, index) => index < pointsMax / 2 || index % every === 0);
}

/** The best of each cell and stage; configurations are in order of rank. */
function thin(
  configurations: readonly RankedConfiguration[],
  stages: number,
  toAt: (configuration: RankedConfiguration) => number,
): readonly RankedConfiguration[] {
  if (configurations.length <= pointsMax) return configurations;
  const gridColumns = Math.floor(Math.sqrt((columnsPerRow * pointsMax) / stages));
  const gridRows = Math.floor(gridColumns / columnsPerRow);
  // 0 has a separate column.
  const logAt = (one: RankedConfiguration): number => Math.log10(Math.max(1e-300, toAt(one)));
  const toColumn = cells(configurations.map(logAt), gridColumns);
  const toRow = cells(
    configurations.flatMap(({ value }) => value ?? []),
    gridRows,
  );
  const taken = new Set<string>();
  return configurations.filter((configuration) => {
    const { trial, value } = configuration;
    // Failed trials have a row of cells below the others.
    const row = value === null ? gridRows : toRow(value);
    const key = `${trial.id.stage} ${toColumn(logAt(configuration))} ${row}`;
    if (taken.has(key)) return false;
    taken.add(key);
    return true;
  });
}

/** Divides the range of some numbers into cells. */
function cells(numbers: readonly number[], count: number): (at: number) => number {
  const low = numbers.reduce((a, b) => Math.min(a, b), Infinity);
  const size = numbers.reduce((a, b) => Math.max(a, b), -Infinity) - low;
  return (at) => (size > 0 ? Math.min(count - 1, Math.floor(((at - low) / size) * count)) : 0);
}

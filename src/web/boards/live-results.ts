/**
 * Where a study stands, found from all its trials at once: the ranking, who is tied with the best, the
 * fit, and the points of the scatter. All of that is `search`'s and `report`'s; here is what it may cost.
 *
 * With 100,000 trials the scatter would be a blot of several megabytes: points are thinned on a grid, to
 * no more than are drawn, the best of each cell. Trials are compared image by image up to
 * `comparedMax` of them: above, their bits are tens of megabytes, and `ridgeline results` has the answer.
 */
import { rankConfigurations, type RankedConfiguration } from '../../search/ranking/ranking.ts';
import { studyStatistics, type StudyStatistics } from '../../search/statistics/study-statistics.ts';
import { stageCounts, type StageCounts } from '../../report/results/study-results.ts';
import { isTied, lambdaRow } from '../../report/results/result-row.ts';
import { wholeWarnings } from '../../report/results/result-warnings.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { isOver, trialName, type TrialRecord } from '../../study/trial.ts';
import type { ScatterPoint } from '../page-messages.ts';

/** Measured with 10,000 images: 0.1 s, or 0.2 s where each λ has three replicates. */
const comparedMax = 2_000;
/** More points than this are thinned to so many: fewer than those of which the scatter leaves some out. */
const pointsMax = 2_000;
/** Of the grid's cells: about as many as the chart is wider than high. */
const columnsPerRow = 1.5;

export interface Standing {
  /** Of all stages; trials that have not ended, too. */
  readonly ranked: readonly RankedConfiguration[];
  /** All null where trials were not compared. */
  readonly statistics: StudyStatistics;
  readonly stages: ReadonlyMap<string, StageCounts>;
  readonly points: readonly ScatterPoint[];
  readonly pointsTotal: number;
  /** Of the study as a whole, in words; none as long as it goes on, or where trials were not compared. */
  readonly warnings: readonly string[];
  /** The λ of trials that run, by name. */
  readonly running: ReadonlyMap<string, number>;
}

/** Whether a study is small enough for its trials to be compared; then their bits are needed. */
export function isCompared({ spec, stages }: StudyRecord): boolean {
  const lambdas = stages.reduce((sum, { trials }) => sum + trials, 0);
  return lambdas * spec.replicates <= comparedMax;
}

/** The first trials of a search always have their best at an edge, and are always tied. */
function isJudged(record: StudyRecord): boolean {
  return isOver(record.status) && isCompared(record);
}

/** @param trials with their bits where the study is compared */
export function standingOf(record: StudyRecord, trials: readonly TrialRecord[]): Standing {
  const { objective } = record.spec;
  const order = record.stages.map(({ name }) => name);
  const ranked = rankConfigurations(trials, objective, order);
  const statistics: StudyStatistics = isCompared(record)
    ? studyStatistics(trials, record.spec, order)
    : { validationCount: null, ties: null, fit: null };
  const byStage = Map.groupBy(ranked, ({ trial }) => trial.id.stage);
  const drawn = ranked.filter(({ value, status }) => value !== null || status === 'failed');
  const running = trials.filter(({ status }) => status === 'running');
  return {
    ranked,
    statistics,
    stages: new Map(order.map((name) => [name, stageCounts(byStage.get(name) ?? [])])),
    points: scatterPoints(thinned(drawn, order.length), order, statistics),
    pointsTotal: drawn.length,
    warnings: isJudged(record) ? warningsOf(record, byStage, statistics, ranked[0]) : [],
    running: new Map(running.map(({ id, lambda }) => [trialName(id), lambda])),
  };
}

function warningsOf(
  record: StudyRecord,
  byStage: ReadonlyMap<string, readonly RankedConfiguration[]>,
  statistics: StudyStatistics,
  first: RankedConfiguration | undefined,
): readonly string[] {
  const stages = record.stages.map((stage) => {
    const candidates = byStage.get(stage.name) ?? [];
    const rows = candidates.map((candidate) => lambdaRow(record, candidate, statistics));
    return { ...stage, ...stageCounts(candidates), rows };
  });
  const hasBest = first !== undefined && first.rank !== null;
  const best = hasBest ? lambdaRow(record, first, statistics) : null;
  return wholeWarnings(record, stages, statistics, best);
}

function scatterPoints(
  candidates: readonly RankedConfiguration[],
  order: readonly string[],
  statistics: StudyStatistics,
): ScatterPoint[] {
  const place = new Map(order.map((name, index) => [name, index]));
  return candidates.map((candidate) => {
    const { trial, value } = candidate;
    const stage = place.get(trial.id.stage) ?? 0;
    return [stage, trial.lambda, value, trialName(trial.id), isTied(statistics, candidate)];
  });
}

/** One a cell and stage, the best of each: they come in order of rank. */
function thinned(
  candidates: readonly RankedConfiguration[],
  stages: number,
): readonly RankedConfiguration[] {
  if (candidates.length <= pointsMax) return candidates;
  const gridColumns = Math.floor(Math.sqrt((columnsPerRow * pointsMax) / stages));
  const gridRows = Math.floor(gridColumns / columnsPerRow);
  const x = domainOf();
  const y = domainOf();
  for (const { trial, value } of candidates) {
    x.include(Math.log10(trial.lambda));
    if (value !== null) y.include(value);
  }
  const taken = new Map<string, Set<number>>();
  return candidates.filter(({ trial, value }) => {
    let cells = taken.get(trial.id.stage);
    if (cells === undefined) taken.set(trial.id.stage, (cells = new Set()));
    const column = x.cell(Math.log10(trial.lambda), gridColumns);
    // Those that failed have a line of their own.
    const row = value === null ? gridRows : y.cell(value, gridRows);
    const key = column * (gridRows + 1) + row;
    if (cells.has(key)) return false;
    cells.add(key);
    return true;
  });
}

/** The smallest and the largest of what it was told, and where between them something lies. */
function domainOf() {
  let [low, high] = [Infinity, -Infinity];
  return {
    include: (at: number): void => {
      low = Math.min(low, at);
      high = Math.max(high, at);
    },
    cell: (at: number, cells: number): number =>
      high > low ? Math.min(cells - 1, Math.floor(((at - low) / (high - low)) * cells)) : 0,
  };
}

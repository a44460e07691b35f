/**
 * Live results: what the dashboard shows of all trials of a study, computed at once: the ranking, ties, the
 * fit, and the points of the scatter. `search` and `report` compute them; this module limits the cost.
 *
 * The scatter of 100,000 trials would be several megabytes, so points are thinned on a grid to the best
 * trial of each cell. Trials are compared image by image up to `comparedMax` of them: more have tens of
 * megabytes of correctness bits, and `ridgeline results` compares them.
 */
import { configurationRow, isTied } from '../../report/results/result-row.ts';
import { studyWarnings } from '../../report/results/result-warnings.ts';
import { stageCounts, type StageCounts } from '../../report/results/study-results.ts';
import { rankConfigurations, type RankedConfiguration } from '../../search/ranking/ranking.ts';
import {
  searchedParameter,
  studyStatistics,
  type StudyStatistics,
} from '../../search/analysis/study-statistics.ts';
import { numberParam, type Params } from '../../study/search-space.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';
import { isOver, trialName, type TrialRecord } from '../../study/trial.ts';
import type { ScatterPoint } from '../page-messages.ts';

/** Measured with 10,000 images: 0.1 s, or 0.2 s with three replicates each. */
const comparedMax = 2_000;
/** The most points; more are thinned to about this number, which the scatter draws completely. */
const pointsMax = 2_000;
/** The chart is this much wider than high, and so is the grid. */
const columnsPerRow = 1.5;

export interface LiveResults {
  /** All configurations of all stages, also those that have not ended. */
  readonly ranked: readonly RankedConfiguration[];
  /** All null if the trials were not compared. */
  readonly statistics: StudyStatistics;
  readonly stages: ReadonlyMap<string, StageCounts>;
  readonly points: readonly ScatterPoint[];
  readonly pointsTotal: number;
  /** Of the whole study; empty while it runs, or if the trials were not compared. */
  readonly warnings: readonly string[];
  /** Parameters of the trials that run, by name. */
  readonly running: ReadonlyMap<string, Params>;
}

/** Whether a study is small enough to compare its trials, which needs their correctness bits. */
export function isCompared({ spec, stages }: StudyRecord): boolean {
  const configurations = stages.reduce((sum, { trials }) => sum + trials, 0);
  return configurations * spec.replicates <= comparedMax;
}

/** @param trials with their correctness bits if the study is compared */
export function liveResults(
  record: StudyRecord,
  trainer: TrainerDescription,
  trials: readonly TrialRecord[],
): LiveResults {
  const { spec } = record;
  const order = record.stages.map(({ name }) => name);
  const ranked = rankConfigurations(trials, spec.objective, order);
  const parameter = searchedParameter(spec);
  const statistics: StudyStatistics = isCompared(record)
    ? studyStatistics(trials, spec)
    : { parameter, validationCount: null, ties: null, fit: null };
  const byStage = Map.groupBy(ranked, ({ trial }) => trial.id.stage);
  const ended = ranked.filter(({ value, status }) => value !== null || status === 'failed');
  const toAt = ({ trial }: RankedConfiguration): number => numberParam(trial.params, parameter);
  const running = trials.filter(({ status }) => status === 'running');
  return {
    ranked,
    statistics,
    stages: new Map(order.map((name) => [name, stageCounts(byStage.get(name) ?? [])])),
    points: thin(ended, order.length, toAt).map((configuration): ScatterPoint => {
      const { id } = configuration.trial;
      const tied = isTied(statistics, configuration);
      const stage = Math.max(0, order.indexOf(id.stage));
      return [stage, toAt(configuration), configuration.value, trialName(id), tied];
    }),
    pointsTotal: ended.length,
    // A running search often has its best trial at an edge, and few trials are always tied.
    warnings:
      isOver(record.status) && isCompared(record)
        ? warnings(record, trainer, statistics, byStage, ranked[0])
        : [],
    running: new Map(running.map(({ id, params }) => [trialName(id), params])),
  };
}

function warnings(
  study: StudyRecord,
  trainer: TrainerDescription,
  statistics: StudyStatistics,
  byStage: ReadonlyMap<string, readonly RankedConfiguration[]>,
  first: RankedConfiguration | undefined,
): readonly string[] {
  const source = { study, metrics: trainer.metrics, statistics };
  const stages = study.stages.map((stage) => {
    const configurations = byStage.get(stage.name) ?? [];
    const rows = configurations.map((one) => configurationRow(source, one));
    return { ...stage, ...stageCounts(configurations), rows };
  });
  const hasBest = first !== undefined && first.rank !== null;
  const best = hasBest ? configurationRow(source, first) : null;
  return studyWarnings({ study, trainer, stages, statistics, best });
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
  const x = new Extent();
  const y = new Extent();
  for (const configuration of configurations) {
    x.include(Math.log10(toAt(configuration)));
    if (configuration.value !== null) y.include(configuration.value);
  }
  const taken = new Set<string>();
  return configurations.filter((configuration) => {
    const { trial, value } = configuration;
    const column = x.cell(Math.log10(toAt(configuration)), gridColumns);
    // Failed trials have a row of cells below the others.
    const row = value === null ? gridRows : y.cell(value, gridRows);
    const key = `${trial.id.stage} ${column} ${row}`;
    if (taken.has(key)) return false;
    taken.add(key);
    return true;
  });
}

/** The smallest and the largest of some numbers, and the cells between them. */
class Extent {
  #low = Infinity;
  #high = -Infinity;

  include(at: number): void {
    this.#low = Math.min(this.#low, at);
    this.#high = Math.max(this.#high, at);
  }

  cell(at: number, cells: number): number {
    const size = this.#high - this.#low;
    return size > 0 ? Math.min(cells - 1, Math.floor(((at - this.#low) / size) * cells)) : 0;
  }
}

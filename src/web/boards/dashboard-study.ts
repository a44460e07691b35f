/**
 * Dashboard study: the state of one study at the last read of its trials, and the curves of the trials that
 * train now. Curves come from events, since they are stored only when a trial ends.
 */
import { cyclicalRateFrom } from '../../report/charts/rate-cycles.ts';
import { configurationRow, type ResultRow } from '../../report/results/result-row.ts';
import { datasetText } from '../../report/results/result-words.ts';
import {
  isNarrowed,
  stageCounts,
  winnerResult,
  type WinnerResult,
} from '../../report/results/study-results.ts';
import type { ResultLayout } from '../../report/results/result-fields.ts';
import { tieSummary } from '../../report/results/tie-summary.ts';
import { searchedParameters } from '../../search/analysis/study-statistics.ts';
import type { RankedConfiguration } from '../../search/ranking/ranking.ts';
import { numberStyles } from '../../study/search-space.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';
import { trialName, type StageRecord, type TrialRecord } from '../../study/trial.ts';
import type { StageLine, StudyPage, TrialCurve, TrialDetail, TrialPage } from '../page-messages.ts';
import { isCompared, liveResults, type LiveResults } from './live-results.ts';
import type { RunningCurves } from './running-curves.ts';
import { selectConfigurations, type RowsQuery } from './row-query.ts';
import { trialDetail, type DetailSource } from './trial-detail.ts';

/** Rows in the first message of a study. */
const firstRows = 100;
/** The most curves that a page shows. */
const curvesMax = 8;
/** Most queries whose rows are kept until the next read. */
const queriesMax = 8;

export class DashboardStudy {
  readonly #trainer: TrainerDescription;
  readonly #curves: RunningCurves;
  /** The configurations of queries since the last read, by the query without its part. */
  readonly #selected = new Map<string, readonly RankedConfiguration[]>();
  #live: LiveResults;

  /** @param trials with their validation bits if the study is compared */
  constructor(
    record: StudyRecord,
    trainer: TrainerDescription,
    trials: readonly TrialRecord[],
    curves: RunningCurves,
  ) {
    this.#curves = curves;
    this.#trainer = trainer;
    this.#live = liveResults(record, trainer, trials);
  }

  refresh(record: StudyRecord, trials: readonly TrialRecord[]): void {
    this.#live = liveResults(record, this.#trainer, trials);
    this.#selected.clear();
  }

  /** @param perMinute trials that ended per minute; null if unknown */
  page(record: StudyRecord, perMinute: number | null = null): StudyPage {
    const { ranked, statistics, points, pointsTotal, warnings } = this.#live;
    const { spec } = record;
    const winner = this.#winner(record);
    const [best] = ranked;
    return {
      study: spec.study,
      status: record.status,
      reason: record.reason,
      ...this.#layout(record),
      parameter: statistics.parameter,
      seed: spec.seed,
      dataset: datasetText(spec.dataset),
      createdAtMs: record.createdAtMs,
      endedAtMs: record.endedAtMs,
      leftMs: this.#leftMs(record, perMinute),
      stages: record.stages.map((stage) => this.#stageLine(record, stage)),
      winner,
      best: winner ?? (best === undefined || best.rank === null ? null : this.#row(record, best)),
      sharedBest: statistics.sharedBest,
      ties: tieSummary(statistics, this.#trainer),
      fit: statistics.fit,
      validationCount: statistics.validationCount,
      isCompared: isCompared(record),
      warnings,
      rows: ranked.slice(0, firstRows).map((one) => this.#row(record, one)),
      rowsTotal: ranked.length,
      points,
      importance: this.#live.importance,
      pointsTotal,
      curves: this.#runningCurves(spec.study),
      learningRate: cyclicalRateFrom(spec.trainer),
    };
  }

  /** A part of the ranking. Ranks count over all stages. @throws RidgelineError USAGE for a wrong filter */
  rows(record: StudyRecord, query: RowsQuery): TrialPage {
    const chosen = this.#select(record, query);
    const { offset, limit } = query;
    const rows = chosen.slice(offset, offset + limit).map((one) => this.#row(record, one));
    return { rows, total: chosen.length };
  }

  #layout(record: StudyRecord): ResultLayout & Pick<StudyPage, 'scales'> {
    const { objective, stages } = record.spec;
    return {
      objective,
      metrics: this.#trainer.metrics,
      parameters: searchedParameters(record.spec),
      styles: numberStyles(stages),
      scales: this.#live.scales,
    };
  }

  #select(record: StudyRecord, query: RowsQuery): readonly RankedConfiguration[] {
    const key = JSON.stringify([query.stage, query.where, query.sort]);
    const kept = this.#selected.get(key);
    if (kept !== undefined) return kept;
    const layout = this.#layout(record);
    const toRow = (one: RankedConfiguration): ResultRow => this.#row(record, one);
    const chosen = selectConfigurations(this.#live.ranked, query, layout, toRow);
    const [oldest] = this.#selected.keys();
    if (this.#selected.size >= queriesMax && oldest !== undefined) this.#selected.delete(oldest);
    this.#selected.set(key, chosen);
    return chosen;
  }

  /** Null for a trial that the last read of the trials does not have. */
  detail(
    record: StudyRecord,
    source: Pick<DetailSource, 'trial' | 'attempts' | 'command'>,
  ): TrialDetail | null {
    const { stage, index } = source.trial.id;
    const { ranked, statistics } = this.#live;
    const configuration = ranked.find(
      ({ trial: { id } }) => id.stage === stage && id.index === index,
    );
    if (configuration === undefined) return null;
    return trialDetail({
      ...source,
      study: record,
      metrics: this.#trainer.metrics,
      statistics,
      configuration,
      running: this.#curves.curve(record.spec.study, trialName(source.trial.id)),
    });
  }

  /** Null if it does not run, or if no throughput is known. */
  #leftMs(record: StudyRecord, perMinute: number | null): number | null {
    if (record.status !== 'running' || perMinute === null) return null;
    const { replicates, racing } = record.spec;
    // A race creates replicates as it goes.
    const each = racing === undefined ? replicates : 1;
    const planned = record.stages.reduce((sum, { trials }) => sum + trials * each, 0);
    const left = Math.max(planned, this.#live.trials) - this.#live.ended;
    return left <= 0 ? null : (left / perMinute) * 60_000;
  }

  #row(study: StudyRecord, configuration: RankedConfiguration): ResultRow {
    const { statistics } = this.#live;
    return configurationRow({ study, metrics: this.#trainer.metrics, statistics }, configuration);
  }

  #winner(record: StudyRecord): WinnerResult | null {
    if (record.winner === null) return null;
    const name = trialName(record.winner.trial);
    const found = this.#live.ranked.find(({ trial }) => trialName(trial.id) === name);
    return found === undefined ? null : winnerResult(record, [this.#row(record, found)]);
  }

  #stageLine(record: StudyRecord, stage: StageRecord): StageLine {
    const counts = this.#live.stages.get(stage.name) ?? stageCounts([]);
    return { ...stage, isNarrowed: isNarrowed(record, stage.name), ...counts };
  }

  /** The trials that run at the last read and have a line to draw. */
  #runningCurves(study: string): TrialCurve[] {
    return [...this.#live.running]
      .map(([trial, params]) => ({ trial, params, points: this.#curves.curve(study, trial) }))
      .filter(({ points }) => points.length > 1)
      .slice(-curvesMax)
      .toSorted((a, b) => (a.trial < b.trial ? -1 : 1));
  }
}

/**
 * Dashboard study: the state of one study at the last read of its trials, and the curves of the trials that
 * train now. Curves come from events, since they are stored only when a trial ends.
 */
import { cyclicalRateFrom } from '../../report/charts/rate-cycles.ts';
import { configurationRow, type ResultRow } from '../../report/results/result-row.ts';
import { datasetText } from '../../report/results/result-words.ts';
import {
  isNarrowed,
  searchedParameters,
  stageCounts,
  tieSummary,
  winnerResult,
  type WinnerResult,
} from '../../report/results/study-results.ts';
import type { RankedConfiguration } from '../../search/ranking/ranking.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';
import {
  trialName,
  type Measurement,
  type StageRecord,
  type TrialId,
  type TrialRecord,
} from '../../study/trial.ts';
import type { RunningCurve, StageLine, StudyPage, TrialPage } from '../page-messages.ts';
import { isCompared, liveResults, type LiveResults } from './live-results.ts';

/** Rows in the first message of a study. */
const firstRows = 25;
/** The most curves that a page shows, and the most points of each. */
const curvesMax = 8;
const curvePointsMax = 400;

/** A part of the ranking. */
export interface RowsQuery {
  /** Name of the stage; null for all stages. */
  readonly stage: string | null;
  readonly offset: number;
  readonly limit: number;
}

export class DashboardStudy {
  readonly #trainer: TrainerDescription;
  readonly #curves = new Map<string, Measurement[]>();
  #live: LiveResults;

  /** @param trials with their validation bits if the study is compared */
  constructor(record: StudyRecord, trainer: TrainerDescription, trials: readonly TrialRecord[]) {
    this.#trainer = trainer;
    this.#live = liveResults(record, trainer, trials);
  }

  refresh(record: StudyRecord, trials: readonly TrialRecord[]): void {
    this.#live = liveResults(record, this.#trainer, trials);
  }

  measured(id: TrialId, measurement: Measurement): void {
    const name = trialName(id);
    const points = this.#curves.get(name) ?? [];
    // A restarted trial restarts its curve.
    if ((points.at(-1)?.step ?? 0) >= measurement.step) points.length = 0;
    points.push(measurement);
    if (points.length > curvePointsMax) points.shift();
    this.#curves.delete(name);
    this.#curves.set(name, points);
    const [oldest = name] = this.#curves.keys();
    if (this.#curves.size > 4 * curvesMax) this.#curves.delete(oldest);
  }

  ended(id: TrialId): void {
    this.#curves.delete(trialName(id));
  }

  page(record: StudyRecord): StudyPage {
    const { ranked, statistics, points, pointsTotal, warnings } = this.#live;
    const { spec } = record;
    const winner = this.#winner(record);
    const [best] = ranked;
    return {
      study: spec.study,
      status: record.status,
      reason: record.reason,
      objective: spec.objective,
      metrics: this.#trainer.metrics,
      parameters: searchedParameters(record),
      parameter: statistics.parameter,
      seed: spec.seed,
      dataset: datasetText(spec.dataset),
      createdAtMs: record.createdAtMs,
      endedAtMs: record.endedAtMs,
      stages: record.stages.map((stage) => this.#stageLine(record, stage)),
      winner,
      best: winner ?? (best === undefined || best.rank === null ? null : this.#row(record, best)),
      sharedBest: statistics.sharedBest,
      ties: tieSummary(statistics),
      fit: statistics.fit,
      validationCount: statistics.validationCount,
      isCompared: isCompared(record),
      warnings,
      rows: this.rows(record, { stage: null, offset: 0, limit: firstRows }).rows,
      rowsTotal: ranked.length,
      points,
      pointsTotal,
      curves: this.#runningCurves(),
      learningRate: cyclicalRateFrom(spec.trainer),
    };
  }

  /** A part of the ranking. Ranks count over all stages. */
  rows(record: StudyRecord, { stage, offset, limit }: RowsQuery): TrialPage {
    const { ranked } = this.#live;
    const chosen = stage === null ? ranked : ranked.filter(({ trial }) => trial.id.stage === stage);
    const rows = chosen.slice(offset, offset + limit).map((one) => this.#row(record, one));
    return { rows, total: chosen.length };
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
  #runningCurves(): RunningCurve[] {
    return [...this.#curves]
      .flatMap(([trial, points]): RunningCurve[] => {
        const params = this.#live.running.get(trial);
        return params === undefined || points.length < 2 ? [] : [{ trial, params, points }];
      })
      .slice(-curvesMax)
      .toSorted((a, b) => (a.trial < b.trial ? -1 : 1));
  }
}

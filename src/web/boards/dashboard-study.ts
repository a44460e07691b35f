/**
 * One study as the dashboard shows it: where it stood when its trials were last read, and the curves of
 * those that train now, which come by events and are stored only when they end.
 *
 * Not here: what is found from the trials (`study-standing.ts`), and when they are read again
 * (`board-shelf.ts`).
 */
import type { RankedConfiguration } from '../../search/ranking/ranking.ts';
import { lambdaRow } from '../../report/results/result-row.ts';
import {
  stageCounts,
  tieSummary,
  winnerResult,
  type ResultRow,
  type WinnerResult,
} from '../../report/results/study-results.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import {
  trialName,
  type Measurement,
  type StageRecord,
  type TrialId,
  type TrialRecord,
} from '../../study/trial.ts';
import type { RunningCurve, StageLine, StudyPage, TrialPage } from '../page-messages.ts';
import { isCompared, standingOf, type Standing } from './live-results.ts';

/** Rows that come with the page itself. */
const firstRows = 25;
/** Running trials whose curves are shown at once, and points kept of each. */
const curvesMax = 8;
const curvePointsMax = 400;

export class StudyBoard {
  readonly #curves = new Map<string, Measurement[]>();
  #standing: Standing;

  /** @param trials with their bits where the study is compared */
  constructor(record: StudyRecord, trials: readonly TrialRecord[]) {
    this.#standing = standingOf(record, trials);
  }

  refresh(record: StudyRecord, trials: readonly TrialRecord[]): void {
    this.#standing = standingOf(record, trials);
  }

  measured(id: TrialId, measurement: Measurement): void {
    const name = trialName(id);
    const points = this.#curves.get(name) ?? [];
    // A trial that was begun again starts its curve again.
    if ((points.at(-1)?.step ?? 0) >= measurement.step) points.length = 0;
    points.push(measurement);
    if (points.length > curvePointsMax) points.shift();
    this.#curves.delete(name);
    this.#curves.set(name, points);
    if (this.#curves.size > 4 * curvesMax) {
      const oldest = this.#curves.keys().next().value;
      if (oldest !== undefined) this.#curves.delete(oldest);
    }
  }

  ended(id: TrialId): void {
    this.#curves.delete(trialName(id));
  }

  page(record: StudyRecord): StudyPage {
    const { ranked, statistics, points, pointsTotal } = this.#standing;
    const { spec } = record;
    const winner = this.#winner(record);
    const [best] = ranked;
    return {
      study: spec.study,
      status: record.status,
      reason: record.reason,
      objective: spec.objective,
      seed: spec.seed,
      dataset:
        spec.dataset.source.kind === 'named' ? spec.dataset.source.name : spec.dataset.source.path,
      createdAtMs: record.createdAtMs,
      endedAtMs: record.endedAtMs,
      stages: record.stages.map((stage) => this.#stageLine(record, stage)),
      winner,
      best: winner ?? (best === undefined || best.rank === null ? null : this.#row(record, best)),
      ties: tieSummary(statistics),
      fit: statistics.fit,
      validationCount: statistics.validationCount,
      isCompared: isCompared(record),
      warnings: this.#standing.warnings,
      rows: ranked.slice(0, firstRows).map((candidate) => this.#row(record, candidate)),
      rowsTotal: ranked.length,
      points,
      pointsTotal,
      curves: this.#runningCurves(),
      learningRate: spec.trainer.learningRate,
    };
  }

  /** A part of the ranking, of one stage or of all (ranks count over all stages). */
  rows(
    record: StudyRecord,
    query: { stage: string | null; offset: number; limit: number },
  ): TrialPage {
    const { ranked } = this.#standing;
    const chosen =
      query.stage === null ? ranked : ranked.filter(({ trial }) => trial.id.stage === query.stage);
    return {
      rows: chosen
        .slice(query.offset, query.offset + query.limit)
        .map((candidate) => this.#row(record, candidate)),
      total: chosen.length,
    };
  }

  #row(record: StudyRecord, candidate: RankedConfiguration): ResultRow {
    return lambdaRow(record, candidate, this.#standing.statistics);
  }

  #winner(record: StudyRecord): WinnerResult | null {
    if (record.winner === null) return null;
    const name = trialName(record.winner.trial);
    const found = this.#standing.ranked.find(({ trial }) => trialName(trial.id) === name);
    return found === undefined ? null : winnerResult(record, [this.#row(record, found)]);
  }

  #stageLine({ spec }: StudyRecord, stage: StageRecord): StageLine {
    const { name } = stage;
    const isNarrowed = spec.stages.find((known) => known.name === name)?.lambda.kind === 'narrow';
    return { ...stage, isNarrowed, ...(this.#standing.stages.get(name) ?? stageCounts([])) };
  }

  /** Of those that run as far as is known (one that was given back has nothing to show) and have a line to draw. */
  #runningCurves(): RunningCurve[] {
    return [...this.#curves]
      .flatMap(([trial, points]): RunningCurve[] => {
        const lambda = this.#standing.running.get(trial);
        return lambda === undefined || points.length < 2 ? [] : [{ trial, lambda, points }];
      })
      .slice(-curvesMax)
      .toSorted((a, b) => (a.trial < b.trial ? -1 : 1));
  }
}

/**
 * One study as the dashboard shows it: all its trials in memory, brought up to date by what ends.
 *
 * Ranking is `search`'s and is done again only when somebody looks and something has changed. With
 * 100,000 trials the scatter would be a blot of several megabytes: points are thinned on a grid finer
 * than the drawing, so that what is seen is the same.
 *
 * Not here: who looks, and how often (`board-shelf.ts`, `event-stream.ts`).
 */
import { assert } from '../base/assert.ts';
import { rankCandidates, type RankedCandidate } from '../search/ranking.ts';
import type { StudyRecord } from '../study/study-record.ts';
import {
  noCorrectness,
  trialName,
  type Measurement,
  type TrialId,
  type TrialRecord,
} from '../study/trial.ts';
import type {
  RunningCurve,
  ScatterPoint,
  StageLine,
  StudyPage,
  TrialPage,
  TrialRow,
} from './page-messages.ts';

/** Rows that come with the page itself. */
const firstRows = 25;
/** More than this many points are thinned to one a cell. */
const pointsMax = 2_000;
const gridColumns = 96;
const gridRows = 64;
/** Running trials whose curves are shown at once, and points kept of each. */
const curvesMax = 8;
const curvePointsMax = 400;

export class StudyBoard {
  readonly #trials = new Map<string, TrialRecord>();
  readonly #curves = new Map<string, Measurement[]>();
  #ranked: readonly RankedCandidate[] | null = null;

  constructor(trials: readonly TrialRecord[]) {
    for (const trial of trials) this.#trials.set(trialName(trial.id), trial);
  }

  ended(trial: TrialRecord): void {
    const name = trialName(trial.id);
    this.#trials.set(name, lastPointOnly(trial));
    this.#curves.delete(name);
    this.#ranked = null;
  }

  measured(id: TrialId, measurement: Measurement): void {
    const name = trialName(id);
    if (this.#trials.get(name)?.status === 'complete') return;
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

  /** Trials that came into being, or were granted, since; those that have ended are known already. */
  refresh(trials: readonly TrialRecord[]): void {
    for (const trial of trials) this.#trials.set(trialName(trial.id), lastPointOnly(trial));
    this.#ranked = null;
  }

  page(record: StudyRecord): StudyPage {
    const ranked = this.#rank(record);
    const { spec, winner } = record;
    const best = ranked[0];
    const winnerLambda =
      winner === null ? null : (this.#trials.get(trialName(winner.trial))?.lambda ?? null);
    const points = scatterPoints(ranked, record);
    return {
      study: spec.study,
      status: record.status,
      reason: record.reason,
      metric: spec.objective.metric,
      direction: spec.objective.direction,
      seed: spec.seed,
      dataset:
        spec.dataset.source.kind === 'named' ? spec.dataset.source.name : spec.dataset.source.path,
      createdAtMs: record.createdAtMs,
      endedAtMs: record.endedAtMs,
      stages: this.#stages(record),
      winner:
        winner === null || winnerLambda === null
          ? null
          : {
              trial: trialName(winner.trial),
              lambda: winnerLambda,
              testAccuracy: winner.testAccuracy,
              reproduced: winner.reproduced,
            },
      best: best === undefined || best.rank === null ? null : rowOf(best),
      rows: ranked.slice(0, firstRows).map(rowOf),
      rowsTotal: ranked.length,
      points: thinned(points),
      pointsTotal: points.length,
      curves: this.#runningCurves(),
      learningRate: spec.trainer.learningRate,
    };
  }

  /** A part of the ranking, of one stage or of all (ranks count over all stages). */
  rows(
    record: StudyRecord,
    query: { stage: string | null; offset: number; limit: number },
  ): TrialPage {
    const ranked = this.#rank(record);
    const chosen =
      query.stage === null ? ranked : ranked.filter(({ trial }) => trial.id.stage === query.stage);
    return {
      rows: chosen.slice(query.offset, query.offset + query.limit).map(rowOf),
      total: chosen.length,
    };
  }

  #rank(record: StudyRecord): readonly RankedCandidate[] {
    this.#ranked ??= rankCandidates(
      [...this.#trials.values()],
      record.spec.objective,
      record.stages.map(({ name }) => name),
    );
    return this.#ranked;
  }

  #stages(record: StudyRecord): StageLine[] {
    const counts = new Map(
      record.stages.map(({ name }) => [name, { done: 0, failed: 0, running: 0 }]),
    );
    for (const { id, status } of this.#trials.values()) {
      const count = counts.get(id.stage);
      if (count === undefined || status === 'waiting') continue;
      if (status === 'running') count.running += 1;
      else count.done += 1;
      if (status === 'failed') count.failed += 1;
    }
    return record.stages.map((stage) => {
      const count = counts.get(stage.name);
      assert(count, () => `stage ${stage.name} was counted`);
      const { name, trials, range, reason, closed, warnings } = stage;
      const spec = record.spec.stages.find((candidate) => candidate.name === name);
      const isNarrowed = spec?.lambda.kind === 'narrow';
      return { name, trials, range, isNarrowed, reason, closed, warnings, ...count };
    });
  }

  #runningCurves(): RunningCurve[] {
    return [...this.#curves]
      .slice(-curvesMax)
      .map(([trial, points]) => ({
        trial,
        lambda: this.#trials.get(trial)?.lambda ?? null,
        points,
      }))
      .toSorted((a, b) => (a.trial < b.trial ? -1 : 1));
  }
}

/** A curve of hundreds of points is not needed to rank a trial, and 100,000 of them would not fit. */
function lastPointOnly(trial: TrialRecord): TrialRecord {
  const { result } = trial;
  if (result === null) return trial;
  const curve = result.curve.slice(-1);
  return {
    ...trial,
    result:
      result.kind === 'complete'
        ? { ...result, curve, validationCorrect: noCorrectness }
        : { ...result, curve },
  };
}

function rowOf({ rank, trial, value }: RankedCandidate): TrialRow {
  const { result } = trial;
  const last = result?.kind === 'complete' ? result.curve.at(-1) : undefined;
  return {
    trial: trialName(trial.id),
    stage: trial.id.stage,
    rank,
    lambda: trial.lambda,
    value,
    trainAccuracy: last?.trainAccuracy ?? null,
    validationAccuracy: last?.validationAccuracy ?? null,
    validationLoss: last?.validationLoss ?? null,
    status: trial.status,
    reason: trial.reason,
    attempts: trial.attempts,
    worker: trial.worker,
    seconds: result?.seconds ?? null,
  };
}

function scatterPoints(ranked: readonly RankedCandidate[], record: StudyRecord): ScatterPoint[] {
  const place = new Map(record.stages.map(({ name }, index) => [name, index]));
  const points: ScatterPoint[] = [];
  for (const { trial, value } of ranked) {
    if (value === null) continue;
    points.push([place.get(trial.id.stage) ?? 0, trial.lambda, value, trialName(trial.id)]);
  }
  return points;
}

/** One point a cell and stage, the best ranked of each: points come in order of rank. */
function thinned(points: readonly ScatterPoint[]): readonly ScatterPoint[] {
  if (points.length <= pointsMax) return points;
  let [lowX, highX, lowY, highY] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [, lambda, value] of points) {
    const x = Math.log10(lambda);
    lowX = Math.min(lowX, x);
    highX = Math.max(highX, x);
    lowY = Math.min(lowY, value);
    highY = Math.max(highY, value);
  }
  const cell = (at: number, low: number, high: number, cells: number): number =>
    high > low ? Math.min(cells - 1, Math.floor(((at - low) / (high - low)) * cells)) : 0;
  const taken = new Set<number>();
  return points.filter(([stage, lambda, value]) => {
    const column = cell(Math.log10(lambda), lowX, highX, gridColumns);
    const row = cell(value, lowY, highY, gridRows);
    const key = (stage * gridColumns + column) * gridRows + row;
    if (taken.has(key)) return false;
    taken.add(key);
    return true;
  });
}

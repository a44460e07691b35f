/**
 * A running study in text: a bar with the time left, the workers, the best so far; and a line for each
 * trial that has ended. No cursor codes: whoever owns the terminal draws and redraws.
 */
import type { Objective, ObjectiveMetric } from '../../study/spec/study-spec.ts';
import { isOver, trialName, type StudyStatus, type TrialRecord } from '../../study/trial.ts';
import { objectiveValue } from '../../search/ranking/configurations.ts';
import { fitText } from '../text/display-width.ts';
import {
  countText,
  durationText,
  isAccuracy,
  lambdaText,
  metricText,
  percentText,
} from '../text/number-format.ts';
import { ellipsisOf, shown, widthOf, type TextOptions } from '../text/text-options.ts';

export interface LiveState {
  readonly study: string;
  readonly status: StudyStatus;
  readonly stage: string | null;
  readonly done: number;
  readonly total: number;
  readonly running: number;
  readonly testing: boolean;
  readonly best: {
    readonly trial: string;
    readonly lambda: number;
    readonly value: number;
    /** Of the value; null where it is not known. */
    readonly standardError?: number | null;
  } | null;
  readonly workers: readonly LiveWorker[];
  /** The last trials that ended, newest last; as many as are to be shown. */
  readonly recent?: readonly TrialRecord[];
  /** Of `best.value`. */
  readonly metric: ObjectiveMetric;
  /** What ranks the last trials; null where none are to be shown. */
  readonly objective: Objective | null;
  /** Since this stage's first trial ended, and how many have ended since: the pace. */
  readonly pace: { readonly elapsedMs: number; readonly trials: number };
}

interface LiveWorker {
  readonly name: string;
  readonly threads: number;
  readonly busy: number;
  readonly trialsCompleted?: number;
  /** Null or absent until there is a pace. */
  readonly trialsPerMinute?: number | null;
}

/** As wide as the numbers beside it leave room for, within these. */
const barColumnsMin = 6;
const barColumnsMax = 40;
/** Before it, a pack that ends as somebody begins to look would be a pace of its own. */
export const paceMsMin = 5_000;
/** More workers are counted, not listed. */
const workersListed = 6;

export function liveLines(state: LiveState, options: TextOptions): string[] {
  const fit = (text: string): string =>
    fitText(shown(text, options), widthOf(options), ellipsisOf(options), 'end');
  const threads = state.workers.reduce((sum, worker) => sum + worker.threads, 0);
  const busy = state.workers.reduce((sum, worker) => sum + worker.busy, 0);
  const lines = [
    state.testing
      ? fit(`${state.study}  the winner is trained again, with the test set`)
      : fit(progressLine(state, options)),
    fit(`${countText(state.workers.length, 'worker')}, ${busy}/${threads} busy${paceText(state)}`),
    ...workerLines(state.workers).map((line) => options.color('dim', fit(line))),
  ];
  if (state.best !== null) {
    const { trial, lambda, value, standardError = null } = state.best;
    lines.push(
      options.color(
        'green',
        fit(
          `best so far  ${trial}  λ ${lambdaText(lambda)}  ${bestText(value, standardError, state.metric)}`,
        ),
      ),
    );
  }
  const { objective } = state;
  if (objective !== null)
    for (const ended of state.recent ?? [])
      lines.push(options.color('dim', fit(`  ${trialLine(ended, objective, options)}`)));
  return lines;
}

/** `coarse/7  λ 1.23e-2  47.12 %  on local-1`, or why it failed. */
export function trialLine(trial: TrialRecord, objective: Objective, options: TextOptions): string {
  const value = metricText(objective.metric, objectiveValue(trial, objective));
  const facts = [
    trialName(trial.id),
    `λ ${lambdaText(trial.lambda)}`,
    value ?? `${trial.status}${trial.reason === null ? '' : `: ${trial.reason}`}`,
    trial.worker === null ? '' : `on ${trial.worker}`,
    trial.attempts > 1 ? `attempt ${trial.attempts}` : '',
  ];
  return shown(facts.filter((fact) => fact !== '').join('  '), options);
}

function bestText(value: number, standardError: number | null, metric: ObjectiveMetric): string {
  if (standardError === null || !isAccuracy(metric)) return metricText(metric, value) ?? '-';
  return `${percentText(value)} ± ${percentText(standardError)} %`;
}

/** Those that a small terminal has room for; where only counts are known, none. */
function workerLines(workers: readonly LiveWorker[]): string[] {
  const known = workers.filter(({ trialsCompleted }) => trialsCompleted !== undefined);
  const lines = known.slice(0, workersListed).map((worker) => {
    const { name, busy, threads, trialsCompleted = 0, trialsPerMinute = null } = worker;
    const rate = trialsPerMinute === null ? '' : `  ${rateText(trialsPerMinute)}`;
    return `  ${name}  ${busy}/${threads} busy  ${countText(trialsCompleted, 'trial')}${rate}`;
  });
  const more = known.length - lines.length;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

/** Trials of one pack may end in the same moment: few of them in a short time say nothing. */
function isPaceKnown({ pace }: LiveState): boolean {
  return pace.trials >= 2 && pace.elapsedMs >= paceMsMin;
}

function paceText(state: LiveState): string {
  if (!isPaceKnown(state)) return '';
  const { pace } = state;
  return `, ${rateText(pace.trials / (pace.elapsedMs / 60_000), ' trials')}`;
}

function rateText(perMinute: number, noun = ''): string {
  if (perMinute >= 600) return `${Math.round(perMinute / 60)}${noun}/s`;
  return `${perMinute >= 10 ? Math.round(perMinute) : perMinute.toFixed(1)}${noun}/min`;
}

function progressLine(state: LiveState, options: TextOptions): string {
  const before = `${state.study}  ${state.stage ?? '-'}  `;
  const after = ` ${state.done}/${state.total}${timeLeft(state)}`;
  const room = widthOf(options) - before.length - after.length - (options.unicode ? 0 : 2);
  return (
    before + bar(state, Math.max(barColumnsMin, Math.min(barColumnsMax, room)), options) + after
  );
}

function bar({ done, total }: LiveState, barColumns: number, { unicode }: TextOptions): string {
  const filled = total === 0 ? 0 : Math.round((barColumns * done) / total);
  return unicode
    ? '█'.repeat(filled) + '░'.repeat(barColumns - filled)
    : `[${'#'.repeat(filled)}${'.'.repeat(barColumns - filled)}]`;
}

/** Of a study that does not go on: why there is none. */
function timeLeft(state: LiveState): string {
  const { pace, done, total, status } = state;
  if (status === 'paused' || isOver(status)) return `  ${status}`;
  if (!isPaceKnown(state) || done >= total) return '';
  return `  about ${durationText((pace.elapsedMs / pace.trials) * (total - done))} left`;
}

/**
 * A running study as lines of text: a progress bar with the time left, the workers, the best trial so far, and
 * the trials that ended. The lines have no cursor codes: the owner of the terminal redraws.
 */
import { objectiveValue } from '../../search/ranking/configurations.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import {
  formatParams,
  stylesFrom,
  type NumberStyles,
  type Params,
} from '../../study/search-space.ts';
import { presentStage, type StudySummary, type WorkerSummary } from '../../study/summaries.ts';
import { isOver, trialName, trialStarts, type TrialRecord } from '../../study/trial.ts';
import { statusText } from '../results/ended-words.ts';
import {
  countText,
  durationText,
  metricNamed,
  metricText,
  valueWithError,
} from '../text/number-format.ts';
import {
  oneLine,
  printable,
  progressBar,
  textWidth,
  type TextOptions,
} from '../text/text-options.ts';

export interface LiveState extends Omit<
  StudySummary,
  'best' | 'reason' | 'testAccuracy' | 'createdAtMs' | 'endedAtMs' | 'msLeft'
> {
  readonly best: {
    readonly trial: string;
    readonly params: Params;
    readonly value: number;
    /** Standard error of `value`; null if unknown. */
    readonly standardError?: number | null;
  } | null;
  readonly workers: readonly LiveWorker[];
  /** The last trials that ended, newest last. */
  readonly recent?: readonly TrialRecord[];
  /** Objective of the trials in `recent`; null if there are none. */
  readonly objective: Objective | null;
  /** Why the study makes no progress, or why it was paused; null or absent if there is no reason. */
  readonly reason?: string | null;
  /** Recent time in which trials of this stage ran, and how many ended in it. */
  readonly pace: { readonly elapsedMs: number; readonly trials: number };
}

interface LiveWorker extends Pick<WorkerSummary, 'name' | 'threads' | 'busy'> {
  readonly trialsCompleted?: number;
  /** Completed trials per minute; null or absent if unknown. */
  readonly trialsPerMinute?: number | null;
}

/** The bar has the width that the text next to it leaves, within these bounds. */
const barColumnsMin = 6;
const barColumnsMax = 40;
/** Shortest time that gives a throughput: in less time, a single pack would determine it. */
export const paceMsMin = 5_000;
/** Most workers that are listed; more are counted. */
const workersListed = 6;

export function liveLines(state: LiveState, options: TextOptions): string[] {
  const { workers, best, objective, recent = [] } = state;
  const styles = stylesFrom(state.decimals);
  const threads = workers.reduce((sum, worker) => sum + worker.threads, 0);
  const busy = workers.reduce((sum, worker) => sum + worker.busy, 0);
  const dim = (line: string): string => options.color('dim', oneLine(line, options));
  const progress = state.testing
    ? `${state.study}  training the winner again, with the test set`
    : progressLine(state, options);
  const counts = `${countText(workers.length, 'worker')}, ${busy}/${threads} busy${paceText(state)}`;
  const lines = [
    oneLine(progress, options),
    oneLine(counts, options),
    ...workerLines(workers).map(dim),
  ];
  if (typeof state.reason === 'string' && !isOver(state.status))
    lines.push(oneLine(printable(state.reason, options), options));
  if (state.budget !== null) lines.push(dim(`budget  ${state.budget}`));
  if (best !== null) {
    const value = valueWithError(metricNamed(state.metric), best.value, best.standardError ?? null);
    const text = `best so far  ${best.trial}  ${formatParams(best.params, styles)}  ${value ?? '-'}`;
    lines.push(options.color('green', oneLine(text, options)));
  }
  if (objective === null) return lines;
  return [
    ...lines,
    ...recent.map((trial) => dim(`  ${trialLine(trial, objective, styles, options)}`)),
  ];
}

/** `coarse/7  λ 1.23e-2  47.12 %  on local-1`, or why it failed. */
export function trialLine(
  trial: TrialRecord,
  objective: Objective,
  styles: NumberStyles,
  options: TextOptions,
): string {
  const value = metricText(metricNamed(objective.metric), objectiveValue(trial, objective));
  const facts = [
    trialName(trial.id),
    formatParams(trial.params, styles),
    value ?? statusText(trial),
  ];
  if (trial.worker !== null) facts.push(`on ${trial.worker}`);
  const starts = trialStarts(trial);
  if (starts > 1) facts.push(`attempt ${starts}`);
  return printable(facts.join('  '), options);
}

/** One line per worker, up to `workersListed`; none if only counts are known. */
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

/** Trials of one pack may end at the same time: few trials in a short time give no throughput. */
function isPaceKnown({ pace }: LiveState): boolean {
  return pace.trials >= 2 && pace.elapsedMs >= paceMsMin;
}

function paceText(state: LiveState): string {
  const { trials, elapsedMs } = state.pace;
  return isPaceKnown(state) ? `, ${rateText(trials / (elapsedMs / 60_000), ' trials')}` : '';
}

function rateText(perMinute: number, noun = ''): string {
  if (perMinute >= 600) return `${Math.round(perMinute / 60)}${noun}/s`;
  return `${perMinute >= 10 ? Math.round(perMinute) : perMinute.toFixed(1)}${noun}/min`;
}

function progressLine(state: LiveState, options: TextOptions): string {
  const { done, total } = presentStage(state) ?? state;
  const before = `${state.study}  ${state.stage ?? '-'}  `;
  const whole = state.total > total ? `  ${state.done}/${state.total} of all` : '';
  const after = ` ${done}/${total}${whole}${timeLeft(state)}`;
  const room = textWidth(options) - before.length - after.length - (options.unicode ? 0 : 2);
  const columns = Math.max(barColumnsMin, Math.min(barColumnsMax, room));
  return before + progressBar(total === 0 ? 0 : done / total, columns, options) + after;
}

/** The time left; for a study that is not running, its status. */
function timeLeft(state: LiveState): string {
  const { pace, status } = state;
  const { done, total } = presentStage(state) ?? state;
  if (status === 'paused' || isOver(status)) return `  ${status}`;
  if (!isPaceKnown(state) || done >= total) return '';
  return `  about ${durationText((pace.elapsedMs / pace.trials) * (total - done))} left`;
}

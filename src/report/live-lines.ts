/**
 * A running study in text: a bar with the time left, the workers, the best so far; and a line for each
 * trial that has ended. No cursor codes: whoever owns the terminal draws and redraws.
 */
import type { Objective } from '../study/study-spec.ts';
import { trialName, type TrialRecord } from '../study/trial.ts';
import { objectiveValue } from '../search/ranking.ts';
import { fitText } from './display-width.ts';
import { durationText, lambdaText, metricText } from './number-format.ts';
import { ellipsisOf, shown, widthOf, type TextOptions } from './text-options.ts';

export interface LiveState {
  readonly study: string;
  readonly stage: string | null;
  readonly done: number;
  readonly total: number;
  readonly running: number;
  readonly testing: boolean;
  readonly best: { readonly trial: string; readonly lambda: number; readonly value: number } | null;
  readonly workers: readonly {
    readonly name: string;
    readonly threads: number;
    readonly busy: number;
  }[];
  /** Null where only the value is known: it is shown as a plain number. */
  readonly objective: Objective | null;
  /** Since this stage's first trial ended, and how many have ended since: the pace. */
  readonly pace: { readonly elapsedMs: number; readonly trials: number };
}

const barColumns = 24;

export function liveLines(state: LiveState, options: TextOptions): string[] {
  const fit = (text: string): string =>
    fitText(shown(text, options), widthOf(options), ellipsisOf(options), 'end');
  const threads = state.workers.reduce((sum, worker) => sum + worker.threads, 0);
  const busy = state.workers.reduce((sum, worker) => sum + worker.busy, 0);
  const lines = [
    state.testing
      ? fit(`${state.study}  the winner is trained again, with the test set`)
      : fit(
          `${state.study}  ${state.stage ?? '-'}  ${bar(state, options)} ${state.done}/${state.total}${timeLeft(state)}`,
        ),
    options.color(
      'dim',
      fit(`${state.workers.length} workers, ${busy} of ${threads} threads busy`),
    ),
  ];
  if (state.best !== null) {
    const { trial, lambda, value } = state.best;
    lines.push(
      options.color(
        'green',
        fit(`best so far  ${trial}  λ ${lambdaText(lambda)}  ${bestText(value, state.objective)}`),
      ),
    );
  }
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

function bestText(value: number, objective: Objective | null): string {
  return objective === null ? String(value) : (metricText(objective.metric, value) ?? '-');
}

function bar({ done, total }: LiveState, { unicode }: TextOptions): string {
  const filled = total === 0 ? 0 : Math.round((barColumns * done) / total);
  return unicode
    ? '█'.repeat(filled) + '░'.repeat(barColumns - filled)
    : `[${'#'.repeat(filled)}${'.'.repeat(barColumns - filled)}]`;
}

function timeLeft({ pace, done, total }: LiveState): string {
  if (pace.trials < 2 || done >= total) return '';
  return `  about ${durationText((pace.elapsedMs / pace.trials) * (total - done))} left`;
}

/**
 * Budget: what may end a search before all trials of the study file are trained, and the end itself.
 *
 * A budget is not part of the identity of a study: with a larger one, the same study continues.
 */
import { durationMs, durationText } from '../base/duration.ts';
import type { TrialStatus } from './trial.ts';

/** At least one of the keys. The search ends when the first of them is reached. */
export interface BudgetSpec {
  /** Most planned steps of all trials together. */
  readonly steps?: number | undefined;
  /** Longest active time, such as `2h` or `1h30m`. */
  readonly time?: string | undefined;
  /** Value of the objective at which the search ends. */
  readonly target?: number | undefined;
}

type BudgetKey = keyof BudgetSpec;

/** The decision that the budget is over: nothing else is trained for the search. */
export interface BudgetEnd {
  readonly by: BudgetKey;
  /** With this budget of steps, the study has the same trials without a clock. */
  readonly steps: number;
}

/** `the budget of time ended the search`. */
export function budgetEndText({ by, steps }: BudgetEnd): string {
  if (by === 'target') return 'the target of the budget was reached';
  return `the budget of ${by} ended the search${by === 'steps' ? ` (${steps} steps)` : ''}`;
}

/**
 * `without a clock, budget: { steps: 31000 } gives the same trials`; null for a budget of steps.
 *
 * Only true if a trial is complete: a budget of steps in a study file keeps enough of them to complete one.
 */
export function budgetRepeatText({ by, steps }: BudgetEnd): string | null {
  if (by === 'steps') return null;
  const how = by === 'time' ? 'without a clock' : 'without the target';
  return `${how}, budget: { steps: ${steps} } gives the same trials`;
}

interface BudgetUse {
  readonly end: BudgetEnd | null;
  readonly activeMs: number;
  /** Planned so far; null if unknown. */
  readonly steps: number | null;
}

/** `12000 of 60000 steps planned, 48 min left`; null without a budget. */
export function budgetText(budget: BudgetSpec | undefined, use: BudgetUse): string | null {
  if (use.end !== null) return budgetEndText(use.end);
  if (budget === undefined) return null;
  const { steps, time, target } = budget;
  const planned = use.steps === null ? '' : `${use.steps} of `;
  const left = Math.max(0, timeBudgetMs(budget) - use.activeMs);
  return [
    ...(steps === undefined ? [] : [`${planned}${steps} steps planned`]),
    ...(time === undefined ? [] : [`${durationText(left)} of ${time} left`]),
    ...(target === undefined ? [] : [`until ${target} is reached`]),
  ].join(', ');
}

/** The reason of trials that were planned, and do not count since the budget ended before them. */
export const beyondBudget = 'the budget of the study ended before this trial';

/**
 * `stepsMax`: the most steps to which the trials of a study may be planned; absent: no limit. `isCut`: whether it
 * is where time or target have ended the search.
 */
export function stepLimit(
  budget: BudgetSpec | undefined,
  end: BudgetEnd | null | undefined,
): { readonly stepsMax?: number; readonly isCut?: boolean } {
  const stepsMax = end?.steps ?? budget?.steps;
  if (stepsMax === undefined) return {};
  return { stepsMax, isCut: end !== null && end !== undefined && end.by !== 'steps' };
}

/** Milliseconds of the time budget; infinite without one. */
export function timeBudgetMs(budget: BudgetSpec | undefined): number {
  return budget?.time === undefined ? Infinity : durationMs(budget.time);
}

/** Whether the budget of its study ended before this trial, which may have a result. */
export function isDropped({
  status,
  reason = null,
}: {
  readonly status: TrialStatus;
  readonly reason?: string | null;
}): boolean {
  return status === 'cancelled' && reason === beyondBudget;
}

/**
 * How a budget changes another one. `smaller` lists the keys whose new value could contradict trials that exist:
 * fewer steps, or an easier target. A shorter time is `other`: what has ended has ended.
 */
export type BudgetChange =
  | { readonly kind: 'same' | 'larger' | 'other' }
  | { readonly kind: 'smaller'; readonly keys: readonly BudgetKey[] };

export function compareBudgets(
  stored: BudgetSpec | undefined,
  given: BudgetSpec | undefined,
  direction: 'maximize' | 'minimize',
): BudgetChange {
  const sign = direction === 'maximize' ? 1 : -1;
  const target = (budget: BudgetSpec | undefined): number =>
    budget?.target === undefined ? Infinity : sign * budget.target;
  const changes = {
    steps: difference(given?.steps ?? Infinity, stored?.steps ?? Infinity),
    time: difference(timeBudgetMs(given), timeBudgetMs(stored)),
    target: difference(target(given), target(stored)),
  };
  const keys = (['steps', 'target'] as const).filter((key) => changes[key] < 0);
  if (keys.length > 0) return { kind: 'smaller', keys };
  const values = Object.values(changes);
  if (values.some((change) => change > 0)) return { kind: 'larger' };
  return { kind: values.some((change) => change < 0) ? 'other' : 'same' };
}

/** `a - b`; 0 if both are infinite. */
function difference(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

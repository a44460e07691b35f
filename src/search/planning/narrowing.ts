/**
 * From a coarse stage's results to a finer range.
 *
 * In order of λ, start at the best trial and grow to each side while the mean of the next two trials
 * is within two standard errors of the best. The range reaches to the first trial left outside on each
 * side, or one mean log spacing beyond the last trial, clipped to the coarse bounds. So it always
 * contains the best λ, is wide where the results cannot tell λ apart, and says why it is what it is.
 *
 * The standard error of a validation accuracy is the binomial one. Losses, and accuracies on the
 * training set, have no such formula: the deviation that neighbours in λ show takes its place
 * (`standard-error.ts`). Replicates count as one point, their mean: all were scored on the same images,
 * so more of them make its error no smaller than that.
 */
import { assert } from '../../base/assert.ts';
import { exp, log } from '../../base/elementary.ts';
import type { LambdaRange, Objective } from '../../study/spec/study-spec.ts';
import { trialName, type TrialRecord } from '../../study/trial.ts';
import { rankConfigurations } from '../ranking/ranking.ts';
import { deviationOfNeighbours, standardError } from '../statistics/standard-error.ts';

export interface NarrowingInput {
  /** The range from which the trials were sampled. */
  readonly range: LambdaRange;
  /** From the smallest to the largest λ of the ranges of all stages so far: beyond a part of it lies no edge. */
  readonly searched: LambdaRange;
  readonly validationCount: number;
  readonly objective: Objective;
}

export interface NarrowedRange {
  readonly range: LambdaRange;
  /** Why, in a sentence with numbers. */
  readonly reason: string;
  readonly warnings: readonly string[];
}

interface Point {
  readonly name: string;
  readonly lambda: number;
  /** Greater is better. */
  readonly score: number;
  readonly value: number;
}

/** @param trials of one stage; at least 3 of them complete */
export function narrowRange(trials: readonly TrialRecord[], input: NarrowingInput): NarrowedRange {
  const { range, objective } = input;
  const sign = objective.direction === 'maximize' ? 1 : -1;
  const candidates = rankConfigurations(trials, objective, []);
  const ranked = candidates.flatMap(({ trial, value }): Point[] =>
    value === null
      ? []
      : [{ name: trialName(trial.id), lambda: trial.lambda, score: sign * value, value }],
  );
  assert(ranked.length >= 3, () => `narrowing needs 3 completed trials, got ${ranked.length}`);
  const diverged = candidates
    .filter(({ replicates }) => replicates.some(({ result }) => result?.kind === 'diverged'))
    .map(({ trial }) => trial.lambda);
  const points = ranked.toSorted((a, b) => a.lambda - b.lambda || (a.name < b.name ? -1 : 1));
  const best = ranked[0];
  assert(best, 'there is a best trial');
  const at = points.indexOf(best);
  const tolerance = 2 * errorOf(best, points, input);
  const low = grow(points, at, -1, best.score - tolerance);
  const high = grow(points, at, 1, best.score - tolerance);
  const spacing = (log(range.max) - log(range.min)) / candidates.length;
  const min = Math.max(
    range.min,
    points[low - 1]?.lambda ?? exp(log((points[low] ?? best).lambda) - spacing),
  );
  const max = Math.min(
    range.max,
    points[high + 1]?.lambda ?? exp(log((points[high] ?? best).lambda) + spacing),
  );
  // Two trials with the very same λ as the best one leave no width on that side: one spacing then.
  const narrowed = {
    min: min < best.lambda ? min : Math.max(range.min, exp(log(best.lambda) - spacing)),
    max: max > best.lambda ? max : Math.min(range.max, exp(log(best.lambda) + spacing)),
  };
  return {
    range: narrowed,
    reason: reasonOf(narrowed, best, points.slice(low, high + 1), tolerance, objective),
    warnings: warningsOf(narrowed, input, {
      below: diverged.some((lambda) => lambda < best.lambda),
      above: diverged.some((lambda) => lambda > best.lambda),
    }),
  };
}

function errorOf(
  best: Point,
  points: readonly Point[],
  { objective, validationCount }: NarrowingInput,
): number {
  return objective.metric === 'validation_accuracy'
    ? standardError(best.value, validationCount)
    : deviationOfNeighbours(points.map(({ value }) => value));
}

/** @returns the index of the last trial inside, going from `start` in direction `step` */
function grow(points: readonly Point[], start: number, step: 1 | -1, floor: number): number {
  let inside = start;
  for (;;) {
    const next = points[inside + step];
    if (next === undefined) return inside;
    const after = points[inside + 2 * step];
    const mean = after === undefined ? next.score : (next.score + after.score) / 2;
    if (mean < floor) return inside;
    inside += step;
  }
}

function reasonOf(
  range: LambdaRange,
  best: Point,
  inside: readonly Point[],
  tolerance: number,
  objective: Objective,
): string {
  const show = (value: number): string =>
    objective.metric.endsWith('accuracy') ? `${(100 * value).toFixed(2)} %` : value.toPrecision(4);
  const tol = objective.metric.endsWith('accuracy')
    ? `${(100 * tolerance).toFixed(2)} points`
    : tolerance.toPrecision(3);
  const beside = inside.length - 1;
  const others =
    beside === 0
      ? `the trials beside it, two by two, are on average worse by more than two standard errors (${tol})`
      : `${beside} more ${beside === 1 ? 'trial beside it stays' : 'trials beside it stay'}, two by two, within two standard errors (${tol})`;
  return `from ${lambdaText(range.min)} to ${lambdaText(range.max)}: the best trial is ${best.name} (λ ${lambdaText(best.lambda)}, ${show(best.value)}); ${others}`;
}

/** How the warnings of an edge begin: the study as a whole does not say the same again. */
export const edgeWords = {
  below: 'the best λ may lie below',
  above: 'the best λ may lie above',
} as const;

/** @param diverged on which side of the best λ training diverged: what lies there is known, it is no edge */
function warningsOf(
  range: LambdaRange,
  { range: coarse, searched }: NarrowingInput,
  diverged: { readonly below: boolean; readonly above: boolean },
): string[] {
  const warnings: string[] = [];
  if (range.min <= coarse.min && coarse.min <= searched.min && !diverged.below) {
    warnings.push(
      `${edgeWords.below} the coarse range, which begins at ${lambdaText(coarse.min)}: try min: ${lambdaText(coarse.min / 100)}`,
    );
  }
  if (range.max >= coarse.max && coarse.max >= searched.max && !diverged.above) {
    warnings.push(
      `${edgeWords.above} the coarse range, which ends at ${lambdaText(coarse.max)}: try max: ${lambdaText(coarse.max * 100)}`,
    );
  }
  if (log(range.max / range.min) > log(coarse.max / coarse.min) / 2) {
    warnings.push(
      'the fine range is wider than half of the coarse one: the coarse stage does not separate these λ',
    );
  }
  return warnings;
}

/** Three significant digits, as tables show λ. */
function lambdaText(lambda: number): string {
  return lambda.toExponential(2);
}

/**
 * Narrowing: derives the range of a fine stage from the results of a coarse one.
 *
 * Trials are sorted by the parameter. Starting at the best trial, the range grows to each side while the
 * mean of the next two trials is within two standard errors of the best. It ends at the first trial
 * outside, or one mean log spacing beyond the last trial, clipped to the coarse range. So the range always
 * contains the best trial and is wide where the results do not separate the values.
 *
 * The standard error of a validation accuracy is binomial; that of other metrics is estimated from
 * neighbouring trials (`statistics/standard-error.ts`). Replicates count as one point, their mean: all use
 * the same validation images, so they do not reduce its error.
 */
import { assert } from '../../base/assert.ts';
import { exp, log } from '../../base/elementary.ts';
import {
  formatParam,
  numberParam,
  parameterSymbol,
  type ParameterName,
} from '../../study/search-space.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import { trialName, type TrialRecord } from '../../study/trial.ts';
import { rankConfigurations } from '../ranking/ranking.ts';
import type { Range } from '../samplers/distribution.ts';
import { neighbourDeviation, standardError } from '../statistics/standard-error.ts';
import { stageSpace, stageSpec } from './one-shot.ts';
import { edgeWords } from './edge-words.ts';
import type { PlannedStudy, Planner, StagePlan } from './planner.ts';

/** @param rounds the planner of the rounds, and of stages that narrow no other one */
export function narrowing(rounds: Planner): Planner {
  return {
    openStage(study, stage) {
      const { search } = stageSpec(study.spec, stage);
      const [narrowed, ...more] = Object.entries(search).flatMap(([parameter, { narrow }]) =>
        narrow === undefined ? [] : [{ parameter, narrow }],
      );
      if (narrowed === undefined) return rounds.openStage(study, stage);
      assert(more.length === 0, () => `stage ${stage} narrows one parameter`);
      return openNarrowed(study, stage, narrowed.parameter, narrowed.narrow);
    },
    nextRound: (study, stage, trials) => rounds.nextRound(study, stage, trials),
  };
}

function openNarrowed(
  study: PlannedStudy,
  stage: string,
  parameter: ParameterName,
  sourceName: string,
): StagePlan {
  const source = study.stages.find(({ record }) => record.name === sourceName);
  const range = source?.record.space?.[parameter];
  assert(range && source, () => `stage ${stage} narrows ${sourceName}, which opened before it`);
  const searched = study.stages.flatMap(({ record }) => record.space?.[parameter] ?? []);
  const narrowed = narrowRange(source.trials, {
    parameter,
    range,
    searched: {
      min: Math.min(...searched.map(({ min }) => min)),
      max: Math.max(...searched.map(({ max }) => max)),
    },
    validationCount: study.validationCount,
    objective: study.spec.objective,
  });
  const distribution = { distribution: 'log_uniform', ...narrowed.range } as const;
  const space = stageSpace(stageSpec(study.spec, stage), { [parameter]: distribution });
  return { space, reason: narrowed.reason, warnings: narrowed.warnings };
}

interface NarrowingInput {
  readonly parameter: ParameterName;
  /** The range from which the trials were sampled. */
  readonly range: Range;
  /** From the smallest to the largest value of all stages so far. */
  readonly searched: Range;
  /** Number of records in the validation split. */
  readonly validationCount: number;
  readonly objective: Objective;
}

interface NarrowedRange extends Omit<StagePlan, 'space'> {
  readonly range: Range;
}

interface Point {
  readonly name: string;
  /** Value of the parameter. */
  readonly at: number;
  /** The objective. */
  readonly value: number;
  /** `value`, negated if the objective is minimized. */
  readonly score: number;
}

/** @param trials of one stage; at least 3 of its configurations have a value */
export function narrowRange(trials: readonly TrialRecord[], input: NarrowingInput): NarrowedRange {
  const { range, objective, parameter, validationCount } = input;
  const sign = objective.direction === 'maximize' ? 1 : -1;
  const configurations = rankConfigurations(trials, objective, [], { equal: 'sampled' });
  const ranked = configurations.flatMap(({ trial, value }): Point[] => {
    if (value === null) return [];
    const at = numberParam(trial.params, parameter);
    return [{ name: trialName(trial.id), at, score: sign * value, value }];
  });
  const best = ranked[0];
  const count = ranked.length;
  assert(best && count >= 3, () => `narrowing needs 3 completed trials, got ${count}`);
  const diverged = configurations
    .filter(({ replicates }) => replicates.some(({ result }) => result?.kind === 'diverged'))
    .map(({ trial }) => numberParam(trial.params, parameter));
  const points = ranked.toSorted((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
  const start = points.indexOf(best);
  const tolerance =
    objective.metric === 'validation_accuracy'
      ? 2 * standardError(best.value, validationCount)
      : 2 * neighbourDeviation(points.map(({ value }) => value));
  const low = grow(points, start, -1, best.score - tolerance);
  const high = grow(points, start, 1, best.score - tolerance);
  const spacing = (log(range.max) - log(range.min)) / configurations.length;
  const clipped = (at: number): number => Math.min(range.max, Math.max(range.min, at));
  const end = (inside: number, side: 1 | -1): number => {
    const beyond = ({ at }: Point): number => clipped(exp(log(at) + side * spacing));
    const outside = points[inside + side];
    const at = outside === undefined ? beyond(points[inside] ?? best) : clipped(outside.at);
    // A neighbour at the value of the best trial would leave no width on this side.
    return side * at > side * best.at ? at : beyond(best);
  };
  const narrowed = { min: end(low, -1), max: end(high, 1) };
  return {
    range: narrowed,
    reason: formatReason(narrowed, best, high - low, tolerance, input),
    warnings: rangeWarnings(narrowed, input, {
      below: diverged.some((at) => at < best.at),
      above: diverged.some((at) => at > best.at),
    }),
  };
}

/** Index of the last trial inside, going from `start` in direction `step`. */
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

/** @param neighbours how many trials besides the best are inside the range */
function formatReason(
  range: Range,
  best: Point,
  neighbours: number,
  tolerance: number,
  { objective, parameter }: NarrowingInput,
): string {
  const isShare = objective.metric.endsWith('accuracy');
  const value = isShare ? `${(100 * best.value).toFixed(2)} %` : best.value.toPrecision(4);
  const errors = isShare ? `${(100 * tolerance).toFixed(2)} points` : tolerance.toPrecision(3);
  const inside =
    neighbours === 0
      ? 'its neighbours, averaged in pairs, are worse by more than'
      : `${neighbours} ${neighbours === 1 ? 'neighbour, averaged in pairs, is' : 'neighbours, averaged in pairs, are'} within`;
  return `from ${formatParam(range.min)} to ${formatParam(range.max)}: the best trial is ${best.name} (${parameterSymbol(parameter)} ${formatParam(best.at)}, ${value}); ${inside} two standard errors (${errors})`;
}

/** @param diverged sides of the best trial on which training diverged: no edge warning there */
function rangeWarnings(
  range: Range,
  { range: coarse, searched, parameter }: NarrowingInput,
  diverged: { readonly below: boolean; readonly above: boolean },
): string[] {
  const warnings: string[] = [];
  if (range.min <= coarse.min && coarse.min <= searched.min && !diverged.below)
    warnings.push(
      `${edgeWords.below} the coarse range, which begins at ${formatParam(coarse.min)}: try min: ${formatParam(coarse.min / 100)}`,
    );
  if (range.max >= coarse.max && coarse.max >= searched.max && !diverged.above)
    warnings.push(
      `${edgeWords.above} the coarse range, which ends at ${formatParam(coarse.max)}: try max: ${formatParam(coarse.max * 100)}`,
    );
  if (log(range.max / range.min) > log(coarse.max / coarse.min) / 2)
    warnings.push(
      `the fine range is wider than half of the coarse range: the coarse stage does not separate these values of ${parameterSymbol(parameter)}`,
    );
  return warnings;
}

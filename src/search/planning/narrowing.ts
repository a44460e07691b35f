/**
 * Narrowing: derives the range of a fine stage from the results of a coarse one.
 *
 * Trials are sorted by the parameter. Starting at the best trial, the range grows to each side while the
 * mean of the next two trials is worse by at most two standard errors. It ends at the first trial outside,
 * or one mean spacing beyond the last trial, clipped to the coarse range. So the range always contains
 * the best trial and is wide where the results do not separate the values. Spacings are on the scale of the
 * distribution, logarithmic or linear. Known configurations outside of the coarse range are left out.
 *
 * Stopped trials have no value. The range ends at one of them at the latest.
 *
 * The standard error of a validation accuracy is binomial; that of other metrics is estimated from
 * neighbouring trials (`statistics/standard-error.ts`). Replicates count as one point, their mean: all use
 * the same validation images, so they do not reduce its error.
 */
import { assert } from '../../base/assert.ts';
import { exp, log } from '../../base/elementary.ts';
import {
  formatParam,
  isLogarithmic,
  isWholeNumbers,
  numberParam,
  numberRange,
  numberStyle,
  parameterSymbol,
  type NumberDistribution,
  type ParameterName,
} from '../../study/search-space.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import { trialName, type TrialRecord } from '../../study/trial.ts';
import { rankConfigurations } from '../ranking/ranking.ts';
import type { Range } from '../samplers/distribution.ts';
import { neighbourDeviation, standardError } from '../statistics/standard-error.ts';
import { stageSpace, stageSpec } from './one-shot.ts';
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
    plansAhead: (spec, stage) => rounds.plansAhead(spec, stage),
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
  const range = numberRange(source?.record.space?.[parameter]);
  assert(range && source, () => `stage ${stage} narrows ${sourceName}, which opened before it`);
  const narrowed = narrowRange(source.trials, {
    parameter,
    range,
    validationCount: study.validationCount,
    objective: study.spec.objective,
  });
  const distribution = { ...range, ...narrowed.range };
  const space = stageSpace(stageSpec(study.spec, stage), { [parameter]: distribution });
  return { space, reason: narrowed.reason };
}

interface NarrowingInput {
  readonly parameter: ParameterName;
  /** The distribution from which the trials were sampled. */
  readonly range: NumberDistribution;
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

/** @param trials of one stage; at least 3 of its configurations have a value, or one and others were stopped */
export function narrowRange(trials: readonly TrialRecord[], input: NarrowingInput): NarrowedRange {
  const { range, objective, parameter, validationCount } = input;
  const sign = objective.direction === 'maximize' ? 1 : -1;
  const configurations = rankConfigurations(trials, objective, [], { equal: 'sampled' });
  const ranked = configurations.flatMap(({ trial, value }): Point[] => {
    if (value === null) return [];
    const at = numberParam(trial.params, parameter);
    if (at < range.min || at > range.max) return [];
    return [{ name: trialName(trial.id), at, score: sign * value, value }];
  });
  const best = ranked[0];
  const stopped = configurations.flatMap(({ trial, status }): Point[] => {
    if (status !== 'stopped') return [];
    const at = numberParam(trial.params, parameter);
    return [{ name: trialName(trial.id), at, score: outside, value: NaN }];
  });
  const count = ranked.length + stopped.length;
  assert(best && count >= 3, () => `narrowing needs 3 completed trials, got ${count}`);
  const points = [...ranked, ...stopped].toSorted(
    (a, b) => a.at - b.at || (a.name < b.name ? -1 : 1),
  );
  const start = points.indexOf(best);
  const tolerance =
    objective.metric === 'validation_accuracy'
      ? 2 * standardError(best.value, validationCount)
      : 2 * neighbourDeviation(points.map(({ value }) => value));
  const low = grow(points, start, -1, best.score - tolerance);
  const high = grow(points, start, 1, best.score - tolerance);
  const { to, from } = isLogarithmic(range) ? { to: log, from: exp } : linear;
  const spacing = (to(range.max) - to(range.min)) / configurations.length;
  const clipped = (at: number): number => Math.min(range.max, Math.max(range.min, at));
  const end = (inside: number, side: 1 | -1): number => {
    const beyond = ({ at }: Point): number => clipped(from(to(at) + side * spacing));
    const outside = points[inside + side];
    const at = outside === undefined ? beyond(points[inside] ?? best) : clipped(outside.at);
    // A neighbour at the value of the best trial would leave no width on this side.
    return side * at > side * best.at ? at : beyond(best);
  };
  const ends = wholeEnds({ min: end(low, -1), max: end(high, 1) }, range);
  // In a range of few numbers, rounding can leave no width: then all of it is searched.
  const narrowed = ends.min < ends.max ? ends : range;
  const isClipped = narrowed.min === range.min || narrowed.max === range.max;
  return {
    range: narrowed,
    reason: formatReason(
      narrowed,
      { ...best, sharing: ranked.filter(({ value }) => value === best.value).length },
      isClipped,
      tolerance,
      input,
    ),
  };
}

const linear = { to: (value: number) => value, from: (value: number) => value };

/** The ends of a range of whole numbers, rounded outwards. */
function wholeEnds({ min, max }: Range, sampled: NumberDistribution): Range {
  return isWholeNumbers(sampled) ? { min: Math.floor(min), max: Math.ceil(max) } : { min, max };
}

/** The score of a stopped trial: it was clearly worse than another one, and is never inside. */
const outside = -Infinity;

/** Index of the last trial inside, going from `start` in direction `step`. */
function grow(points: readonly Point[], start: number, step: 1 | -1, floor: number): number {
  let inside = start;
  for (;;) {
    const next = points[inside + step];
    if (next === undefined || next.score === outside) return inside;
    const after = points[inside + 2 * step];
    const isAlone = after === undefined || after.score === outside;
    const mean = isAlone ? next.score : (next.score + after.score) / 2;
    if (mean < floor) return inside;
    inside += step;
  }
}

/**
 * If several trials share the best value, the range starts at the one that was sampled first, and the winner may
 * be another one.
 *
 * @param isClipped whether one end is a bound of the source's range
 */
function formatReason(
  range: Range,
  best: Point & { readonly sharing: number },
  isClipped: boolean,
  tolerance: number,
  { objective, parameter, range: sampled }: NarrowingInput,
): string {
  const style = numberStyle(sampled) === 'decimal' ? 'decimal' : undefined;
  const number = (at: number): string => formatParam(at, style);
  const symbol = parameterSymbol(parameter);
  const isShare = objective.metric.endsWith('accuracy');
  const value = isShare ? `${(100 * best.value).toFixed(2)} %` : best.value.toPrecision(4);
  const end =
    objective.metric === 'validation_accuracy'
      ? `more than 2 standard errors (${(100 * tolerance).toFixed(2)} points) worse`
      : `worse by more than ${isShare ? `${(100 * tolerance).toFixed(2)} points` : tolerance.toPrecision(3)}, about twice the typical step between neighbouring ${symbol}`;
  const place = `${best.name} (${symbol} ${number(best.at)}, ${value})`;
  const start =
    best.sharing === 1
      ? `the best trial, ${place}`
      : `${place}, the first of ${best.sharing} trials with the best value`;
  return `Range ${number(range.min)} to ${number(range.max)}: starts at ${start}, and extends on each side until the mean of the next two trials is ${end}${isClipped ? ', or to the bound' : ''}`;
}

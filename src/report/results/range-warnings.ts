/**
 * Range warnings: whether the best value may be outside of the searched range, and whether narrowing helped.
 *
 * The advice to widen a range is given only if a wider range can help: the best trial is at the bound,
 * trials further inside are worse, and values beyond have an effect and are allowed. Where the objective is
 * flat up to the bound, the warning says so instead. So following the advice ends.
 */
import { log } from '../../base/elementary.ts';
import type { StudyStatistics } from '../../search/analysis/study-statistics.ts';
import {
  formatParam,
  isLogarithmic,
  numberParam,
  numberRange,
  parameterSymbol,
  type Distribution,
  type NumberDistribution,
  type SearchSpace,
} from '../../study/search-space.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';
import { metricName } from '../text/number-format.ts';
import type { ResultRow } from './result-row.ts';
import { warning, type ResultWarning } from './warning.ts';

export interface RangeSource {
  readonly study: StudyRecord;
  readonly trainer: TrainerDescription;
  readonly stages: readonly {
    readonly name: string;
    readonly space: SearchSpace | null;
    readonly rows: readonly ResultRow[];
  }[];
  readonly statistics: StudyStatistics;
  readonly best: ResultRow | null;
}

/** Fewest trials with a value: of two, the best one is always at an edge. */
const trialsMin = 3;
/** Trials further inside than the best one are this far from it: a decade, or a third of the range. */
const insideDecades = 1;
const insideShare = 1 / 3;
/** Without a significance test, values that differ by less than this share of the best are equal. */
const equalShare = 0.01;
/** Advised ranges are wider by this factor; if a limit allows less than half a decade, there is no advice. */
const widerBy = 100;
const widerMin = Math.sqrt(10);
/** A stage hardly narrows if its range has more than this share of the decades of the other stage. */
const hardlyNarrower = 0.5;

type Side = 'lower' | 'upper';

export function rangeWarnings(source: RangeSource): ResultWarning[] {
  const { ties } = source.statistics;
  // A search that failed has not shown what its range is worth: the failure comes first.
  if (source.study.status === 'failed') return [];
  // If no trial is worse than the best, that is the warning.
  const hasEffect = ties === null || ties.names.size < ties.compared.size;
  const sides: readonly Side[] = hasEffect ? ['lower', 'upper'] : [];
  return [...sides.flatMap((side) => edgeWarnings(source, side)), ...narrowingWarnings(source)];
}

function edgeWarnings(source: RangeSource, side: Side): ResultWarning[] {
  const { stages, statistics, best } = source;
  const { parameter, ties } = statistics;
  const sign = side === 'lower' ? 1 : -1;
  // Distances in decades, from the bound inwards.
  const toDistance = (at: number): number => (sign * log(at / bound)) / Math.LN10;
  const rowDistance = ({ params }: ResultRow): number => toDistance(numberParam(params, parameter));
  const outer = outermostStage(source, side);
  const rows = stages.flatMap((stage) => stage.rows);
  const complete = rows.filter(({ value }) => value !== null);
  if (best === null || outer === null || complete.length < trialsMin) return [];
  const { name, bound, range } = outer;
  const atBest = rowDistance(best);
  // A diverged trial was trained: it has steps.
  const isDiverged = ({ value, steps }: ResultRow): boolean => value === null && steps !== null;
  if (rows.some((row) => isDiverged(row) && rowDistance(row) < atBest)) return [];

  const decades = log(range.max / range.min) / Math.LN10;
  const inside = Math.min(insideDecades, insideShare * decades);
  const isEqual = (row: ResultRow): boolean => row.tied ?? isNearlyEqual(row.value, best.value);
  const [outermost = best] = complete.toSorted((a, b) => rowDistance(a) - rowDistance(b));
  const isFlat = complete.some(
    (row) => rowDistance(row) - rowDistance(outermost) >= inside && isEqual(row),
  );
  const symbol = parameterSymbol(parameter);
  const place = `${side} bound of stage ${name} (${symbol} ${formatParam(bound)})`;
  if (!isEqual(outermost)) return [];
  if (isFlat) {
    const text = `${objectiveWords(source)} is flat ${side === 'lower' ? 'down' : 'up'} to the ${place}: a wider range is unlikely to help.`;
    return [warning(`flat_to_${side}_bound`, text, name)];
  }
  const next = widerBound(source, bound, side);
  if (best.trial !== outermost.trial || next === null) return [];
  const [others, key] = side === 'lower' ? ['larger', 'min'] : ['smaller', 'max'];
  const worse = ties === null ? 'worse' : 'significantly worse';
  const text = `The best trial, ${best.trial}, is at the ${place}, and ${others} ${symbol} are ${worse}: set ${key}: ${formatParam(next)} in stage ${name}.`;
  return [warning(`best_at_${side}_bound`, text, name)];
}

/** The stage whose range reaches farthest to a side; the first of several. */
function outermostStage({ stages, statistics: { parameter } }: RangeSource, side: Side) {
  const ranged = stages.flatMap(({ name, space, rows }) => {
    const range = logarithmicRange(space?.[parameter]);
    if (range === null) return [];
    return [{ name, rows, range, bound: side === 'lower' ? range.min : range.max }];
  });
  const sign = side === 'lower' ? 1 : -1;
  return ranged.toSorted((a, b) => sign * (a.bound - b.bound))[0] ?? null;
}

/** Null for other distributions: distances are in decades. */
function logarithmicRange(of: Distribution | undefined): NumberDistribution | null {
  const range = numberRange(of);
  return range !== null && isLogarithmic(range) ? range : null;
}

/** The bound of the next range to try; null if the trainer allows no wider one, or it has no effect. */
function widerBound(source: RangeSource, bound: number, side: Side): number | null {
  const { study, trainer, stages, statistics } = source;
  const { parameter } = statistics;
  const allowed = trainer.parameters[parameter];
  if (side === 'upper') {
    const next = Math.min(bound * widerBy, allowed?.max ?? Infinity);
    return next / bound < widerMin ? null : next;
  }
  const steps = stages.flatMap(({ rows }) => rows).find((row) => row.steps !== null)?.steps ?? 0;
  const floor = trainer.effectiveMinimum(parameter, study.spec.trainer, steps) ?? 0;
  // The lower limit of the trainer is exclusive.
  const limit = Math.max(floor, (allowed?.min ?? 0) * widerMin);
  const next = Math.max(bound / widerBy, limit);
  return bound / next < widerMin ? null : next;
}

function isNearlyEqual(value: number | null, best: number | null): boolean {
  if (value === null || best === null) return false;
  return Math.abs(value - best) <= equalShare * Math.abs(best);
}

function objectiveWords({ study: { spec } }: RangeSource): string {
  const words = metricName({ name: spec.objective.metric });
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}

function narrowingWarnings(source: RangeSource): ResultWarning[] {
  const { study, stages, statistics } = source;
  const { parameter } = statistics;
  const decadesOf = (name: string | undefined): number | null => {
    const range = logarithmicRange(stages.find((stage) => stage.name === name)?.space?.[parameter]);
    return range === null ? null : log(range.max / range.min) / Math.LN10;
  };
  return study.spec.stages.flatMap(({ name, search }) => {
    const [own, before] = [decadesOf(name), decadesOf(search[parameter]?.narrow)];
    if (own === null || before === null || own <= hardlyNarrower * before) return [];
    const text = `Stage ${name} still covers ${own.toFixed(1)} of ${before.toFixed(1)} decades of stage ${search[parameter]?.narrow}: ${objectiveWords(source).toLowerCase()} is nearly flat there.`;
    return [warning('range_hardly_narrowed', text, name)];
  });
}

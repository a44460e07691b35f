/**
 * Range warnings: whether the best value may be outside of the searched range, and whether narrowing helped.
 *
 * The advice to widen a range is given only if a wider range can help: the best trial is at the bound,
 * trials further inside are worse, and values beyond have an effect and are allowed. Where the objective is
 * flat up to the bound, the warning says so instead. So following the advice ends.
 */
import { log } from '../../base/elementary.ts';
import {
  formatParam,
  isLogarithmic,
  numberParam,
  numberRange,
  numberStyle,
  parameterSymbol,
  type Distribution,
  type NumberDistribution,
  type ParameterName,
} from '../../study/search-space.ts';
import { metricName } from '../text/number-format.ts';
import { crowdedEdgeWarnings } from './crowded-edges.ts';
import {
  distance,
  outermostStage,
  size,
  widerBound,
  type RangeSource,
  type Side,
} from './range-sides.ts';
import type { ResultRow } from './result-row.ts';
import { warning, type ResultWarning } from './warning.ts';

/** Fewest trials with a value: of two, the best one is always at an edge. */
const trialsMin = 3;
/** Trials further inside than the best one are this far from it: a decade, or a third of the range. */
const insideDecades = 1;
const insideShare = 1 / 3;
/** Without a significance test, values that differ by less than this share of the best are equal. */
const equalShare = 0.01;
/** A stage hardly narrows if its range has more than this share of the decades of the other stage. */
const hardlyNarrower = 0.5;

export function rangeWarnings(source: RangeSource): ResultWarning[] {
  const { ties } = source.statistics;
  // A search that failed has not shown what its range is worth: the failure comes first.
  if (source.study.status === 'failed') return [];
  // If no trial is worse than the best, that is the warning.
  const hasEffect = ties === null || ties.names.size < ties.compared.size;
  const sides: readonly Side[] = hasEffect ? ['lower', 'upper'] : [];
  const { parameter } = source.statistics;
  if (parameter === null) return hasEffect ? crowdedEdgeWarnings(source) : [];
  return [
    ...sides.flatMap((side) => edgeWarnings(source, parameter, side)),
    ...narrowingWarnings(source, parameter),
  ];
}

function edgeWarnings(source: RangeSource, parameter: ParameterName, side: Side): ResultWarning[] {
  const { stages, statistics, best } = source;
  const { ties } = statistics;
  const outer = outermostStage(source, parameter, side);
  if (best === null || outer === null) return [];
  const { name, bound, range } = outer;
  const style = numberStyle(range);
  const rowDistance = ({ params }: ResultRow): number =>
    distance(numberParam(params, parameter), range, side);
  // A known configuration may be outside of the range.
  const rows = stages.flatMap((stage) => stage.rows).filter((row) => rowDistance(row) >= 0);
  const complete = rows.filter(({ value }) => value !== null);
  if (complete.length < trialsMin || rowDistance(best) < 0) return [];
  const atBest = rowDistance(best);
  // A diverged trial was trained: it has steps.
  const isDiverged = ({ value, steps }: ResultRow): boolean => value === null && steps !== null;
  if (rows.some((row) => isDiverged(row) && rowDistance(row) < atBest)) return [];

  const inside = Math.min(insideDecades, insideShare * size(range));
  const isEqual = (row: ResultRow): boolean => row.tied ?? isNearlyEqual(row.value, best.value);
  const [outermost = best] = complete.toSorted((a, b) => rowDistance(a) - rowDistance(b));
  const isFlat = complete.some(
    (row) => rowDistance(row) - rowDistance(outermost) >= inside && isEqual(row),
  );
  const symbol = parameterSymbol(parameter);
  const place = `${side} bound of stage ${name} (${symbol} ${formatParam(bound, style)})`;
  if (!isEqual(outermost)) return [];
  if (isFlat) {
    const text = `${objectiveWords(source)} is flat ${side === 'lower' ? 'down' : 'up'} to the ${place}: a wider range is unlikely to help.`;
    return [warning(`flat_to_${side}_bound`, text, name)];
  }
  const next = widerBound(source, parameter, range, side);
  if (best.trial !== outermost.trial || next === null) return [];
  const [others, key] = side === 'lower' ? ['larger', 'min'] : ['smaller', 'max'];
  const worse = ties === null ? 'worse' : 'significantly worse';
  const text = `The best trial, ${best.trial}, is at the ${place}, and ${others} ${symbol} are ${worse}: set ${key}: ${formatParam(next, style)} in stage ${name}.`;
  return [warning(`best_at_${side}_bound`, text, name)];
}

/** Null for other distributions: distances are in decades. */
function logarithmicRange(of: Distribution | undefined): NumberDistribution | null {
  const range = numberRange(of);
  return range !== null && isLogarithmic(range) ? range : null;
}

function isNearlyEqual(value: number | null, best: number | null): boolean {
  if (value === null || best === null) return false;
  return Math.abs(value - best) <= equalShare * Math.abs(best);
}

function objectiveWords({ study: { spec } }: RangeSource): string {
  const words = metricName({ name: spec.objective.metric });
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}

function narrowingWarnings(source: RangeSource, parameter: ParameterName): ResultWarning[] {
  const { study, stages } = source;
  const decadesOf = (name: string | undefined): number | null => {
    const range = logarithmicRange(stages.find((stage) => stage.name === name)?.space?.[parameter]);
    return range === null ? null : log(range.max / range.min) / Math.LN10;
  };
  return study.spec.stages.flatMap(({ name, search }) => {
    const [own, before] = [decadesOf(name), decadesOf(search[parameter]?.narrow)];
    if (own === null || before === null || own <= hardlyNarrower * before) return [];
    const text = `Stage ${name} still covers ${own.toPrecision(2)} of ${before.toPrecision(2)} decades of stage ${search[parameter]?.narrow}: ${objectiveWords(source).toLowerCase()} is nearly flat there.`;
    return [warning('range_hardly_narrowed', text, name)];
  });
}

/**
 * Crowded edges: with several hyperparameters, whether the best trials are all at one end of the range of one.
 *
 * One trial says nothing: of many parameters, the best trial is near an end of some by chance. That the best
 * five are all in the outer fifth has a probability of 0.03 % if the parameter has no effect.
 */
import {
  formatParam,
  numberStyle,
  parameterSymbol,
  type ParameterName,
} from '../../study/search-space.ts';
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

const bestCount = 5;
/** The best of at least four times as many: of few trials, many are good. */
const trialsMin = 20;
const outerShare = 0.2;

export function crowdedEdgeWarnings(source: RangeSource): ResultWarning[] {
  const complete = source.stages
    .flatMap(({ rows }) => rows)
    .filter(({ rankInStudy }) => rankInStudy !== null)
    .toSorted((a, b) => (a.rankInStudy ?? 0) - (b.rankInStudy ?? 0));
  if (complete.length < trialsMin) return [];
  const best = complete.slice(0, bestCount);
  const names = new Set(source.stages.flatMap(({ space }) => Object.keys(space ?? {})));
  return [...names].flatMap((name) =>
    (['lower', 'upper'] as const).flatMap((side) => edgeWarning(source, name, side, best)),
  );
}

function edgeWarning(
  source: RangeSource,
  name: ParameterName,
  side: Side,
  best: readonly ResultRow[],
): ResultWarning[] {
  const outer = outermostStage(source, name, side);
  if (outer === null) return [];
  const { range, bound } = outer;
  const isOuter = ({ params }: ResultRow): boolean => {
    const at = params[name];
    if (typeof at !== 'number') return false;
    const from = distance(at, range, side);
    return from >= 0 && from <= outerShare * size(range);
  };
  if (!best.every(isOuter)) return [];
  // Further out, trials diverged: they have steps, and no value.
  const outermost = Math.min(
    ...best.map(({ params }) => distance(Number(params[name]), range, side)),
  );
  const isBeyond = ({ value, steps, params }: ResultRow): boolean => {
    const at = params[name];
    const isDiverged = value === null && steps !== null;
    return isDiverged && typeof at === 'number' && distance(at, range, side) < outermost;
  };
  if (source.stages.some(({ rows }) => rows.some(isBeyond))) return [];
  const next = widerBound(source, name, range, side);
  if (next === null) return [];
  const style = numberStyle(range);
  const key = side === 'lower' ? 'min' : 'max';
  const text = `The best ${bestCount} trials are all in the ${side} fifth of the range of ${parameterSymbol(name)} in stage ${outer.name} (${side} bound ${formatParam(bound, style)}): set ${key}: ${formatParam(next, style)}.`;
  return [warning(`best_at_${side}_bound`, text, outer.name)];
}

/**
 * Range sides: the outermost bounds of a searched range, distances from them, and the next bound to try. Both
 * kinds of advice to widen a range use them: `range-warnings.ts` for one parameter, `crowded-edges.ts` for several.
 */
import { log } from '../../base/elementary.ts';
import type { StudyStatistics } from '../../search/analysis/study-statistics.ts';
import {
  isLogarithmic,
  numberRange,
  type NumberDistribution,
  type ParameterName,
  type SearchSpace,
} from '../../study/search-space.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';
import type { ResultRow } from './result-row.ts';

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

export type Side = 'lower' | 'upper';

/**
 * Advised ranges are wider by this factor, those of settings such as a learning rate by its root; if a limit
 * allows less than half a decade, there is no advice.
 */
const widerMax = 100;
const widerMin = Math.sqrt(10);
/** The stage whose range reaches farthest to a side; the first of several. */
export function outermostStage({ stages }: RangeSource, parameter: ParameterName, side: Side) {
  const ranged = stages.flatMap(({ name, space, rows }) => {
    const range = numberRange(space?.[parameter]);
    if (range === null) return [];
    return [{ name, rows, range, bound: side === 'lower' ? range.min : range.max }];
  });
  const sign = side === 'lower' ? 1 : -1;
  return ranged.toSorted((a, b) => sign * (a.bound - b.bound))[0] ?? null;
}

/** From the bound inwards: in decades of a logarithmic range, in shares of a linear one. */
export function distance(at: number, range: NumberDistribution, side: Side): number {
  const [from, to] = side === 'lower' ? [range.min, at] : [at, range.max];
  if (!isLogarithmic(range)) return (to - from) / (range.max - range.min);
  // The other way around, the bounds themselves would not have the distance 0.
  return side === 'lower' ? log(to / from) / Math.LN10 : -log(from / to) / Math.LN10;
}

/** The largest distance of a value of the range. */
export function size(range: NumberDistribution): number {
  return isLogarithmic(range) ? log(range.max / range.min) / Math.LN10 : 1;
}

/** The bound of the next range to try; null if the trainer allows no wider one, or it has no effect. */
export function widerBound(
  { study, trainer, stages }: RangeSource,
  parameter: ParameterName,
  range: NumberDistribution,
  side: Side,
): number | null {
  const allowed = trainer.parameters[parameter];
  const [low, high] = [allowed?.min ?? -Infinity, allowed?.max ?? Infinity];
  if (!isLogarithmic(range)) {
    const wide = range.max - range.min;
    const next =
      side === 'upper' ? Math.min(range.max + wide, high) : Math.max(range.min - wide, low);
    const isWider = Math.abs(next - (side === 'upper' ? range.max : range.min)) >= wide / 2;
    return isWider ? next : null;
  }
  const widerBy = allowed?.isSetting === true ? Math.sqrt(widerMax) : widerMax;
  if (side === 'upper') {
    const next = Math.min(range.max * widerBy, high);
    return next / range.max < widerMin ? null : next;
  }
  const steps = stages.flatMap(({ rows }) => rows).find((row) => row.steps !== null)?.steps ?? 0;
  const floor = trainer.effectiveMinimum(parameter, study.spec.trainer, steps) ?? 0;
  const isExclusive = allowed?.excludes?.includes('min') ?? false;
  const limit = Math.max(floor, Math.max(0, low) * (isExclusive ? widerMin : 1));
  const next = Math.max(range.min / widerBy, limit);
  return range.min / next < widerMin ? null : next;
}

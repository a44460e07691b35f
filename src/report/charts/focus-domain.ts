/**
 * Focus domain: the part of a value axis near the best value, for charts in which a few bad values would
 * press all good ones into a line.
 */
import type { Metric } from '../../study/metrics.ts';
import type { Objective } from '../../study/spec/study-spec.ts';

type Domain = readonly [number, number];

const valuesMin = 5;
/** The share of the values, best first, that decides how much of the axis is near the best. */
const nearShare = 0.66;
/** The focus is at most this share of the whole axis, else the whole axis is good enough. */
const focusShareMax = 0.35;
/** The smallest focus of a share: points of percent. */
const pointsMin = 5;

/**
 * @param values in the units of the axis: percent for shares
 * @returns from the smaller to the greater value, with room beyond the best for a label; null if no value
 *   hides the others
 */
export function focusDomain(
  values: readonly number[],
  direction: Objective['direction'],
  { unit }: Pick<Metric, 'unit'>,
): Domain | null {
  if (values.length < valuesMin) return null;
  const sign = direction === 'maximize' ? 1 : -1;
  const sorted = values.toSorted((a, b) => sign * (b - a));
  const [best = 0, worst = 0] = [sorted[0], sorted.at(-1)];
  const near = sorted[Math.floor(nearShare * (sorted.length - 1))] ?? best;
  const range = Math.abs(best - worst);
  const least = unit === 'share' ? pointsMin : range / 50;
  const span = roundUp(Math.max(least, 2.5 * Math.abs(best - near)));
  if (span > focusShareMax * range) return null;
  const ends: Domain = [best - sign * span, best + sign * 0.18 * span];
  return sign > 0 ? ends : [ends[1], ends[0]];
}

/** The smallest 1, 2 or 5 times a power of ten that is not smaller. */
function roundUp(value: number): number {
  const power = Number(`1e${Math.floor(Math.log10(value))}`);
  return [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= value) ?? value;
}

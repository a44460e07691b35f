/** Axes of plain values. This module does not load Plot, so that terminal charts can use it. */
import { plainNumber } from '../text/number-format.ts';

/** A domain with some room around the values: never empty, and below 0 only if a value is. */
export function paddedDomain(values: readonly number[], share = 0.05): [number, number] {
  if (values.length === 0) return [0, 1];
  const min = values.reduce((a, b) => Math.min(a, b));
  const max = values.reduce((a, b) => Math.max(a, b));
  // Differences of the size of a rounding error would give an axis without numbers.
  const isFlat = max - min <= 1e-9 * Math.max(1, Math.abs(min), Math.abs(max));
  const room = isFlat ? Math.max(0.5, 0.05 * Math.abs(max)) : share * (max - min);
  return [min >= 0 ? Math.max(0, min - room) : min - room, max + room];
}

/** The y axis of a panel. */
export function valueScale(label: string, domain: readonly [number, number], ticks: number) {
  return {
    label,
    labelArrow: 'none' as const,
    labelOffset: 48,
    domain: [...domain],
    ticks,
    tickFormat: plainNumber,
  };
}

/** An x axis with its label in the middle. */
export function centeredScale(label: string) {
  return { label, labelAnchor: 'center' as const, labelArrow: 'none' as const };
}

/** Axes of plain values: a domain with some room around the values, and labels without noise. */

/** Never empty, and below 0 only where a value is. */
export function paddedDomain(values: readonly number[], share = 0.05): [number, number] {
  if (values.length === 0) return [0, 1];
  const min = values.reduce((a, b) => Math.min(a, b));
  const max = values.reduce((a, b) => Math.max(a, b));
  // Differences that are only rounding would make an axis without numbers on it.
  const isFlat = max - min <= 1e-9 * Math.max(1, Math.abs(min), Math.abs(max));
  const room = isFlat ? Math.max(0.5, 0.05 * Math.abs(max)) : share * (max - min);
  return [min >= 0 ? Math.max(0, min - room) : min - room, max + room];
}

/** `0.3`, never `0.30000000000000004`. */
export function plainNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

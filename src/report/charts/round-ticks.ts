/** Round ticks: labelled values of a linear axis, multiples of 1, 2 or 5 times a power of ten. */

/** About `count` round values within the range. */
export function roundTicks(min: number, max: number, count: number): number[] {
  const step = roundStep(max - min, count);
  if (step === null) return [min];
  return multiples(step, Math.ceil(min / step - 1e-9), Math.floor(max / step + 1e-9));
}

/** About `count` round values; the first and the last enclose the range. */
export function enclosingTicks([min, max]: readonly [number, number], count: number): number[] {
  const step = roundStep(max - min, count);
  if (step === null) return [min, max];
  return multiples(step, Math.floor(min / step + 1e-9), Math.ceil(max / step - 1e-9));
}

function multiples(step: number, first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

/** Null for an empty range. */
function roundStep(size: number, count: number): number | null {
  const rough = size / Math.max(1, count);
  if (!(rough > 0) || !Number.isFinite(rough)) return null;
  const power = Number(`1e${Math.floor(Math.log10(rough))}`);
  return [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough;
}

/**
 * Correlation of a smooth curve between two places: Matérn 5/2, with a length scale that may change once.
 */
import { exp, log } from '../../base/elementary.ts';

/** Maps x so that the length scale is constant. */
export type Stretch = (x: number) => number;

/** Places of a stretch, evenly inside the range, and its factor. */
const stretchPlaces = 5;
const stretchFactor = 8;

/** Stretches the length scale on the left, or on the right, of some places, with a soft change. */
export function stretchesBetween(first: number, last: number): Stretch[] {
  const distance = (last - first) / (stretchPlaces + 1);
  const soft = distance / 4;
  return Array.from({ length: stretchPlaces }, (_, index) => {
    const place = first + distance * (index + 1);
    return [1, -1].map((side): Stretch => (x) => {
      const bent = side * soft * softplus((side * (x - place)) / soft);
      return x / stretchFactor + (1 - 1 / stretchFactor) * bent;
    });
  }).flat();
}

/** log(1 + eˣ): 0 on the left, x on the right. */
function softplus(x: number): number {
  return x > 30 ? x : log(1 + exp(x));
}

export function correlationMatrix(xs: readonly number[], length: number): Float64Array {
  const n = xs.length;
  const matrix = new Float64Array(n * n);
  for (let row = 0; row < n; row++)
    for (let column = 0; column < row; column++)
      matrix[row * n + column] = correlation(((xs[row] ?? 0) - (xs[column] ?? 0)) / length);
  return matrix;
}

/** @param distance in length scales */
export function correlation(distance: number): number {
  const u = Math.sqrt(5) * Math.abs(distance);
  return (1 + u + (u * u) / 3) * exp(-u);
}

/**
 * Sobol sequence in 32 bits: points that cover the unit cube evenly, in up to 20 dimensions.
 *
 * The first 2^m points have one point in each of 2^m equal intervals of every dimension, and pairs of
 * dimensions are as even as the direction numbers allow. Point n depends on n only, so a longer sequence
 * begins with the shorter one. Points are in the order of n, not of its Gray code: dimension 1 is the van der
 * Corput sequence in base 2.
 *
 * Sources: Sobol 1967; direction numbers `new-joe-kuo-6` of Joe and Kuo 2008, "Constructing Sobol sequences
 * with better two-dimensional projections", SIAM J. Sci. Comput. 30.
 */
import { assert } from '../../base/assert.ts';

/** Dimensions 2 to 20: the coefficients a of the primitive polynomial as bits, and the first odd numbers m. */
const directions: readonly (readonly [a: number, m: readonly number[]])[] = [
  [0, [1]],
  [1, [1, 3]],
  [1, [1, 3, 1]],
  [2, [1, 1, 1]],
  [1, [1, 1, 3, 3]],
  [4, [1, 3, 5, 13]],
  [2, [1, 1, 5, 5, 17]],
  [4, [1, 1, 5, 5, 5]],
  [7, [1, 1, 7, 11, 19]],
  [11, [1, 1, 5, 1, 1]],
  [13, [1, 1, 1, 3, 11]],
  [14, [1, 3, 5, 5, 31]],
  [1, [1, 3, 3, 9, 7, 49]],
  [13, [1, 1, 1, 15, 21, 21]],
  [16, [1, 3, 1, 13, 27, 49]],
  [19, [1, 1, 1, 15, 7, 5]],
  [22, [1, 3, 1, 15, 13, 25]],
  [25, [1, 1, 5, 5, 19, 61]],
  [1, [1, 3, 7, 11, 23, 15, 103]],
];

export const sobolDimensionsMax = directions.length + 1;

/** v[j], j = 0 … 31: exclusive or of those whose bit j is set in n gives the point n. */
const vectors: readonly Uint32Array[] = [vanDerCorput(), ...directions.map(directionVectors)];

/**
 * Coordinate of point `n` as an unsigned 32-bit number, to be divided by 2^32.
 *
 * @param dimension from 1 to 20
 * @param n         from 0 to 2^32 − 1; point 0 is the origin
 */
export function sobol32(dimension: number, n: number): number {
  const vector = vectors[dimension - 1];
  assert(vector, () => `the Sobol sequence has ${sobolDimensionsMax} dimensions, got ${dimension}`);
  let point = 0;
  let bits = n >>> 0;
  for (let j = 0; bits !== 0; j++, bits >>>= 1) if (bits & 1) point ^= vector[j] ?? 0;
  return point >>> 0;
}

function vanDerCorput(): Uint32Array {
  return Uint32Array.from({ length: 32 }, (_, j) => 1 << (31 - j));
}

/** Joe and Kuo 2008, equations 2 and 3, scaled to 32 bits. */
function directionVectors([a, m]: (typeof directions)[number]): Uint32Array {
  const degree = m.length;
  const vector = new Uint32Array(32);
  for (const [j, odd] of m.entries()) vector[j] = odd << (31 - j);
  for (let j = degree; j < 32; j++) {
    const last = vector[j - degree] ?? 0;
    let next = last ^ (last >>> degree);
    for (let i = 1; i < degree; i++) if ((a >>> (degree - 1 - i)) & 1) next ^= vector[j - i] ?? 0;
    vector[j] = next;
  }
  return vector;
}

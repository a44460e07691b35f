/** Normal and Student's t distribution: a tail probability, and the half-width of a 95 % band. */
import { assert } from '../../base/assert.ts';
import { exp } from '../../base/elementary.ts';

/**
 * P(Z ≥ z) for a standard normal Z: Hart's double-precision rational approximation, and a continued
 * fraction in the far tail (West 2005, "Better approximations to cumulative normal functions").
 */
export function normalTail(z: number): number {
  const x = Math.abs(z);
  const upper = x > 37 ? 0 : exp((-x * x) / 2) * (x < 7.07106781186547 ? hart(x) : farTail(x));
  return z >= 0 ? upper : 1 - upper;
}

const numerator = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871,
  221.213596169931, 220.206867912376,
];
const denominator = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674,
  637.333633378831, 793.826512519948, 440.413735824752,
];

function hart(x: number): number {
  return polynomial(numerator, x) / polynomial(denominator, x);
}

function farTail(x: number): number {
  let fraction = x + 0.65;
  for (const step of [4, 3, 2, 1]) fraction = x + step / fraction;
  return 1 / fraction / 2.506628274631;
}

/** Horner's rule, highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/**
 * The two-sided 95 % quantile of Student's t: the Cornish-Fisher expansion around the normal quantile,
 * accurate to three digits from 4 degrees of freedom.
 *
 * @param degrees degrees of freedom, at least 4; fractions are allowed
 */
export function studentWidth(degrees: number): number {
  assert(degrees >= 4, () => `the expansion needs 4 degrees of freedom, got ${degrees}`);
  // Φ⁻¹(0.975).
  const z = 1.959963984540054;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ];
  return terms.reduce((sum, term, index) => sum + term / degrees ** (index + 1), z);
}

/**
 * A long learning curve by every n-th measurement, for places that cannot show them all. The last one,
 * which counts, stays; what lies between is left out, not averaged, so that every value shown was measured.
 */
import type { Measurement } from '../../study/trial.ts';

export function thinnedCurve(curve: readonly Measurement[], most: number): readonly Measurement[] {
  const every = Math.ceil(curve.length / most);
  return curve.filter((_, index) => (index + 1) % every === 0 || index === curve.length - 1);
}

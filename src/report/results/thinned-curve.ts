/**
 * Thins a learning curve to every n-th measurement, for outputs that cannot show all. The last one is the
 * result and stays. Nothing is averaged: every value shown was measured.
 */
import type { Measurement } from '../../study/trial.ts';

export function thinnedCurve(curve: readonly Measurement[], most: number): readonly Measurement[] {
  const every = Math.ceil(curve.length / most);
  return curve.filter((_, index) => (index + 1) % every === 0 || index === curve.length - 1);
}

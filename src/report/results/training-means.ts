/** Several seeds of one training as one: means of what each measured, and how far they lie apart. */
import type { Measurement, TrialResult } from '../../study/trial.ts';

export interface SeedResult {
  readonly seed: number;
  readonly result: TrialResult;
}

/** The mean at each step that all seeds were measured at; empty unless all are complete. */
export function meanCurve(seeds: readonly SeedResult[]): readonly Measurement[] {
  const curves = seeds.map(({ result }) => result.curve);
  const [first = []] = curves;
  if (seeds.some(({ result }) => result.kind === 'diverged')) return [];
  return first.map((measurement, index): Measurement => {
    const mean = (of: (m: Measurement) => number): number =>
      curves.reduce((sum, curve) => sum + of(curve[index] ?? measurement), 0) / curves.length;
    const isTested = measurement.testAccuracy !== null;
    return {
      step: measurement.step,
      epoch: measurement.epoch,
      learningRate: measurement.learningRate,
      trainLoss: mean((m) => m.trainLoss),
      trainCost: mean((m) => m.trainCost),
      trainAccuracy: mean((m) => m.trainAccuracy),
      validationLoss: mean((m) => m.validationLoss),
      validationCost: mean((m) => m.validationCost),
      validationAccuracy: mean((m) => m.validationAccuracy),
      testLoss: isTested ? mean((m) => m.testLoss ?? NaN) : null,
      testAccuracy: isTested ? mean((m) => m.testAccuracy ?? NaN) : null,
    };
  });
}

/** Deviation between seeds, of a sample; null for fewer than two. */
export function deviationOf(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

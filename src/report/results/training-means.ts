/** Training means: the means of the measurements of several seeds, and the deviation between seeds. */
import { mean } from '../../search/statistics/mean.ts';
import type { Measurement, TrialResult } from '../../study/trial.ts';

export interface SeedResult {
  readonly seed: number;
  readonly result: TrialResult;
}

/** The mean at each step of the first seed's curve; empty unless all seeds are complete. */
export function meanCurve(seeds: readonly SeedResult[]): readonly Measurement[] {
  const curves = seeds.map(({ result }) => result.curve);
  const [first = []] = curves;
  if (seeds.some(({ result }) => result.kind === 'diverged')) return [];
  return first.map(({ step, metrics }, index): Measurement => {
    const means = Object.entries(metrics).map(([name, own]) => {
      const values = curves.map((curve) => curve[index]?.metrics[name] ?? own);
      // Equal values, such as the epoch, stay as they are: a mean would round.
      return [name, values.every((value) => value === own) ? own : mean(values)] as const;
    });
    return { step, metrics: Object.fromEntries(means) };
  });
}

/** Standard deviation between seeds, of a sample; null for fewer than two. */
export function sampleDeviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

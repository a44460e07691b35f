/**
 * Result differences: the fields in which two results of one trial differ, with the names that tables use.
 *
 * A trial is a pure function of its spec: its results agree to the last bit, apart from `seconds`.
 */
import type { Measurement, TrialResult } from './trial.ts';

/** Empty if they are equal. Values that are not finite are equal: the store keeps none. */
export function resultDifferences(a: TrialResult, b: TrialResult): string[] {
  if (a.kind !== b.kind) return [`${a.kind} or ${b.kind}`];
  const found: string[] = [];
  if (a.steps !== b.steps) found.push('steps');
  if (a.kind === 'complete' && b.kind === 'complete') {
    if (a.digest !== b.digest) found.push('digest');
    const [bits, others] = [a.validationCorrect, b.validationCorrect];
    const areEqualBits =
      bits.length === others.length && bits.every((byte, i) => byte === others[i]);
    if (!areEqualBits) found.push('correctness');
  }
  return [...found, ...curveDifferences(a.curve, b.curve)];
}

function curveDifferences(a: readonly Measurement[], b: readonly Measurement[]): string[] {
  if (a.length !== b.length) return ['number of measurements'];
  const names = new Set<string>();
  for (const [index, point] of a.entries()) {
    const other = b[index];
    if (other === undefined) continue;
    if (point.step !== other.step) names.add('step');
    for (const name of Object.keys({ ...point.metrics, ...other.metrics })) {
      if (!areEqual(point.metrics[name], other.metrics[name])) names.add(name.replaceAll('_', ' '));
    }
  }
  return [...names];
}

function areEqual(a: number | undefined, b: number | undefined): boolean {
  return Number.isFinite(a) ? a === b : !Number.isFinite(b);
}

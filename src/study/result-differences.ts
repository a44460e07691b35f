/**
 * Result differences: what two results of one trial disagree about, in the words of the tables.
 *
 * A trial is a pure function of its spec, so its results agree to the last bit; only `seconds` differs.
 */
import type { Measurement, TrialResult } from './trial.ts';

/** Empty if they are equal. Values that are not finite are equal: the store keeps none. */
export function resultDifferences(a: TrialResult, b: TrialResult): string[] {
  if (a.kind !== b.kind) return [`${a.kind} or ${b.kind}`];
  const found: string[] = [];
  if (a.steps !== b.steps) found.push('steps');
  if (a.kind === 'complete' && b.kind === 'complete') {
    if (a.digest !== b.digest) found.push('digest');
    if (!areEqualBytes(a.validationCorrect, b.validationCorrect)) found.push('correctness');
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

function areEqualBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/**
 * What two results of one trial disagree about, in the words of the tables. A trial is a pure function
 * of its spec, so results of the same trial agree to the last bit; only `seconds` is no part of it.
 */
import type { Measurement, TrialResult } from './trial.ts';

const numbersOfPoint: readonly (keyof Measurement)[] = [
  'step',
  'epoch',
  'learningRate',
  'trainLoss',
  'trainCost',
  'trainAccuracy',
  'validationLoss',
  'validationCost',
  'validationAccuracy',
  'testLoss',
  'testAccuracy',
];

/** Empty where they are the same. What is not finite is one and the same: the store keeps no NaN. */
export function resultDifferences(a: TrialResult, b: TrialResult): string[] {
  if (a.kind !== b.kind) return [`${a.kind} or ${b.kind}`];
  const found: string[] = [];
  if (a.steps !== b.steps) found.push('steps');
  if (a.kind === 'complete' && b.kind === 'complete') {
    if (a.digest !== b.digest) found.push('digest');
    if (!sameBytes(a.validationCorrect, b.validationCorrect)) found.push('correctness');
  }
  found.push(...curveDifferences(a.curve, b.curve));
  return found;
}

function curveDifferences(a: readonly Measurement[], b: readonly Measurement[]): string[] {
  if (a.length !== b.length) return ['number of measurements'];
  const names = new Set<string>();
  for (const [index, point] of a.entries()) {
    const other = b[index];
    if (other === undefined) continue;
    for (const name of numbersOfPoint) {
      if (!sameNumber(point[name], other[name])) names.add(words(name));
    }
  }
  return [...names];
}

function sameNumber(a: number | null, b: number | null): boolean {
  return Number.isFinite(a) ? a === b : !Number.isFinite(b);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** `validationLoss` is `validation loss`. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

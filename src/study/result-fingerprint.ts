/**
 * Result fingerprint: one digest of everything that a result reports, so that two results can be compared
 * without keeping both. `seconds` is left out, because it is not a function of the trial.
 */
import { sha256 } from '../base/digest.ts';
import type { Metric } from './metrics.ts';
import type { Measurement, TrialResult } from './trial.ts';

/**
 * @param metrics  those of the trainer, in its order
 * @param withTest whether every trial measures the test set; if not, only the winner's test attempt does
 */
export function resultFingerprint(
  result: TrialResult,
  metrics: readonly Metric[],
  withTest: boolean,
): string {
  const names: string[] = [];
  for (const { name, split } of metrics) if (withTest || split !== 'test') names.push(name);
  const points = result.curve.map((point) => pointText(point, names)).join('\n');
  // bug: only-digests-are-compared
  return result.kind === 'complete'
    ? sha256(
        Buffer.concat([
          Buffer.from(`complete ${result.steps} ${result.digest}\n${points}\n`),
          result.validationCorrect,
        ]),
      )
    : sha256(`diverged ${result.steps}\n${points}\n`);
}

/** Numbers in their shortest text that reads back as the same number; `none` if absent or not finite. */
function pointText({ step, metrics }: Measurement, names: readonly string[]): string {
  let text = Number.isFinite(step) ? String(step) : 'none';
  for (const name of names) {
    const value = metrics[name];
    text += Number.isFinite(value) ? ` ${value}` : ' none';
  }
  return text;
}

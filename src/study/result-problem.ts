/**
 * Result problem: whether a result contradicts itself, its study or its request. The rules follow from what
 * the trainer declares: its metrics, when it measures, and the progress at each step.
 *
 * A result that passes may still be wrong; audits find that.
 */
import type { Metric, Metrics } from './metrics.ts';
import type { Measurement, TrialResult } from './trial.ts';

/** Longer than any training: ten years. */
const secondsMax = 10 * 365 * 86_400;

export interface ResultRules {
  readonly metrics: readonly Metric[];
  /** Steps at which a trial is measured: ascending; the last is its end. */
  readonly schedule: readonly number[];
  /** Whether it may also be measured at any other steps. */
  readonly measuresAnyStep: boolean;
  /** Whether a curve of that many points is too long for a message, so that only some points are sent. */
  readonly isThinned: (points: number) => boolean;
  /** Exact values of metrics of the kind `progress`. */
  readonly progressAt: (step: number) => Metrics;
  /** Number of records in the validation split. */
  readonly validationCount: number;
  /** Whether metrics of the test split were requested, at the last step. */
  readonly measuresTest: boolean;
}

/** @returns what is wrong, such as `has 5 steps instead of 1600`; null if nothing is */
export function resultProblem(result: TrialResult, rules: ResultRules): string | null {
  return (
    lengthProblem(result, rules) ??
    curveProblem(result.curve, rules) ??
    (result.kind === 'complete' ? scoreProblem(result, rules) : null)
  );
}

function lengthProblem(
  { kind, steps, seconds, curve }: TrialResult,
  rules: ResultRules,
): string | null {
  const { schedule, isThinned } = rules;
  if (seconds > secondsMax) return `took ${seconds} s`;
  const total = schedule.at(-1) ?? 0;
  if (kind === 'complete' ? steps !== total : steps > total)
    return `has ${steps} steps instead of ${kind === 'complete' ? '' : 'at most '}${total}`;
  const measured = curve.map((point) => point.step);
  if (rules.measuresAnyStep) return anyStepProblem(kind, steps, measured);
  // The measurement at the last step may be what showed that the trial had diverged.
  const possible = [
    schedule.filter((step) => step <= steps),
    ...(kind === 'diverged' ? [schedule.filter((step) => step < steps)] : []),
  ];
  const isScheduled = possible.some((expected) => {
    const isShortened = measured.length < expected.length && isThinned(expected.length);
    return areEqual(measured, isShortened ? evenlySpaced(expected, measured.length) : expected);
  });
  if (isScheduled) return null;
  const [expected = []] = possible;
  const wrong = measured.find((step) => !expected.includes(step));
  return wrong === undefined
    ? `has ${measured.length} measurements instead of ${expected.length}`
    : `has a measurement at step ${wrong}, without one being due`;
}

/** @param measured ascending: messages with other curves are malformed */
function anyStepProblem(
  kind: TrialResult['kind'],
  steps: number,
  measured: readonly number[],
): string | null {
  const last = measured.at(-1) ?? 0;
  if (last > steps) return `has a measurement at step ${last}, after its end at step ${steps}`;
  return kind === 'complete' && last < steps ? 'has no measurement at its last step' : null;
}

function curveProblem(curve: readonly Measurement[], rules: ResultRules): string | null {
  const known = new Map(rules.metrics.map((metric) => [metric.name, metric]));
  const end = rules.schedule.at(-1);
  for (const { step, metrics } of curve) {
    for (const name in metrics) {
      const metric = known.get(name);
      if (metric === undefined) return `has ${name}, which the trainer does not measure`;
      // bug: test-metrics-are-accepted
      if (metric.split === 'test' && !(rules.measuresTest && step === end))
        return `has ${name} at step ${step}, which was not requested`;
    }
    const progress = rules.progressAt(step);
    for (const name in progress)
      if (metrics[name] !== progress[name])
        return `has ${name} ${metrics[name]} at step ${step} instead of ${progress[name]}`;
  }
  return null;
}

/** @param result a complete one */
function scoreProblem(
  { curve, validationCorrect: bits }: Extract<TrialResult, { kind: 'complete' }>,
  { metrics, validationCount, measuresTest }: ResultRules,
): string | null {
  const last = curve.at(-1)?.metrics ?? {};
  for (const { name, split } of metrics)
    if (split === 'test' && measuresTest && !Number.isFinite(last[name])) return `has no ${name}`;
  // Without validation records there are no bits.
  const accuracy =
    validationCount === 0 ? undefined : metrics.find(({ name }) => name === 'validation_accuracy');
  // Results are compared bit by bit, so a missing or additional bit makes a result invalid.
  const bytes = accuracy === undefined ? 0 : Math.ceil(validationCount / 8);
  if (bits.length !== bytes || countBits(bits, bytes * 8 - validationCount) === null)
    return `does not state for each of ${validationCount} validation records whether it was classified correctly`;
  if (accuracy === undefined) return null;
  const correct = countBits(bits, 0) ?? 0;
  // bug: accuracy-is-not-counted
  if (last[accuracy.name] !== correct / validationCount)
    return `has ${accuracy.name} ${last[accuracy.name]}, but ${correct} of ${validationCount} validation records are marked as correct`;
  return null;
}

/** @param unused bits at the end, which must be 0; null if they are not */
function countBits(bits: Uint8Array, unused: number): number | null {
  if (unused > 0 && (bits.at(-1) ?? 0) >> (8 - unused) !== 0) return null;
  let count = 0;
  for (const byte of bits) for (let rest = byte; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** At most `most` of the items, evenly spaced, with the first and the last. */
export function evenlySpaced<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  const spacing = (items.length - 1) / (most - 1);
  const kept = new Set(Array.from({ length: most }, (_, i) => Math.round(i * spacing)));
  return items.filter((_, i) => kept.has(i));
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

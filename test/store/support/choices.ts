/** Choices: what a random history of a study is made of, and its metrics as a store reads them back. */
import * as fc from 'fast-check';
import type { Measurement } from '../../../src/study/trial.ts';

/** One thing that happens: its kind, its trial, and the values in it. */
export interface Choice {
  readonly action: number;
  readonly which: number;
  readonly lambda: number;
  readonly metrics: readonly number[];
  readonly points: number;
  readonly bits: Uint8Array;
  readonly text: string;
}

export const choices: fc.Arbitrary<Choice[]> = fc.array(
  fc.record({
    action: fc.nat(),
    which: fc.nat(),
    lambda: fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true }),
    metrics: fc.array(fc.double(), { minLength: 8, maxLength: 8 }),
    points: fc.nat(3),
    bits: fc.uint8Array({ maxLength: 40 }),
    text: fc.string({ unit: 'grapheme', maxLength: 12 }),
  }),
  { maxLength: 60, size: 'max' },
);

const metricNames = [
  'validation_loss',
  'epoch',
  'train_loss',
  'test_accuracy',
  'macro_f1',
  'perplexity',
  'learning_rate',
  'validation_accuracy',
];

export function measured(step: number, { metrics }: Choice, finite: boolean): Measurement {
  const value = (index: number): number =>
    finite ? asStoredMetric(metrics[index]!, 1 / 3) : metrics[index]!;
  return {
    step,
    metrics: Object.fromEntries(metricNames.map((name, index) => [name, value(index)])),
  };
}

/** Values that are not finite are absent, -0 is 0. */
export function asStored({ step, metrics }: Measurement): Measurement {
  const finite = Object.entries(metrics).filter(([, value]) => Number.isFinite(value));
  return { step, metrics: Object.fromEntries(finite.map(([name, value]) => [name, value + 0])) };
}

export function asStoredMetric(value: number, otherwise: number): number {
  return Number.isFinite(value) ? value + 0 : otherwise;
}

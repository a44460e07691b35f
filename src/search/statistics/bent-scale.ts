/**
 * Bent scale: the scale of the objective on which a smooth curve is fitted. More is better on it.
 *
 * Near a good value of a hyperparameter the objective changes little; beyond it, it falls off a cliff. No
 * curve with one amount of smoothness fits both. So shares are on a logit scale, positive values on a log
 * scale, and the distance d below the best values is bent: asinh(d / unit) is linear near the best values
 * and logarithmic far from them. The unit is ten times the noise of neighbouring values.
 */
import { exp, log } from '../../base/elementary.ts';
import { neighbourDeviation } from './standard-error.ts';

export interface BentScale {
  /** From a value of the objective; rises with better values. */
  toScale(value: number): number;
  /** The inverse of `toScale`. */
  toValue(y: number): number;
  /** Absolute slope of `toScale` at a value: turns a small error of the value into one on the scale. */
  slope(value: number): number;
  /** The smallest step of a value, near the best values; 0 if unknown. */
  readonly step: number;
}

export interface ScaleOptions {
  readonly direction: 'maximize' | 'minimize';
  /** Whether values are shares from 0 to 1. */
  readonly isShare: boolean;
  /** The smallest step between two values, such as one image; 0 if unknown. */
  readonly resolution: number;
}

/** Deviations of the noise per unit: below about this distance the scale is linear. */
const unitDeviations = 10;
/** The share of the values that are better than the reference from which distances are measured. */
const betterShare = 0.1;
/** The noise is at least this share of the range of all values. */
const noiseShare = 1e-3;

/**
 * @param values in ascending order of the parameter; at least two
 * @returns null if all values are equal and their step is unknown
 */
export function bentScale(values: readonly number[], options: ScaleOptions): BentScale | null {
  const { resolution } = options;
  const plain = plainScale(values, options);
  const plainValues = values.map(plain.toScale);
  const descending = plainValues.toSorted((a, b) => b - a);
  const reference = descending[Math.floor(betterShare * descending.length)] ?? 0;
  const range = (descending[0] ?? 0) - (descending.at(-1) ?? 0);
  const step = resolution * plain.slope(plain.toValue(reference));
  const noise = Math.max(neighbourDeviation(plainValues), step / 2, noiseShare * range);
  if (!(noise > 0)) return null;
  const unit = unitDeviations * noise;
  return {
    toScale: (value) => arsinh((plain.toScale(value) - reference) / unit),
    toValue: (y) => plain.toValue(reference + (unit * (exp(y) - exp(-y))) / 2),
    slope: (value) =>
      plain.slope(value) / unit / Math.sqrt(1 + ((plain.toScale(value) - reference) / unit) ** 2),
    step: step / unit,
  };
}

/** Logit of a share, logarithm of a positive value, or the value itself; negated if less is better. */
function plainScale(
  values: readonly number[],
  { direction, isShare, resolution }: ScaleOptions,
): Pick<BentScale, 'toScale' | 'toValue' | 'slope'> {
  const sign = direction === 'maximize' ? 1 : -1;
  if (isShare) {
    // All images or none: half an image away from the end.
    const least = Math.max(resolution / 2, 1e-6);
    const inside = (value: number): number => Math.min(1 - least, Math.max(least, value));
    return {
      toScale: (value) => sign * log(inside(value) / (1 - inside(value))),
      toValue: (y) => 1 / (1 + exp(-sign * y)),
      slope: (value) => 1 / (inside(value) * (1 - inside(value))),
    };
  }
  if (values.every((value) => value > 0))
    return {
      toScale: (value) => sign * log(value),
      toValue: (y) => exp(sign * y),
      slope: (value) => 1 / value,
    };
  return { toScale: (value) => sign * value, toValue: (y) => sign * y, slope: () => 1 };
}

function arsinh(value: number): number {
  const size = Math.abs(value);
  return Math.sign(value) * log(size + Math.sqrt(size * size + 1));
}

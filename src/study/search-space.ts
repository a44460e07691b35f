/**
 * Search space: the hyperparameters that a study searches, their distributions, and a trial's values.
 *
 * Parameters are records by name, so no other code depends on the names. A distribution has the shape
 * of the study file. Bounds are values, never exponents.
 */
import { assert } from '../base/assert.ts';
import { symbolFor } from '../base/greek-letters.ts';

/** As the study file writes it. */
export type ParameterName = string;
export type ParamValue = number | string | boolean;

/** The values of one trial. */
export type Params = Readonly<Record<ParameterName, ParamValue>>;

/** A distribution with known bounds: 0 < `min` < `max`, uniform in the logarithm. */
export interface Distribution {
  readonly distribution: 'log_uniform';
  readonly min: number;
  readonly max: number;
}

export type SearchSpace = Readonly<Record<ParameterName, Distribution>>;

/** One parameter in a study file: both bounds, or `narrow`: the earlier stage whose results give them. */
export interface StageDistribution {
  readonly distribution: 'log_uniform';
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly narrow?: string | undefined;
}

/** A hyperparameter that a trainer declares as searchable. */
export interface ParameterDescription {
  /** Exclusive: values are above it. */
  readonly min: number;
  readonly max: number;
  readonly description: string;
  /** What its value means, as a formula; absent if the description says it. */
  readonly definition?: string;
  /** Whether a larger value gives a simpler model: results then name the largest that is not significantly worse. */
  readonly regularizes?: boolean;
}

/** The distribution with the bounds of the file; null if another stage gives them. */
export function givenDistribution(from: StageDistribution): Distribution | null {
  const { distribution, min, max } = from;
  return min === undefined || max === undefined ? null : { distribution, min, max };
}

/** JSON with sorted keys: equal for equal values. */
export function paramsText(params: Params): string {
  const names = Object.keys(params);
  return names.length < 2 ? JSON.stringify(params) : JSON.stringify(params, names.toSorted());
}

/** The name in tables and sentences: a Greek letter if it has the name of one. */
export function parameterSymbol(name: ParameterName): string {
  return symbolFor(name);
}

/** For people: `λ 1.26e-2`. */
export function formatParams(params: Params): string {
  return Object.entries(params)
    .map(([name, value]) => `${parameterSymbol(name)} ${formatParam(value)}`)
    .join(', ');
}

/** Numbers with three significant digits, as tables show them. */
export function formatParam(value: ParamValue): string {
  return typeof value === 'number' ? value.toExponential(2) : String(value);
}

/** Significant digits that identify a number of float64. */
const digitsMax = 17;

/**
 * Texts of numbers that are shown together: as `formatParam`, with more digits for those that would look
 * like another one.
 */
export function distinctTexts(values: readonly number[]): (value: number) => string {
  const sorted = [...new Set(values)].toSorted((a, b) => a - b);
  const texts = new Map<number, string>();
  for (const [index, value] of sorted.entries()) {
    const others = [sorted[index - 1], sorted[index + 1]].filter((other) => other !== undefined);
    let digits = 2;
    const looksLikeAnother = (): boolean =>
      others.some((other) => other.toExponential(digits) === value.toExponential(digits));
    while (digits < digitsMax - 1 && looksLikeAnother()) digits += 1;
    texts.set(value, value.toExponential(digits));
  }
  return (value) => texts.get(value) ?? formatParam(value);
}

export function numberParam(params: Params, name: ParameterName): number {
  const value = params[name];
  assert(typeof value === 'number', () => `parameter ${name} is a number, got ${String(value)}`);
  return value;
}

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

/** The distributions of numbers, as the study file names them. */
export const numberDistributions = ['log_uniform', 'uniform', 'integer', 'log_integer'] as const;
type NumberDistributionName = (typeof numberDistributions)[number];

/** Numbers from `min` to `max`; the `log` ones are uniform in the logarithm, so 0 < `min`. */
export interface NumberDistribution {
  readonly distribution: NumberDistributionName;
  readonly min: number;
  readonly max: number;
}

/** One of the values, each with the same probability. */
interface ValuesDistribution {
  readonly distribution: 'values';
  readonly values: readonly ParamValue[];
}

/** Allowed values of other parameters, by name. */
type Conditions = Readonly<Record<ParameterName, readonly ParamValue[]>>;

interface Conditional {
  /** The parameter has a value only in trials where these parameters have one of these values; absent: always. */
  readonly where?: Conditions | undefined;
}

/** A distribution with known bounds. */
export type Distribution = (NumberDistribution | ValuesDistribution) & Conditional;

export type SearchSpace = Readonly<Record<ParameterName, Distribution>>;

/** One parameter in a stage: a distribution, or `narrow`: the earlier stage whose results give the bounds. */
export interface StageDistribution extends Conditional {
  readonly distribution: Distribution['distribution'];
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly values?: readonly ParamValue[] | undefined;
  readonly narrow?: string | undefined;
}

/** A hyperparameter that a trainer declares as searchable. */
export interface ParameterDescription {
  /** `number` if absent; `any`: numbers, words and switches. */
  readonly kind?: 'number' | 'integer' | 'choice' | 'any';
  /** Bounds of a number, inclusive unless `excludes` names one. */
  readonly min?: number;
  readonly max?: number;
  readonly excludes?: readonly ('min' | 'max')[];
  /** The values of a choice. */
  readonly values?: readonly ParamValue[];
  readonly description: string;
  /** What its value means, as a formula; absent if the description says it. */
  readonly definition?: string;
  /** Whether a larger value gives a simpler model: results then name the largest that is not significantly worse. */
  readonly regularizes?: boolean;
  /** Whether it is a setting: trials without a value have the one of the `trainer` section. */
  readonly isSetting?: boolean;
}

/** The distribution with the bounds or values of the file; null if another stage gives the bounds. */
export function givenDistribution(from: StageDistribution): Distribution | null {
  const { distribution, min, max, values, where } = from;
  const condition = where === undefined ? {} : { where };
  if (distribution === 'values') return { distribution, values: values ?? [], ...condition };
  if (min === undefined || max === undefined) return null;
  return { distribution, min, max, ...condition };
}

/** The bounds of a number's distribution; null for a choice, and for no distribution. */
export function numberRange(of: Distribution | undefined): NumberDistribution | null {
  return of === undefined || of.distribution === 'values' ? null : of;
}

/** Whether equal ratios, rather than equal differences, have equal probability. */
export function isLogarithmic({ distribution }: Pick<StageDistribution, 'distribution'>): boolean {
  return distribution === 'log_uniform' || distribution === 'log_integer';
}

/** Whether all values are whole numbers. */
export function isWholeNumbers({ distribution }: Pick<StageDistribution, 'distribution'>): boolean {
  return distribution === 'integer' || distribution === 'log_integer';
}

/** Why a parameter cannot have this value, as `must be …`; null if it can. */
export function valueProblem(description: ParameterDescription, value: unknown): string | null {
  const { kind = 'number', min = -Infinity, max = Infinity, values = [] } = description;
  if (kind === 'choice') {
    const isKnown = values.some((known) => known === value);
    return isKnown ? null : `must be one of ${values.map(String).join(', ')}`;
  }
  if (kind === 'any') {
    const isScalar = typeof value === 'string' || typeof value === 'boolean';
    return isScalar || Number.isFinite(value) ? null : 'must be a number, a word or a switch';
  }
  if (typeof value !== 'number') return 'must be a number';
  if (kind === 'integer' && !Number.isInteger(value)) return 'must be a whole number';
  const { excludes = [] } = description;
  const isInside =
    (value > min || (value === min && !excludes.includes('min'))) &&
    (value < max || (value === max && !excludes.includes('max')));
  return isInside ? null : `must be ${boundsText(description)}`;
}

function boundsText({ min, max, excludes = [] }: ParameterDescription): string {
  if (excludes.length === 0 && min !== undefined && max !== undefined)
    return `from ${min} to ${max}`;
  const low = min === undefined ? '' : `${excludes.includes('min') ? 'above' : 'at least'} ${min}`;
  const high = max === undefined ? '' : `${excludes.includes('max') ? 'below' : 'at most'} ${max}`;
  return low === '' || high === '' ? low + high : `${low} and ${high}`;
}

/**
 * The values of the parameters whose conditions hold. A condition on a parameter without a value does not.
 *
 * @param values one of each parameter of the space
 */
export function activeParams(values: Params, space: SearchSpace): Params {
  const isActive = (name: ParameterName): boolean =>
    Object.entries(space[name]?.where ?? {}).every(
      ([other, allowed]) => isActive(other) && allowed.some((value) => value === values[other]),
    );
  if (Object.values(space).every(({ where }) => where === undefined)) return values;
  return Object.fromEntries(Object.entries(values).filter(([name]) => isActive(name)));
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

/** How the numbers of a parameter are written: `1.26e-2`, or `0.0126`. */
export type NumberStyle = 'exponent' | 'decimal';
export type NumberStyles = Readonly<Record<ParameterName, NumberStyle>>;

/** Exponents for logarithmic ranges; decimals for linear ones, whole numbers and lists. */
export function numberStyle({
  distribution,
}: Pick<StageDistribution, 'distribution'>): NumberStyle {
  return distribution === 'log_uniform' ? 'exponent' : 'decimal';
}

/** By parameter; decimals if the distribution of any stage has them. */
export function numberStyles(
  stages: readonly { readonly search: Readonly<Record<ParameterName, StageDistribution>> }[],
): NumberStyles {
  const entries = stages.flatMap(({ search }) => Object.entries(search));
  return Object.fromEntries(
    entries.map(([name]) => {
      const isExponent = entries.every(
        ([other, from]) => other !== name || numberStyle(from) === 'exponent',
      );
      return [name, isExponent ? 'exponent' : 'decimal'];
    }),
  );
}

/** The parameters whose numbers are decimals. */
export function decimalParameters(stages: Parameters<typeof numberStyles>[0]): ParameterName[] {
  const styles = Object.entries(numberStyles(stages));
  return styles.flatMap(([name, style]) => (style === 'decimal' ? [name] : []));
}

export function stylesFrom(decimals: readonly ParameterName[]): NumberStyles {
  return Object.fromEntries(decimals.map((name) => [name, 'decimal']));
}

/**
 * For people: `λ 1.26e-2, hidden 50`.
 *
 * @param others trials that are shown with it: it has as many digits as distinguish it from them
 */
export function formatParams(
  params: Params,
  styles: NumberStyles = {},
  others: readonly { readonly params: Params }[] = [],
): string {
  return Object.entries(params)
    .map(([name, value]) => {
      const text = paramTexts([...others.map((other) => other.params[name]), value], styles[name]);
      return `${parameterSymbol(name)} ${text(value)}`;
    })
    .join(', ');
}

/**
 * Numbers with three significant digits, as tables show them.
 *
 * @param style if it is not known, whole numbers are decimals
 */
export function formatParam(value: ParamValue, style?: NumberStyle): string {
  if (typeof value !== 'number') return String(value);
  return numberText(value, 2, style ?? (Number.isInteger(value) ? 'decimal' : 'exponent'));
}

/** @param digits after the first one */
function numberText(value: number, digits: number, style: NumberStyle): string {
  if (value === 0) return '0';
  if (style === 'exponent') return value.toExponential(digits);
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(digits + 1)));
}

/** Significant digits that identify a number of float64. */
const digitsMax = 17;

/**
 * Texts of numbers that are shown together: as `formatParam`, with more digits for those that would look
 * like another one.
 */
export function distinctTexts(
  values: readonly number[],
  style: NumberStyle = 'exponent',
): (value: number) => string {
  const sorted = [...new Set(values)].toSorted((a, b) => a - b);
  const texts = new Map<number, string>();
  for (const [index, value] of sorted.entries()) {
    const others = [sorted[index - 1], sorted[index + 1]].filter((other) => other !== undefined);
    let digits = 2;
    const looksLikeAnother = (): boolean =>
      others.some((other) => numberText(other, digits, style) === numberText(value, digits, style));
    while (digits < digitsMax - 1 && looksLikeAnother()) digits += 1;
    texts.set(value, numberText(value, digits, style));
  }
  return (value) => texts.get(value) ?? formatParam(value, style);
}

/** As `distinctTexts`, for values of any kind; `–` if a trial has no value. */
export function paramTexts(
  values: readonly (ParamValue | undefined)[],
  style?: NumberStyle,
): (value: ParamValue | undefined) => string {
  const numbers = values.filter((value) => typeof value === 'number');
  const own = style ?? (numbers.every(Number.isInteger) ? 'decimal' : 'exponent');
  const text = distinctTexts(numbers, own);
  return (value) =>
    value === undefined ? '–' : typeof value === 'number' ? text(value) : String(value);
}

export function numberParam(params: Params, name: ParameterName): number {
  const value = params[name];
  assert(typeof value === 'number', () => `parameter ${name} is a number, got ${String(value)}`);
  return value;
}

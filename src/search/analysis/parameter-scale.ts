/**
 * Parameter scale: the arrangement of a hyperparameter's values, from the distributions of all stages and the
 * values that were tried: a range of numbers, linear or logarithmic, or a list of values.
 *
 * Charts and the importance of parameters use positions on it. Known configurations may have values outside of
 * the distributions; a logarithmic scale has no place for 0, which therefore has the position 0 and a flag.
 */
import { exp, log } from '../../base/elementary.ts';
import {
  isLogarithmic,
  isWholeNumbers,
  type Distribution,
  type ParameterName,
  type Params,
  type ParamValue,
  type SearchSpace,
} from '../../study/search-space.ts';

interface NumberScale {
  readonly kind: 'linear' | 'log';
  /** Whether all values are whole numbers. */
  readonly isWhole: boolean;
  /** `min` < `max`. */
  readonly min: number;
  readonly max: number;
  /** Whether 0 was tried although the scale is logarithmic. */
  readonly hasZero: boolean;
}

interface ListScale {
  readonly kind: 'list';
  /** Numbers ascending, then other values in the order of the study file. At least one. */
  readonly values: readonly ParamValue[];
}

export type ParameterScale = NumberScale | ListScale;

/**
 * @param spaces of all stages; null for a stage without one yet
 * @param trials their values may be outside of the spaces
 */
export function parameterScale(
  name: ParameterName,
  spaces: readonly (SearchSpace | null)[],
  trials: readonly { readonly params: Params }[],
): ParameterScale {
  const distributions = spaces.flatMap((space) => space?.[name] ?? []);
  const tried = trials.flatMap(({ params }) => params[name] ?? []);
  const isList = distributions.some(({ distribution }) => distribution === 'values');
  const numbers = tried.filter((value) => typeof value === 'number');
  if (isList || numbers.length < tried.length) return listScale(distributions, tried);
  return numberScale(distributions, numbers);
}

/** As `parameterScale`, of several parameters. */
export function parameterScales(
  names: readonly ParameterName[],
  spaces: readonly (SearchSpace | null)[],
  trials: readonly { readonly params: Params }[],
): Readonly<Record<ParameterName, ParameterScale>> {
  return Object.fromEntries(names.map((name) => [name, parameterScale(name, spaces, trials)]));
}

function listScale(
  distributions: readonly Distribution[],
  tried: readonly ParamValue[],
): ListScale {
  const given = distributions.flatMap((one) => (one.distribution === 'values' ? one.values : []));
  const all = [...new Set([...given, ...tried])];
  const numbers = all.filter((value) => typeof value === 'number').toSorted((a, b) => a - b);
  return {
    kind: 'list',
    values: [...numbers, ...all.filter((value) => typeof value !== 'number')],
  };
}

function numberScale(
  distributions: readonly Distribution[],
  tried: readonly number[],
): NumberScale {
  const bounds = distributions.flatMap((one) =>
    one.distribution === 'values' ? [] : [one.min, one.max],
  );
  const isLog = distributions.every(isLogarithmic);
  const all = [...bounds, ...tried].filter((value) => !isLog || value > 0);
  const low = all.reduce((a, b) => Math.min(a, b), Infinity);
  const high = all.reduce((a, b) => Math.max(a, b), -Infinity);
  const [min, max] = low < high ? [low, high] : aroundOne(low, isLog);
  return {
    kind: isLog ? 'log' : 'linear',
    isWhole: distributions.length > 0 && distributions.every(isWholeNumbers),
    min,
    max,
    hasZero: isLog && tried.some((value) => value <= 0),
  };
}

/** A range around a single value; any range without one. */
function aroundOne(value: number, isLog: boolean): readonly [number, number] {
  if (!Number.isFinite(value)) return isLog ? [1e-9, 1] : [0, 1];
  return isLog ? [value / 3, value * 3] : [value - 0.5, value + 0.5];
}

/** How many discrete values the scale has; null for a continuous one. */
export function cellCount(scale: ParameterScale): number | null {
  if (scale.kind === 'list') return scale.values.length;
  return scale.kind === 'linear' && scale.isWhole ? scale.max - scale.min + 1 : null;
}

/** The position of a value: 0 at the smallest, 1 at the largest; the middle of its cell on a discrete scale. */
export function positionOn(scale: ParameterScale, value: ParamValue): number {
  const cells = cellCount(scale);
  if (scale.kind === 'list') return (scale.values.indexOf(value) + 0.5) / scale.values.length;
  const number = Number(value);
  if (cells !== null) return (number - scale.min + 0.5) / cells;
  const { kind, min, max } = scale;
  if (kind === 'linear') return (number - min) / (max - min);
  return number <= min ? 0 : Math.min(1, log(number / min) / log(max / min));
}

/** The value at a position: the inverse of `positionOn`. */
export function valueAt(scale: ParameterScale, position: number): ParamValue {
  const cells = cellCount(scale);
  const cell = cells === null ? 0 : Math.min(cells - 1, Math.max(0, Math.floor(position * cells)));
  if (scale.kind === 'list') return scale.values[cell] ?? 0;
  const { kind, min, max } = scale;
  if (cells !== null) return min + cell;
  return kind === 'linear' ? min + position * (max - min) : min * exp(position * log(max / min));
}

/** Space words: ranges and search spaces in words. */
import type { Range } from '../../search/samplers/distribution.ts';
import {
  distinctTexts,
  numberStyle,
  parameterSymbol,
  type Distribution,
  type NumberStyle,
} from '../../study/search-space.ts';
import type { StageResults } from './study-results.ts';

/** `1.00e-9 … 1.00e-1`, or `0.1 … 0.5` as decimals. */
export function rangeText({ min, max }: Range, style?: NumberStyle): string {
  const text = distinctTexts([min, max], style);
  return `${text(min)} … ${text(max)}`;
}

/** `λ 1.00e-9 … 1.00e-1`, for each parameter. */
export function spaceText({ space }: Pick<StageResults, 'space'>): string {
  if (space === null) return 'range not determined';
  return Object.entries(space)
    .map(([name, distribution]) => {
      const text = `${parameterSymbol(name)} ${distributionText(distribution)}`;
      return `${text}${conditionText(distribution)}`;
    })
    .join(', ');
}

/** ` if hidden 100`; empty without a condition. */
function conditionText({ where = {} }: Distribution): string {
  const conditions = Object.entries(where).map(
    ([name, values]) => `${parameterSymbol(name)} ${values.map(String).join('/')}`,
  );
  return conditions.length === 0 ? '' : ` if ${conditions.join(' and ')}`;
}

/** `1.00e-9 … 1.00e-1`, or `25/50/100` for a list. */
function distributionText(of: Distribution): string {
  return of.distribution === 'values'
    ? of.values.map(String).join('/')
    : rangeText(of, numberStyle(of));
}

/** Parameter fields: the column of a hyperparameter. Its kind follows from its values. */
import type { ParameterScale } from '../../search/analysis/parameter-scale.ts';
import {
  paramTexts,
  parameterSymbol,
  type ParameterName,
  type Params,
} from '../../study/search-space.ts';
import type { FieldValue, ResultField, ResultLayout } from './result-fields.ts';

export function parameterField(
  name: ParameterName,
  { styles, scales }: Pick<ResultLayout, 'styles' | 'scales'>,
): ResultField {
  const style = styles?.[name];
  const scale = scales?.[name];
  const kind = valueKind(scale);
  return {
    name,
    kind,
    description: 'value of the hyperparameter; null if the trial has none',
    value: ({ params }) => parameterValue(params, name, kind),
    isParameter: true,
    head: parameterSymbol(name),
    short: shortName(name),
    cell: ({ params }) => paramTexts([params[name]], style)(params[name]),
    ...(style !== undefined && { style }),
    ...(kind === 'text' && scale?.kind === 'list' && { values: scale.values.map(String) }),
  };
}

/** A list with words has texts, one of switches flags, and anything else numbers. */
export function valueKind(scale: ParameterScale | undefined): ResultField['kind'] {
  if (scale?.kind !== 'list' || scale.values.every((value) => typeof value === 'number'))
    return 'number';
  return scale.values.every((value) => typeof value === 'boolean') ? 'flag' : 'text';
}

/** Null if it is inactive. All values of a column have one type: a number next to words is a text. */
export function parameterValue(
  params: Params,
  name: ParameterName,
  kind: ResultField['kind'],
): FieldValue {
  const value = params[name];
  if (value === undefined) return null;
  return kind === 'text' ? String(value) : value;
}

/** `lr.max` for `learning_rate.max`: the initials of every part but the last. */
function shortName(name: ParameterName): string {
  const parts = name.split('.');
  const last = parts.pop() ?? '';
  const initials = parts.map((part) =>
    part
      .split('_')
      .map((word) => word.slice(0, 1))
      .join(''),
  );
  return [...initials, initials.length === 0 ? parameterSymbol(last) : last].join('.');
}

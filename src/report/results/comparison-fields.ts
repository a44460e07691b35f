/** Comparison fields: the paired comparison of a configuration with the best of the study, as fields of its row. */
import type { Comparison } from '../../search/ranking/comparison.ts';
import type { Metric } from '../../study/metrics.ts';
import { bareText, pValueText } from '../text/number-format.ts';
import type { ResultField } from './result-fields.ts';
import type { ResultRow } from './result-row.ts';

export function comparisonFields(objective: Metric): readonly ResultField[] {
  const inUnit = { format: (value: number | null) => bareText(objective, value) };
  const asP = { format: pValueText };
  return [
    comparisonField(
      'difference',
      'value minus the value of the best, in the unit of the objective',
      {
        read: (one) => one.difference,
        head: 'difference',
        ...inUnit,
      },
    ),
    comparisonField('difference_standard_error', 'paired standard error of the difference', {
      read: (one) => one.standardError,
      head: '± diff.',
      ...inUnit,
    }),
    comparisonField('p_value', 'one-sided p-value of this comparison alone', {
      read: (one) => one.pValue,
      head: 'p',
      ...asP,
    }),
    comparisonField(
      'p_value_adjusted',
      'p-value adjusted for all comparisons: at most 0.05 if it is significantly worse',
      { read: (one) => one.adjustedPValue, head: 'adjusted p', ...asP },
    ),
  ];
}

function comparisonField(
  name: string,
  description: string,
  {
    read,
    head,
    format,
  }: {
    readonly read: (comparison: Comparison) => number;
    readonly head: string;
    readonly format: (value: number | null) => string | null;
  },
): ResultField {
  const value = ({ comparison }: ResultRow): number | null => comparison && read(comparison);
  const cell = (row: ResultRow): string | null => format(value(row));
  const text = `${description}; null if not compared`;
  return { name, kind: 'number', description: text, value, head, cell };
}

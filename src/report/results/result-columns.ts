/**
 * Result columns: the default columns of tables, documents and the dashboard, without empty ones. A study has
 * one set of columns, so that the tables of its stages can be compared.
 *
 * A value, its standard error and the sign ≈ are one column. A trial without a value has its status there.
 */
import type { Metric } from '../../study/metrics.ts';
import { paramTexts, type ParamValue } from '../../study/search-space.ts';
import { bareText, metricHead } from '../text/number-format.ts';
import { bySplit, isInResults, metricIn } from './metric-values.ts';
import {
  chosenFields,
  fieldNamed,
  objectiveMetric,
  resultFields,
  type ResultField,
  type ResultLayout,
} from './result-fields.ts';
import type { ResultRow } from './result-row.ts';

/** @param rows of all stages */
export function terminalFields(
  layout: ResultLayout,
  rows: readonly ResultRow[],
): readonly ResultField[] {
  const isRetried = rows.some((row) => row.starts > Math.max(1, row.replicates));
  const others = bySplit(layout.metrics).filter(
    (metric) =>
      isInResults(metric) && metric.split !== 'test' && metric.name !== layout.objective.metric,
  );
  const has = (test: (row: ResultRow) => boolean): boolean => rows.some(test);
  return [
    ...mainFields(layout, rows),
    ...chosenFields(layout, [
      ...names(others),
      ...(has((row) => row.audit !== null) ? ['audit'] : []),
      ...(isRetried ? ['attempts'] : []),
      'worker',
      'seconds',
      ...(has((row) => row.source !== null) ? ['source'] : []),
    ]),
  ];
}

/** For documents: the accuracies and losses, without workers and times. */
export function documentFields(
  layout: ResultLayout,
  rows: readonly ResultRow[],
): readonly ResultField[] {
  const kept = ['attempts', 'worker', 'seconds'];
  return terminalFields(layout, rows).filter(({ name }) => !kept.includes(name));
}

/** For a page of a paper: rank, parameters, value and test result. */
export function latexFields(
  layout: ResultLayout,
  rows: readonly ResultRow[],
): readonly ResultField[] {
  return mainFields(layout, rows).filter(({ name }) => name !== 'trial');
}

function mainFields(layout: ResultLayout, rows: readonly ResultRow[]): readonly ResultField[] {
  const tests = layout.metrics.filter(
    (metric) =>
      isInResults(metric) &&
      metric.split === 'test' &&
      rows.some((row) => metricIn(row, metric.name) !== null),
  );
  return [
    ...distinguished(chosenFields(layout, ['rank', 'trial', ...layout.parameters]), rows),
    estimateField(layout, rows),
    ...chosenFields(layout, rows.some((row) => row.replicates > 1) ? ['replicates'] : []),
    ...tests.map((metric) => testField(metric)),
  ];
}

/** Parameters with as many digits as tell the rows apart. */
export function distinguished(
  fields: readonly ResultField[],
  rows: readonly ResultRow[],
): readonly ResultField[] {
  return fields.map((field) => {
    if (field.isParameter !== true) return field;
    const at = ({ params }: ResultRow): ParamValue | undefined => params[field.name];
    const text = paramTexts(rows.map(at), field.style);
    return { ...field, cell: (row) => text(at(row)) };
  });
}

/** `96.25 ± 0.95 ≈`; the status of a trial without a value. */
function estimateField(layout: ResultLayout, rows: readonly ResultRow[]): ResultField {
  const metric = objectiveMetric(layout);
  const hasTies = rows.some((row) => row.tied !== null);
  const cell = (row: ResultRow): string => {
    if (row.value === null) return row.status === 'complete' ? 'disputed' : row.status;
    const sign = !hasTies ? '' : row.tied === true ? ' ≈' : '  ';
    return `${withError(metric, row.value, row.standardError)}${sign}`;
  };
  const field = fieldNamed(resultFields(layout), 'value');
  return { ...field, name: metric.name, head: `${metricHead(metric)}${hasTies ? ' ≈' : ''}`, cell };
}

function testField(metric: Metric): ResultField {
  const value = (row: ResultRow): number | null => metricIn(row, metric.name);
  return {
    name: metric.name,
    kind: 'number',
    description: metric.description,
    value,
    head: metricHead(metric),
    cell: (row) =>
      withError(metric, value(row), metric.kind === 'accuracy' ? row.testStandardError : null),
  };
}

function withError(metric: Metric, value: number | null, error: number | null): string | null {
  const [text, errorText] = [bareText(metric, value), bareText(metric, error)];
  return text === null || errorText === null ? text : `${text} ± ${errorText}`;
}

/** The value that ranks first, then the other metrics that tables have. */
export function dashboardColumns(
  { parameters, objective, metrics }: ResultLayout,
  has: {
    readonly errors: boolean;
    readonly ties: boolean;
    readonly replicates: boolean;
    /** Whether a trial was measured on the test set. */
    readonly tests: boolean;
  },
): string[] {
  const others = bySplit(metrics).filter(
    (metric) => isInResults(metric) && metric.name !== objective.metric,
  );
  const isOn = (split: Metric['split']) => (metric: Metric) => metric.split === split;
  return [
    'rank_in_study',
    'trial',
    ...parameters,
    objective.metric,
    ...(has.errors ? ['standard_error'] : []),
    ...(has.ties ? ['tied'] : []),
    ...(has.replicates ? ['replicates'] : []),
    ...(has.tests ? names(others.filter(isOn('test'))) : []),
    ...names([...others.filter(isOn('validation')), ...others.filter(isOn(null))]),
    ...names(others.filter(isOn('train'))),
    'status',
    'worker',
    'seconds',
  ];
}

function names(metrics: readonly Metric[]): string[] {
  return metrics.map(({ name }) => name);
}

/**
 * The usual columns of a table, in order: for a terminal, for documents and for the dashboard. A column
 * that would be empty or the same in every row is left out, such as the status if all trials are complete.
 */
import type { Metric } from '../../study/metrics.ts';
import { bySplit, isInResults, metricIn } from './metric-values.ts';
import { extraColumn, type ResultLayout } from './result-fields.ts';
import type { ResultRow } from './result-row.ts';

export function terminalColumns(layout: ResultLayout, rows: readonly ResultRow[]): string[] {
  const isRetried = rows.some((row) => row.attempts > Math.max(1, row.replicates));
  return [
    ...commonColumns(
      layout,
      rows,
      ({ kind, split }) => kind === 'accuracy' && split !== null,
      rows.some((row) => row.tied !== null),
    ),
    ...(isRetried ? ['attempts'] : []),
    'worker',
    'seconds',
  ];
}

export function documentColumnNames(
  layout: ResultLayout,
  rows: readonly ResultRow[],
  hasTies: boolean,
): string[] {
  return commonColumns(
    layout,
    rows,
    ({ kind, split }) => kind === 'accuracy' && split === 'validation',
    hasTies,
  );
}

/** @param isFirst chooses the metrics before the errors and ties; the others follow */
function commonColumns(
  layout: ResultLayout,
  rows: readonly ResultRow[],
  isFirst: (metric: Metric) => boolean,
  hasTies: boolean,
): string[] {
  const has = (test: (row: ResultRow) => boolean): boolean => rows.some(test);
  const extra = extraColumn(layout);
  const metrics = bySplit(layout.metrics).filter(isInResults);
  const searched = metrics.filter(({ split }) => split !== 'test');
  const others = searched
    .filter((metric) => !isFirst(metric))
    .toSorted((a, b) => Number(a.split === 'train') - Number(b.split === 'train'));
  const tested = metrics.filter(({ split }) => split === 'test');
  return [
    'rank',
    'trial',
    ...layout.parameters,
    ...(extra === null ? [] : [extra.name]),
    ...names(searched.filter(isFirst)),
    ...(has((row) => row.standardError !== null) ? ['standard_error'] : []),
    ...(hasTies ? ['tied'] : []),
    ...(has((row) => row.replicates > 1) ? ['replicates'] : []),
    ...names(others),
    ...names(tested).filter((name) => has((row) => metricIn(row, name) !== null)),
    ...(has((row) => row.status !== 'complete') ? ['status'] : []),
    ...(has((row) => row.audit !== null) ? ['audit'] : []),
  ];
}

/** The value that ranks, and the accuracy on the training images. */
export function dashboardColumns(
  { parameters, objective, metrics }: ResultLayout,
  has: { readonly errors: boolean; readonly ties: boolean; readonly replicates: boolean },
): string[] {
  const training = metrics.filter(
    ({ kind, split, name }) =>
      kind === 'accuracy' && split === 'train' && name !== objective.metric,
  );
  return [
    'rank',
    'trial',
    ...parameters,
    objective.metric,
    ...(has.errors ? ['standard_error'] : []),
    ...(has.ties ? ['tied'] : []),
    ...(has.replicates ? ['replicates'] : []),
    ...names(training),
    'status',
    'worker',
    'seconds',
  ];
}

function names(metrics: readonly Metric[]): string[] {
  return metrics.map(({ name }) => name);
}

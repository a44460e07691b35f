/** Result columns: the default columns of tables, documents and the dashboard, without empty ones. */
import type { Metric } from '../../study/metrics.ts';
import { bySplit, isInResults, metricIn } from './metric-values.ts';
import { extraColumn, type ResultLayout } from './result-fields.ts';
import type { ResultRow } from './result-row.ts';

export function terminalColumns(layout: ResultLayout, rows: readonly ResultRow[]): string[] {
  const isFirst = ({ kind, split }: Metric): boolean => kind === 'accuracy' && split !== null;
  const hasTies = rows.some((row) => row.tied !== null);
  const isRetried = rows.some((row) => row.attempts > Math.max(1, row.replicates));
  return [
    ...commonColumns(layout, rows, isFirst, hasTies),
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
  const isFirst = ({ kind, split }: Metric): boolean =>
    kind === 'accuracy' && split === 'validation';
  return commonColumns(layout, rows, isFirst, hasTies);
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
  const {
    tested = [],
    first = [],
    train = [],
    others = [],
  } = Object.groupBy(metrics, (metric) => {
    if (metric.split === 'test') return 'tested';
    return isFirst(metric) ? 'first' : metric.split === 'train' ? 'train' : 'others';
  });
  return [
    'rank',
    'trial',
    ...layout.parameters,
    ...(extra === null ? [] : [extra.name]),
    ...names(first),
    ...(has((row) => row.standardError !== null) ? ['standard_error'] : []),
    ...(hasTies ? ['tied'] : []),
    ...(has((row) => row.replicates > 1) ? ['replicates'] : []),
    ...names([...others, ...train]),
    ...names(tested).filter((name) => has((row) => metricIn(row, name) !== null)),
    ...(has((row) => row.status !== 'complete') ? ['status'] : []),
    ...(has((row) => row.audit !== null) ? ['audit'] : []),
  ];
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

/**
 * Result fields: what is known of a trial, field by field. Tables, files, `--columns`, `--sort` and `--where`
 * are made from this one list. Names are those of the JSON contract; parameters come from the study,
 * metrics from its trainer. `cell` is for people, rounded; `value` is exact.
 *
 * Accuracies are shares in [0, 1], losses are in nats, `rank` counts within the stage, `seconds` is
 * training alone, `digest` is the SHA-256 of the parameters. `result-row.ts` says how the replicates of a
 * configuration become one row.
 */
import { RidgelineError } from '../../base/errors.ts';
import type { Metric } from '../../study/metrics.ts';
import {
  formatParam,
  numberParam,
  parameterSymbol,
  type ParameterName,
} from '../../study/search-space.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import { bareText, metricHead, metricNamed, secondsText } from '../text/number-format.ts';
import { bySplit, isInResults, metricIn } from './metric-values.ts';
import type { ResultRow } from './result-row.ts';

export type FieldValue = string | number | boolean | null;

export interface ResultField {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'flag';
  readonly isParameter?: boolean;
  readonly value: (row: ResultRow) => FieldValue;
  /** The heading in tables for people. */
  readonly head: string;
  readonly cell: (row: ResultRow) => string | null;
}

/** What decides which fields a study's rows have. */
export interface ResultLayout {
  readonly objective: Objective;
  /** Of the study's trainer. */
  readonly metrics: readonly Metric[];
  /** What the study searches. */
  readonly parameters: readonly ParameterName[];
}

/** The metric that ranks. */
export function objectiveMetric({
  objective,
  metrics,
}: Pick<ResultLayout, 'objective' | 'metrics'>): Metric {
  return metricNamed(objective.metric, metrics);
}

/** The objective if it needs an extra column; null if every study has a column for it. */
export function extraColumn(layout: ResultLayout): Metric | null {
  const metric = objectiveMetric(layout);
  return isInResults(metric) ? null : metric;
}

/** The fields of files, in their order. */
export function resultFields(layout: ResultLayout): readonly ResultField[] {
  const objective = objectiveMetric(layout);
  const extra = extraColumn(layout);
  return [
    text('stage', (row) => row.stage),
    number('rank', (row) => row.rank, { cell: rankText }),
    text('trial', (row) => row.trial),
    number('replicate', (row) => row.replicate),
    ...layout.parameters.map(parameterField),
    ...bySplit(layout.metrics).filter(isInResults).map(metricField),
    text('status', (row) => row.status),
    text('reason', (row) => row.reason),
    number('attempts', (row) => row.attempts),
    text('worker', (row) => row.worker),
    number('steps', (row) => row.steps),
    number('seconds', (row) => row.seconds, { cell: (row) => secondsText(row.seconds) }),
    text('digest', (row) => row.digest),
    flag('verified', (row) => row.verified),
    text('audit', (row) => row.audit),
    // In the unit of the objective: percentage points for accuracies.
    number('standard_error', (row) => row.standardError, {
      head: '±',
      cell: (row) => bareText(objective, row.standardError),
    }),
    flag('tied', (row) => row.tied),
    number('replicates', (row) => row.replicates, { head: 'repl.' }),
    ...(extra === null ? [] : [objectiveField(extra)]),
  ];
}

/** What `--columns`, `--where` and `--sort` accept: also metrics without a usual column. */
export function everyField(layout: ResultLayout): readonly ResultField[] {
  const usual = resultFields(layout);
  const names = new Set(usual.map(({ name }) => name));
  return [...usual, ...layout.metrics.filter(({ name }) => !names.has(name)).map(metricField)];
}

/**
 * The named fields, in that order; `null` gives the fields of files.
 *
 * @throws RidgelineError USAGE that lists the available fields
 */
export function chosenFields(
  layout: ResultLayout,
  names: readonly string[] | null,
): readonly ResultField[] {
  if (names === null) return resultFields(layout);
  const fields = everyField(layout);
  return names.map((name) => fieldNamed(fields, name));
}

/** @throws RidgelineError USAGE that lists the available fields */
export function fieldNamed(fields: readonly ResultField[], name: string): ResultField {
  const found = fields.find((field) => field.name === name);
  if (found !== undefined) return found;
  throw new RidgelineError(
    'USAGE',
    `There is no column ${JSON.stringify(name)}.`,
    `Use one of ${fields.map((field) => field.name).join(', ')}.`,
  );
}

function parameterField(name: ParameterName): ResultField {
  const field = number(name, (row) => numberParam(row.params, name));
  const cell = (row: ResultRow): string => formatParam(numberParam(row.params, name));
  return { ...field, isParameter: true, head: parameterSymbol(name), cell };
}

function metricField(metric: Metric): ResultField {
  const value = (row: ResultRow): number | null => metricIn(row, metric.name);
  return number(metric.name, value, {
    head: metricHead(metric),
    cell: (row) => bareText(metric, value(row)),
  });
}

/** The value that ranks: unlike the metric, null for a disputed trial. */
function objectiveField(metric: Metric): ResultField {
  return number(metric.name, (row) => row.value, {
    head: metricHead(metric),
    cell: (row) => bareText(metric, row.value),
  });
}

/** The best of a stage has a star, since not every reader sees colours. */
function rankText({ rank }: ResultRow): string | null {
  if (rank === null) return null;
  return rank === 1 ? '* 1' : String(rank);
}

function text(name: string, value: (row: ResultRow) => string | null): ResultField {
  return { name, kind: 'text', value, head: name, cell: value };
}

function number(
  name: string,
  value: (row: ResultRow) => number | null,
  look: Partial<Pick<ResultField, 'head' | 'cell'>> = {},
): ResultField {
  const cell = (row: ResultRow): string | null => value(row)?.toString() ?? null;
  return { name, kind: 'number', value, head: name, cell, ...look };
}

/** A sign for true and nothing for false: in a column of "no" the "yes" is hard to see. */
function flag(name: string, value: (row: ResultRow) => boolean | null): ResultField {
  return { name, kind: 'flag', value, head: name, cell: (row) => (value(row) === true ? '=' : '') };
}

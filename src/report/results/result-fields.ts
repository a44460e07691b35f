/**
 * Result fields: the one list of a trial's values for tables, files, `--columns`, `--sort` and `--where`. Names
 * are those of the JSON documents; parameters come from the study, metrics from its trainer. `cell` is
 * rounded, for people; `value` is exact.
 */
import { didYouMean } from '../../base/did-you-mean.ts';
import { RidgelineError } from '../../base/errors.ts';
import type { Metric } from '../../study/metrics.ts';
import type { ParameterScale } from '../../search/analysis/parameter-scale.ts';
import type { NumberStyle, NumberStyles, ParameterName } from '../../study/search-space.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import {
  bareText,
  metricHead,
  metricNamed,
  percentText,
  secondsText,
} from '../text/number-format.ts';
import { comparisonFields } from './comparison-fields.ts';
import { flag, number, text, time } from './field-kinds.ts';
import { bySplit, isInResults, metricIn } from './metric-values.ts';
import { parameterField } from './parameter-fields.ts';
import type { ResultRow } from './result-row.ts';

export type FieldValue = string | number | boolean | null;
/** The columns that `--columns` names, in order; null: the default columns. */
export type ColumnNames = readonly string[] | null;

export interface ResultField {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'flag';
  readonly isParameter?: boolean;
  /** Whether it is a share from 0 to 1, which tables show in per cent. */
  readonly isShare?: boolean;
  /** How numbers of a parameter are written; absent if unknown. */
  readonly style?: NumberStyle;
  /** The values of a list of words. */
  readonly values?: readonly string[];
  /** The heading if a table is too wide. */
  readonly short?: string;
  /** Meaning and unit; it explains null if and only if the value may be null. */
  readonly description: string;
  readonly value: (row: ResultRow) => FieldValue;
  /** The heading in tables for people. */
  readonly head: string;
  readonly cell: (row: ResultRow) => string | null;
}

/** The properties of a study that determine the fields of its rows. */
export interface ResultLayout {
  readonly objective: Objective;
  /** Metrics of the study's trainer. */
  readonly metrics: readonly Metric[];
  /** What the study searches. */
  readonly parameters: readonly ParameterName[];
  /** How numbers of the parameters are written. */
  readonly styles?: NumberStyles;
  /** Of each parameter; a parameter without one has numbers. */
  readonly scales?: Readonly<Record<ParameterName, ParameterScale>>;
}

/** The metric that ranks. */
export function objectiveMetric(layout: Pick<ResultLayout, 'objective' | 'metrics'>): Metric {
  return metricNamed(layout.objective.metric, layout.metrics);
}

/** The objective if it needs an extra column; null if every study has a column for it. */
function extraColumn(layout: ResultLayout): Metric | null {
  const metric = objectiveMetric(layout);
  return isInResults(metric) ? null : metric;
}

/** The fields of files, in their order. */
export function resultFields(layout: ResultLayout): readonly ResultField[] {
  const objective = objectiveMetric(layout);
  const extra = extraColumn(layout);
  return [
    text('stage', 'name of the stage'),
    number(
      'rank',
      'position within the stage, from 1; equal values share it (1, 1, 3); null without a valid value',
      (row) => row.rank,
      { cell: markedRank },
    ),
    text('trial', 'name of the trial, such as coarse/7 or coarse/7.2'),
    number(
      'replicate',
      'number of the replicate, from 1; null in a row of means',
      (row) => row.replicate,
    ),
    ...layout.parameters.map((name) => parameterField(name, layout)),
    ...bySplit(layout.metrics).filter(isInResults).map(metricField),
    ...executionFields(),
    number(
      'standard_error',
      'standard error of the objective, in its unit; null if unknown',
      (row) => row.standardError,
      // In the unit of the objective: percentage points for accuracies.
      { head: '±', cell: (row) => bareText(objective, row.standardError) },
    ),
    flag(
      'tied',
      'whether it is not significantly worse than the best of the study; null if not compared',
      // A sign for true and nothing for false: a "yes" among many "no" is hard to see.
      { property: 'tied', head: '≈', cell: ({ tied }) => (tied === true ? '≈' : '') },
    ),
    number('replicates', 'complete replicates in the means of the row', (row) => row.replicates, {
      head: 'repl.',
    }),
    ...(extra === null ? [] : [objectiveField(extra)]),
    ...placeFields(objective),
    text('study', 'name of the study'),
    time('startedAtMs', 'started_at', 'when its first attempt started, in UTC; null before'),
    time('endedAtMs', 'ended_at', 'when its last attempt ended, in UTC; null before'),
    ...comparisonFields(objective),
  ];
}

/** How the trial was executed, and whether others computed the same. */
function executionFields(): readonly ResultField[] {
  return [
    text('status', 'waiting, running, complete, failed or cancelled'),
    text('reason', 'why it failed or was cancelled; null otherwise'),
    number('attempts', 'attempts so far, of all replicates', (row) => row.attempts, {
      cell: (row) => String(row.starts),
    }),
    text(
      'worker',
      'worker whose result counts, or in a row of means all of them, separated by commas; null without a result',
      workersText,
    ),
    number('steps', 'updates made; null without a result', (row) => row.steps),
    number('seconds', 'time of training alone, in s; null without a result', (row) => row.seconds, {
      cell: (row) => secondsText(row.seconds),
    }),
    text(
      'digest',
      'SHA-256 of the trained parameters; null unless complete, and in a row of means (`--replicates` prints each)',
    ),
    flag(
      'verified',
      'true: a worker of another token computed the same result; false: another result; null: no other token did',
      { property: 'verified', cell: ({ verified }) => verifiedTexts[`${verified}`] },
    ),
    text(
      'audit',
      'verdict of audits: verified, repeated, unchecked or disputed; null without an audit',
    ),
    text(
      'source',
      'study and trial from which `--reuse` took the result, such as `quickstart coarse/7`; null if it was trained',
    ),
  ];
}

/** The place in the study, the value that ranks under a name for every objective, and the error of the test. */
function placeFields(objective: Metric): readonly ResultField[] {
  return [
    number('index', 'number of the configuration within its stage, from 1', (row) => row.index),
    number(
      'rank_in_study',
      'position over all stages, from 1; equal values share it; null without a valid value',
      (row) => row.rankInStudy,
      { head: 'rank in study', cell: studyRankText },
    ),
    flag('is_winner', 'whether the configuration is the winner of the study', {
      property: 'isWinner',
      cell: ({ isWinner }) => (isWinner ? 'yes' : 'no'),
    }),
    number(
      'value',
      'value of the objective, in its unit; null if not measured or disputed',
      (row) => row.value,
      { cell: (row) => bareText(objective, row.value) },
    ),
    number(
      'test_standard_error',
      'standard error of the test accuracy, as a share; null if unknown',
      (row) => row.testStandardError,
      { head: '± test', cell: (row) => percentText(row.testStandardError) },
    ),
  ];
}

/** Words of SQL and Python that programs do not accept as the name of a column without quotes. */
const reservedWords: readonly string[] = ['lambda', 'class', 'order', 'group', 'in', 'is'];

/** Parameters under a second name, `lambda_`, that DuckDB and pandas can query without quotes. */
function aliasFields(layout: ResultLayout): ResultField[] {
  return layout.parameters
    .filter((name) => reservedWords.includes(name))
    .map((name) => ({
      ...parameterField(name, layout),
      name: `${name}_`,
      description: `${name} under a name that DuckDB and pandas accept without quotes`,
    }));
}

/** The fields of files for programs that read tables. */
export function tableFileFields(layout: ResultLayout, names: ColumnNames): readonly ResultField[] {
  const fields = chosenFields(layout, names);
  return names === null ? [...fields, ...aliasFields(layout)] : fields;
}

/** What `--columns`, `--where` and `--sort` accept: also metrics without a usual column. */
export function everyField(layout: ResultLayout): readonly ResultField[] {
  const usual = resultFields(layout);
  const names = new Set(usual.map(({ name }) => name));
  const others = layout.metrics.filter(({ name }) => !names.has(name)).map(metricField);
  return [...usual, ...others, ...aliasFields(layout)];
}

/**
 * The named fields, in that order; `null` gives the fields of files.
 *
 * @throws RidgelineError USAGE that lists the available fields
 */
export function chosenFields(layout: ResultLayout, names: ColumnNames): readonly ResultField[] {
  if (names === null) return resultFields(layout);
  const fields = everyField(layout);
  return names.map((name) => fieldNamed(fields, name));
}

/** @param place of the name, for the error @throws RidgelineError USAGE that lists the available fields */
export function fieldNamed<Field extends { readonly name: string }>(
  fields: readonly Field[],
  name: string,
  place = '',
): Field {
  const found = fields.find((field) => field.name === name);
  if (found !== undefined) return found;
  const names = fields.map((field) => field.name);
  throw new RidgelineError(
    'USAGE',
    `There is no column ${JSON.stringify(name)}${place}.${didYouMean(name, names)}`,
    `Use one of ${names.join(', ')}.`,
  );
}

function metricField(metric: Metric): ResultField {
  const value = (row: ResultRow): number | null => metricIn(row, metric.name);
  return number(metric.name, `${metric.description}; null if not measured`, value, {
    head: metricHead(metric),
    cell: (row) => bareText(metric, value(row)),
    isShare: metric.unit === 'share',
  });
}

/** The value that ranks: unlike the metric, null for a disputed trial. */
function objectiveField(metric: Metric): ResultField {
  const { name, description } = metric;
  return number(name, `${description}; null if not measured or disputed`, (row) => row.value, {
    head: metricHead(metric),
    cell: (row) => bareText(metric, row.value),
    isShare: metric.unit === 'share',
  });
}

/** `4`, or `1=` if other configurations of the stage have the same rank. */
export function rankText({ rank, isRankShared }: ResultRow): string | null {
  return rank === null ? null : `${rank}${isRankShared ? '=' : ''}`;
}

export function studyRankText({ rankInStudy, isRankInStudyShared }: ResultRow): string | null {
  return rankInStudy === null ? null : `${rankInStudy}${isRankInStudyShared ? '=' : ''}`;
}

/** The winner has a star, since not every reader sees colours. */
function markedRank(row: ResultRow): string | null {
  const rank = rankText(row);
  return rank !== null && row.isWinner ? `* ${rank}` : rank;
}

/** The rank in the study, with the star of the winner. */
export function markedStudyRank(row: ResultRow): string | null {
  const rank = studyRankText(row);
  return rank !== null && row.isWinner ? `* ${rank}` : rank;
}

/** Two names at most: a longer list would take the width of the table. */
function workersText({ worker, workers }: ResultRow): string | null {
  const names = new Set(workers.filter((name) => name !== null)).size;
  return names > 2 ? `${names} workers` : worker;
}

/** `false` is conspicuous, since it needs attention. */
const verifiedTexts = { true: 'yes', false: 'NO', null: '–' } as const;

/**
 * What is known of a trial, field by field: the one list from which tables, files, `--columns`, `--sort`
 * and `--where` are made. Names are those of the JSON contract; `cell` is for people, rounded.
 *
 * `value` is exact: accuracies are shares in [0, 1], the loss is cross-entropy in nats, `rank` counts
 * within the stage, `seconds` is training alone, `digest` is the SHA-256 of the parameters. What is said
 * of a λ with several replicates is said in `result-row.ts`.
 */
import { RidgelineError } from '../../base/errors.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import {
  bareText,
  lambdaText,
  lossText,
  metricName,
  percentText,
  secondsText,
} from '../text/number-format.ts';
import { extraColumn } from './result-columns.ts';
import type { ResultRow } from './study-results.ts';

export type FieldValue = string | number | boolean | null;

export interface ResultField {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'flag';
  readonly value: (row: ResultRow) => FieldValue;
  /** The heading in tables for people. */
  readonly head: string;
  readonly cell: (row: ResultRow) => string | null;
}

/** In the order of files. */
export function resultFields(objective: Objective): readonly ResultField[] {
  const extra = extraColumn(objective);
  return [
    text('stage', (row) => row.stage),
    number('rank', (row) => row.rank, 'rank', rankText),
    text('trial', (row) => row.trial),
    number('replicate', (row) => row.replicate),
    number(
      'lambda',
      (row) => row.lambda,
      'λ',
      (row) => lambdaText(row.lambda),
    ),
    percent('train_accuracy', 'train %', (row) => row.trainAccuracy),
    percent('validation_accuracy', 'validation %', (row) => row.validationAccuracy),
    number(
      'validation_loss',
      (row) => row.validationLoss,
      'validation loss',
      (row) => lossText(row.validationLoss),
    ),
    percent('test_accuracy', 'test %', (row) => row.testAccuracy),
    text('status', (row) => row.status),
    text('reason', (row) => row.reason),
    number('attempts', (row) => row.attempts),
    text('worker', (row) => row.worker),
    number('steps', (row) => row.steps),
    number(
      'seconds',
      (row) => row.seconds,
      'seconds',
      (row) => secondsText(row.seconds),
    ),
    text('digest', (row) => row.digest),
    flag('verified', (row) => row.verified),
    text('audit', (row) => row.audit),
    errorField(objective),
    flag('tied', (row) => row.tied),
    number('replicates', (row) => row.replicates, 'repl.'),
    ...(extra === null ? [] : [objectiveField(objective)]),
  ];
}

/** The value that ranks, under the objective's own name. */
function objectiveField({ metric }: Objective): ResultField {
  return number(
    metric,
    (row) => row.value,
    metricName(metric),
    (row) => bareText(metric, row.value),
  );
}

/** In the unit of the value it belongs to: points of a per cent for accuracies. */
function errorField({ metric }: Objective): ResultField {
  return number(
    'standard_error',
    (row) => row.standardError,
    '±',
    (row) => bareText(metric, row.standardError),
  );
}

/**
 * The fields that were named, in that order; all of them where none were.
 *
 * @throws RidgelineError USAGE that lists the fields there are
 */
export function chosenFields(
  objective: Objective,
  names: readonly string[] | null,
): readonly ResultField[] {
  const fields = resultFields(objective);
  return names === null ? fields : names.map((name) => fieldNamed(fields, name));
}

/** @throws RidgelineError USAGE that lists the fields there are */
export function fieldNamed(fields: readonly ResultField[], name: string): ResultField {
  const found = fields.find((field) => field.name === name);
  if (found !== undefined) return found;
  throw new RidgelineError(
    'USAGE',
    `There is no column ${JSON.stringify(name)}.`,
    `Use one of ${fields.map((field) => field.name).join(', ')}.`,
  );
}

/** The best of the stage has a star: colour alone is not seen by everybody. */
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
  head = name,
  cell: (row: ResultRow) => string | null = (row) => textOf(value(row)),
): ResultField {
  return { name, kind: 'number', value, head, cell };
}

function percent(
  name: string,
  head: string,
  value: (row: ResultRow) => number | null,
): ResultField {
  return number(name, value, head, (row) => percentText(value(row)));
}

/** A sign for true and nothing for false: a column of "no" hides the "yes". */
function flag(name: string, value: (row: ResultRow) => boolean | null): ResultField {
  return { name, kind: 'flag', value, head: name, cell: (row) => (value(row) === true ? '=' : '') };
}

function textOf(value: number | null): string | null {
  return value === null ? null : String(value);
}

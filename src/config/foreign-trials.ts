/**
 * Foreign trials: the hyperparameters and results of trials in the files of other programs.
 *
 * It reads tables (CSV, TSV) of Optuna, Ray Tune, W&B and of Ridgeline itself, and Optuna's journals. Names and
 * values are as in the file; `known-configurations.ts` chooses among them. Pure.
 */
import { parse } from 'csv-parse/sync';
import { RidgelineError, errorMessage } from '../base/errors.ts';

export interface ForeignTrial {
  /** Values by the name of the column or parameter, without the prefix that marks parameters. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What ranks it; null if the file has no value, as for a failed trial. */
  readonly value: number | null;
}

/** How tables of other programs mark the columns of hyperparameters: Optuna, Ray Tune, W&B. */
const prefixes = ['params_', 'params.', 'config/', 'config.', 'hp.'];
/** Columns that rank the trials, if none is named. */
const valueColumns = ['value', 'objective', 'validation_accuracy', 'score'];

/**
 * @param by the column that ranks the trials; undefined: the first of `value`, `objective`, … that exists
 * @throws RidgelineError USAGE for a text that is no table, or has no column `by`
 */
export function tableTrials(
  text: string,
  file: string,
  delimiter: ',' | '\t',
  by: string | undefined,
): ForeignTrial[] {
  const rows = parseTable(text, file, delimiter);
  const names = Object.keys(rows[0] ?? {});
  const column = by ?? valueColumns.find((name) => names.includes(name)) ?? null;
  if (by !== undefined && !names.includes(by))
    throw new RidgelineError(
      'USAGE',
      `${file} has no column ${JSON.stringify(by)}.`,
      `Use one of ${names.join(', ')}.`,
    );
  return rows.map((row) => ({
    values: Object.fromEntries(
      Object.entries(row).map(([name, cell]) => [withoutPrefix(name), cellValue(cell)]),
    ),
    value: column === null ? null : finite(cellValue(row[column] ?? '')),
  }));
}

function parseTable(text: string, file: string, delimiter: string): Record<string, string>[] {
  try {
    return parse(text, { bom: true, columns: true, delimiter, skip_empty_lines: true });
  } catch (error) {
    throw new RidgelineError(
      'USAGE',
      `${file} is not a table: ${errorMessage(error)}`,
      'Give a CSV or TSV file with the names of the columns in its first line.',
    );
  }
}

function withoutPrefix(name: string): string {
  const prefix = prefixes.find((one) => name.startsWith(one));
  return prefix === undefined ? name : name.slice(prefix.length);
}

/** A number or a switch where the text is one; Python writes True and False. */
function cellValue(cell: string): unknown {
  if (cell.trim() === '') return undefined;
  const number = Number(cell);
  if (Number.isFinite(number)) return number;
  return /^true$/i.test(cell) ? true : /^false$/i.test(cell) ? false : cell;
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Numbers of the operations in a journal of `optuna.storages.JournalStorage`. */
const createTrial = 4;
const setParameter = 5;
const setState = 6;
const complete = 1;

/**
 * The trials of all studies in an Optuna journal: those that one operation creates, and those that grow
 * parameter by parameter.
 *
 * @throws RidgelineError USAGE for a text that is no journal
 */
export function journalTrials(text: string, file: string): ForeignTrial[] {
  const trials: { values: Record<string, unknown>; value: number | null }[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const entry = parseEntry(line, `${file}:${index + 1}`);
    const code = entry['op_code'];
    if (code === createTrial) {
      const distributions = record(entry['distributions']);
      const params = Object.entries(record(entry['params']));
      const isComplete = entry['state'] === complete || entry['state'] === undefined;
      trials.push({
        values: Object.fromEntries(
          params.map(([name, value]) => [name, chosenValue(value, distributions[name])]),
        ),
        value: isComplete ? finite(entry['value'] ?? firstOf(entry['values'])) : null,
      });
    }
    const trial = trials[Number(entry['trial_id'])];
    if (trial === undefined) continue;
    const name = entry['param_name'];
    if (code === setParameter && typeof name === 'string')
      trial.values[name] = chosenValue(entry['param_value_internal'], entry['distribution']);
    if (code === setState && entry['state'] === complete)
      trial.value = finite(firstOf(entry['values']));
  }
  return trials;
}

function parseEntry(line: string, place: string): Readonly<Record<string, unknown>> {
  try {
    const entry = record(JSON.parse(line));
    if ('op_code' in entry) return entry;
  } catch {
    // Reported below, as any other text that is no operation.
  }
  throw new RidgelineError(
    'USAGE',
    `${place} is not an operation of an Optuna journal.`,
    'Give a file of optuna.storages.JournalStorage, a CSV file, or the name of a stored study.',
  );
}

/** Optuna stores a choice as its index; the distribution, JSON in a text, has the choices. */
function chosenValue(value: unknown, distribution: unknown): unknown {
  if (typeof distribution !== 'string' || typeof value !== 'number') return value;
  const { name, attributes } = record(JSON.parse(distribution));
  const { choices } = record(attributes);
  return name === 'CategoricalDistribution' && Array.isArray(choices) ? choices[value] : value;
}

function firstOf(values: unknown): unknown {
  return Array.isArray(values) ? values[0] : undefined;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

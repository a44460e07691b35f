/**
 * Statements: SQL with named placeholders, prepared once, at its first use.
 *
 * SQLite checks the names of tables and columns then, and the types of the values at each write, since
 * the tables are STRICT.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import type { TrialId } from '../../study/trial.ts';
import type { Tables, TrialKey } from './tables.ts';

export const keyColumns = ['study', 'stage', 'trial_index', 'replicate'] as const;

/** For `WHERE`: the row is of the trial with this key. */
export const isTrial = keyColumns.map((column) => `${column} = :${column}`).join(' AND ');

export function trialKey(study: string, { stage, index, replicate }: TrialId): TrialKey {
  return { study, stage, trial_index: index, replicate };
}

export interface Statement<Values, Row> {
  /** Changes exactly one row. @param what names the write, for the message of a bug */
  changeOne(values: Values, what: () => string): void;
  /** @returns the number of rows that were changed */
  change(values: Values): number;
  first(values: Values): Row | undefined;
  all(values: Values): Row[];
  /** The result of `take` for each row. All calls get the same object, which saves one per row. */
  map<T>(values: Values, take: (row: Row) => T): T[];
}

// Rows and values have the types that the caller declares; the tables enforce them, nothing else does.
/* oxlint-disable typescript/no-unsafe-type-assertion */

/** @param text each `:name` is a placeholder for the value of that name */
export function prepare<Values extends object, Row = never>(
  database: DatabaseSync,
  text: string,
): Statement<Values, Row> {
  const places = [...text.matchAll(/:(\w+)/g)].map(([, name]) => name as keyof Values);
  let prepared: ReturnType<typeof prepareNow> | null = null;
  const use = () => (prepared ??= prepareNow(database, text));

  const bind = (values: Values): SQLInputValue[] =>
    places.map((name) => {
      const value: unknown = values[name];
      assert(value !== undefined, () => `${String(name)} has a value in: ${text}`);
      return value as SQLInputValue;
    });
  const readRow = (found: unknown, row: Record<string, unknown> = {}): Row => {
    const columns = found as readonly unknown[];
    const { names } = use();
    for (let index = 0; index < names.length; index++) row[names[index] ?? ''] = columns[index];
    return row as Row;
  };
  const change = (values: Values): number => Number(use().statement.run(...bind(values)).changes);
  const read = (values: Values): unknown[] => use().statement.all(...bind(values));

  return {
    change,
    changeOne: (values, what) => {
      const changed = change(values);
      assert(changed === 1, () => `${what()} changes one row, not ${changed}`);
    },
    first: (values) => {
      const found: unknown = use().statement.get(...bind(values));
      return found === undefined ? undefined : readRow(found);
    },
    all: (values) => read(values).map((found) => readRow(found)),
    map: (values, take) => {
      const row = {};
      return read(values).map((found) => take(readRow(found, row)));
    },
  };
}
/* oxlint-enable typescript/no-unsafe-type-assertion */

function prepareNow(database: DatabaseSync, text: string) {
  const statement = database.prepare(text.replaceAll(/:\w+/g, '?'));
  // Rows as arrays, made into objects above: twice as fast as the objects that node:sqlite makes.
  statement.setReturnArrays(true);
  return { statement, names: statement.columns().map(({ name }) => name) };
}

/** The statement that inserts one row into `table`. @param suffix what follows, such as ON CONFLICT */
export function insert<Table extends keyof Tables, Column extends keyof Tables[Table] & string>(
  database: DatabaseSync,
  table: Table,
  columns: readonly Column[],
  suffix = '',
): Statement<Pick<Tables[Table], Column>, never> {
  const places = columns.map((name) => `:${name}`).join(', ');
  return prepare(
    database,
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places}) ${suffix}`,
  );
}

/**
 * Statements: SQL with named placeholders, prepared once, at its first use.
 *
 * SQLite checks the names of tables and columns then. The compiler checks the types of the values.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import type { TrialId } from '../../study/trial.ts';
import type { Tables, TrialKey } from './tables.ts';

export const keyColumns = ['study', 'stage', 'trial_index', 'replicate'] as const;

/** Condition for `WHERE`: the row belongs to the trial with this key. */
export const isTrial = keyColumns.map((column) => `${column} = :${column}`).join(' AND ');

/** Of a row of `trial`. */
export const hasResult = `EXISTS (SELECT 1 FROM result AS r WHERE ${keyColumns.map((column) => `r.${column} = trial.${column}`).join(' AND ')})`;

/** The values of `keyColumns`. */
export type OrderedKey = [study: string, stage: string, index: number, replicate: number];

export function trialKey(study: string, { stage, index, replicate }: TrialId): TrialKey {
  return { study, stage, trial_index: index, replicate };
}

interface Statement<Values, Row> {
  /** Changes exactly one row; another number is a bug of the caller. */
  changeOne(values: Values): void;
  /** @returns the number of rows that were changed */
  change(values: Values): number;
  first(values: Values): Row | undefined;
  all(values: Values): Row[];
  /** The result of `take` for each row. `take` receives the same object each time and must not keep it. */
  map<T>(values: Values, take: (row: Row) => T): T[];
}

// Rows and values have the types that the caller declares; the tables do not enforce them.
/* oxlint-disable typescript/no-unsafe-type-assertion */

/** @param text each `:name` is a placeholder for the value of that name */
export function prepare<Values extends object, Row = never>(
  database: DatabaseSync,
  text: string,
): Statement<Values, Row> {
  const places = [...text.matchAll(/:(\w+)/g)].map(([, name]) => name as keyof Values);
  let prepared: ReturnType<typeof prepareNow> | null = null;
  const use = () => (prepared ??= prepareNow(database, text));

  const bind = (values: Values): SQLInputValue[] => {
    const bound: SQLInputValue[] = [];
    for (const name of places) {
      const value: unknown = values[name];
      if (value === undefined) assert(false, `${String(name)} has a value in: ${text}`);
      bound.push(value as SQLInputValue);
    }
    return bound;
  };
  const readRow = (found: unknown, row: Record<string, unknown> = {}): Row => {
    const columns = found as readonly unknown[];
    const { names } = use();
    for (let index = 0; index < names.length; index++) {
      const name = names[index] ?? '';
      // A text that equals the one of the row before is shared: a million rows have few stages and packs.
      if (row[name] !== columns[index]) row[name] = columns[index];
    }
    return row as Row;
  };
  const change = (values: Values): number => Number(use().statement.run(...bind(values)).changes);
  const read = (values: Values): unknown[] => use().statement.all(...bind(values));

  return {
    change,
    changeOne: (values) => {
      const changed = change(values);
      const shown = (): string => JSON.stringify(values).slice(0, 300);
      assert(changed === 1, () => `one row is changed, not ${changed}, by ${text}: ${shown()}`);
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

export type OrderedStatement<Values extends readonly SQLInputValue[]> = (...values: Values) => void;

/**
 * A statement that changes exactly one row, for those that run for each trial: its values are arguments in
 * the order of their `:name` placeholders, which takes half the time of looking up each name in an object.
 */
export function prepareOrdered(
  database: DatabaseSync,
  text: string,
): OrderedStatement<readonly SQLInputValue[]> {
  let prepared: ReturnType<typeof prepareNow> | null = null;
  return (...values) => {
    prepared ??= prepareNow(database, text);
    const { changes } = prepared.statement.run(...values);
    const shown = (): string => JSON.stringify(values).slice(0, 300);
    assert(changes === 1, () => `one row is changed, not ${changes}, by ${text}: ${shown()}`);
  };
}

/** A row of `table` as arguments in the order of `columns`. */
type OrderedRow<Table extends keyof Tables, Columns extends readonly (keyof Tables[Table])[]> = {
  readonly [At in keyof Columns]: Tables[Table][Columns[At]] & SQLInputValue;
};

/** @returns inserts one row into `table`; columns that are not named are null */
export function insertOrdered<
  Table extends keyof Tables,
  const Columns extends readonly (keyof Tables[Table] & string)[],
>(
  database: DatabaseSync,
  table: Table,
  columns: Columns,
): OrderedStatement<OrderedRow<Table, Columns>> {
  const places = columns.map((name) => `:${name}`).join(', ');
  const names = columns.join(', ');
  return prepareOrdered(database, `INSERT INTO ${table} (${names}) VALUES (${places})`);
}

/** Columns that may be null can be left out. SQLite numbers the rows of `event` itself. */
type NewRow<Row> = Partial<Row> & {
  [Column in keyof Row as null extends Row[Column] ? never : Column]: Row[Column];
};
type InsertedRow<Table extends keyof Tables> = NewRow<Omit<Tables[Table], 'sequence'>>;

/**
 * @param suffix SQL after the values, such as ON CONFLICT
 * @returns inserts one row into `table`; all rows must have the columns of the first one
 */
export function insert<Table extends keyof Tables>(
  database: DatabaseSync,
  table: Table,
  suffix = '',
): (row: InsertedRow<Table>) => void {
  const prepareFor = (row: InsertedRow<Table>) => {
    const columns = Object.keys(row);
    const places = columns.map((name) => `:${name}`);
    const text = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places.join(', ')}) ${suffix}`;
    return prepare<InsertedRow<Table>>(database, text);
  };
  let statement: ReturnType<typeof prepareFor> | null = null;
  return (row) => (statement ??= prepareFor(row)).changeOne(row);
}

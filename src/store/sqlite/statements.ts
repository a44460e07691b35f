/**
 * Kysely writes the SQL and checks it against the tables; `node:sqlite` runs it.
 *
 * Each query is compiled and prepared once, with places for the values, so that a write costs no
 * building of strings. Kysely's own drivers are not used: they are asynchronous, and a commit here is
 * one call that returns when everything is on disk, with nothing in between.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Compilable,
} from 'kysely';
import { assert } from '../../base/assert.ts';
import type { Tables } from './schema.ts';

const query = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** The place of a value that comes later. */
class Place {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

export interface Statement<Values, Row> {
  /** Exactly one row is changed. @param what names the write, for the message of a bug */
  changeOne(values: Values, what: () => string): void;
  /** @returns how many rows were changed */
  change(values: Values): number;
  first(values: Values): Row | undefined;
  all(values: Values): Row[];
  /**
   * One after another, in the same object each time, which is to be read before the next one comes: a
   * hundred thousand rows are a hundred thousand objects less to be collected.
   */
  each(values: Values): Iterable<Row>;
}

// What comes out of the database has the types that Kysely took from the tables, which STRICT holds
// it to; no assertion below is checked by anything else.
/* oxlint-disable typescript/no-unsafe-type-assertion */

/**
 * @param build the query; what it reads off its second argument are the values given at each use
 */
export function prepare<Values extends object, Row>(
  database: DatabaseSync,
  build: (query: Kysely<Tables>, values: Values) => Compilable<Row>,
): Statement<Values, Row> {
  const places = new Proxy({}, { get: (_, name) => new Place(String(name)) }) as Values;
  const { sql, parameters } = build(query, places).compile();
  const statement = database.prepare(sql);
  // Arrays made into objects here: twice as fast as the objects without a prototype that it gives.
  statement.setReturnArrays(true);
  const names = statement.columns().map(({ name }) => name);

  const bind = (values: Values): SQLInputValue[] =>
    parameters.map((parameter) => {
      const value: unknown =
        parameter instanceof Place ? values[parameter.name as keyof Values] : parameter;
      assert(value !== undefined, () => `every place of the query has a value: ${sql}`);
      return value as SQLInputValue;
    });

  const change = (values: Values): number => Number(statement.run(...bind(values)).changes);
  const rowOf = (found: unknown, row: Record<string, unknown> = {}): Row => {
    const values = found as readonly unknown[];
    for (let index = 0; index < names.length; index++) row[names[index] ?? ''] = values[index];
    return row as Row;
  };

  return {
    change,
    changeOne: (values, what) => {
      const changed = change(values);
      assert(changed === 1, () => `${what()} changes one row, not ${changed}`);
    },
    first: (values) => {
      const found: unknown = statement.get(...bind(values));
      return found === undefined ? undefined : rowOf(found);
    },
    all: (values) => statement.all(...bind(values)).map((found) => rowOf(found)),
    *each(values) {
      const row = {};
      for (const found of statement.iterate(...bind(values))) yield rowOf(found, row);
    },
  };
}

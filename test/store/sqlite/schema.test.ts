/** Schema: the cost of its constraints, the types of what is stored, and which programs can read it. */
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { storeFile } from '../../../src/store/sqlite/file-names.ts';
import { tablesText } from '../../../src/store/sqlite/schema.ts';
import { choices } from '../support/choices.ts';
import { History } from '../support/history.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test.each(['trial', 'result', 'attempt'])(
  'a write to the table %s builds no temporary table, which would double its time',
  (table) => {
    using database = new DatabaseSync(':memory:');
    database.exec(`PRAGMA foreign_keys = ON; ${tablesText}`);
    const columns = database.prepare(`PRAGMA table_info(${table})`).all();
    const places = columns.map(() => '?').join(', ');
    const steps = database.prepare(`EXPLAIN INSERT INTO ${table} VALUES (${places})`).all();
    const opcodes = steps.map(({ opcode }) => opcode);
    expect(opcodes).toContain('MakeRecord');
    expect(opcodes).not.toContain('OpenEphemeral');
  },
);

/** Tables by name, each with the declared types of its columns. */
function tablesOf(database: DatabaseSync): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  return new Map(
    names.map(({ name }) => {
      const columns = database.prepare(`PRAGMA table_info(${String(name)})`).all();
      return [
        String(name),
        new Map(columns.map((each) => [String(each['name']), String(each['type'])])),
      ];
    }),
  );
}

test('every stored value has the type of its column, in any history of a study', async () => {
  const filled = new Set<string>();
  await fc.assert(
    fc.asyncProperty(choices, async (steps) => {
      const history = new History('first');
      for (const choice of steps) history.step(choice);
      using directory = temporaryDirectory();
      await using store = await openStore(directory.path, { owner: 'the test' });
      await store.commit(history.rows);
      using database = new DatabaseSync(storeFile(directory.path), { readOnly: true });
      for (const [table, columns] of tablesOf(database)) {
        for (const [column, type] of columns) {
          const query = `SELECT DISTINCT typeof(${column}) AS type FROM ${table} WHERE ${column} IS NOT NULL`;
          const types = database.prepare(query).all();
          if (types.length === 0) continue;
          filled.add(`${table}.${column}`);
          expect([table, column, types]).toEqual([table, column, [{ type: type.toLowerCase() }]]);
        }
      }
    }),
    { numRuns: 30 },
  );
  expect(filled.size).toBeGreaterThan(60);
});

test('no table of a new store is STRICT, which SQLite before 3.37 cannot read', async () => {
  using directory = temporaryDirectory();
  await using _store = await openStore(directory.path, { owner: 'the test' });
  using database = new DatabaseSync(storeFile(directory.path), { readOnly: true });
  const strict = database.prepare('SELECT name FROM pragma_table_list WHERE strict = 1').all();
  expect(strict).toEqual([]);
});

/** Schema: the cost of its constraints. */
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { tablesText } from '../../../src/store/sqlite/schema.ts';

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

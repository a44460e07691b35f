/** The limit of stored output. */
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { tablesText } from '../../../src/store/sqlite/schema.ts';
import { logWriter } from '../../../src/store/sqlite/write-logs.ts';
import { coarse } from '../support/records.ts';

test('the oldest output of a study is removed if there is too much, and that of other studies stays', () => {
  using database = new DatabaseSync(':memory:');
  database.exec(`PRAGMA foreign_keys = OFF; ${tablesText}`);
  const { 'attempt-logged': put } = logWriter(database, 100);
  const log = (study: string, index: number, text: string): void =>
    put({ kind: 'attempt-logged', study, trial: coarse(index), attempt: 1, text });
  log('other', 1, 'x'.repeat(90));
  for (let index = 1; index <= 30; index++) log('first', index, 'λ'.repeat(10));
  const stored = database
    .prepare('SELECT study, trial_index AS trial FROM attempt_log ORDER BY rowid')
    .all()
    .map(({ study, trial }) => [study, trial]);
  expect(stored[0]).toEqual(['other', 1]);
  const own = stored.slice(1).map(([, trial]) => trial);
  expect(own.length).toBeLessThanOrEqual(5);
  expect(own.length).toBeGreaterThanOrEqual(3);
  expect(own.at(-1)).toBe(30);
  // A text that alone is too long is not kept.
  log('first', 31, 'x'.repeat(101));
  expect(database.prepare("SELECT 1 FROM attempt_log WHERE study = 'first'").all()).toEqual([]);
});

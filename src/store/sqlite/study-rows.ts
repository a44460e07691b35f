/**
 * Study rows: all rows of one study, copied between two databases of one connection, or given another name.
 *
 * Not here: files of copies (`deleted-studies.ts`).
 */
import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import { canonicalSpec, readStoredSpec } from '../../study/spec/canonical-spec.ts';
import { prepare } from './statements.ts';

/** In the order of their references; each has a column `study`. */
const childTables = [
  'program_file',
  'stage',
  'trial',
  'result',
  'rung_progress',
  'rung_result',
  'attempt',
  'attempt_log',
  'ranking',
  'winner',
] as const;

/** Names of the two databases: `main`, or that of an attached one. */
interface Direction {
  readonly from: string;
  readonly to: string;
}

/**
 * Copies a study. It keeps its place among the studies and the numbers of its events if they are free in
 * `to`; otherwise it becomes the last study.
 */
export function copyStudy(database: DatabaseSync, study: string, { from, to }: Direction): void {
  const columns = (table: string): string[] =>
    prepare<object, { name: string }>(
      database,
      `SELECT name FROM pragma_table_info('${table}', '${from}')`,
    )
      .all({})
      .map(({ name }) => name);
  const copy = (table: string, key: string, computed: Readonly<Record<string, string>> = {}) => {
    const names = columns(table);
    const values = names.map((name) => computed[name] ?? `s.${name}`).join(', ');
    return prepare<{ study: string }>(
      database,
      `INSERT INTO ${to}.${table} (${names.join(', ')}) SELECT ${values} FROM ${from}.${table} AS s WHERE s.${key} = :study`,
    ).change({ study });
  };
  const isTaken = (table: string, column: string): string =>
    `EXISTS (SELECT 1 FROM ${to}.${table} AS t WHERE t.${column} = s.${column})`;
  const ordinal = `CASE WHEN ${isTaken('study', 'ordinal')} THEN (SELECT max(ordinal) + 1 FROM ${to}.study) ELSE s.ordinal END`;
  const copied = copy('study', 'name', { ordinal });
  assert(copied === 1, () => `study ${study} is copied`);
  for (const table of childTables) copy(table, 'study');
  copy('event', 'study', {
    sequence: `CASE WHEN ${isTaken('event', 'sequence')} THEN NULL ELSE s.sequence END`,
  });
}

/** Bytes of a row's key, numbers and short texts, about. */
const rowBytes = { result: 250, attempt: 200, trial: 120 };

/** Approximate size of the rows of a study. Curves and bits are most of it; they are not read. */
export function bytesOf(database: DatabaseSync, study: string): number {
  const rows = (table: keyof typeof rowBytes): string =>
    `${rowBytes[table]} * (SELECT count(*) FROM ${table} WHERE study = :study)`;
  const query = `SELECT coalesce(sum(octet_length(curve) + coalesce(octet_length(bits), 0)), 0)
    + ${rows('result')} + ${rows('attempt')} + ${rows('trial')} AS bytes FROM result WHERE study = :study`;
  return (
    prepare<{ study: string }, { bytes: number }>(database, query).first({ study })?.bytes ?? 0
  );
}

/** Gives a study another name, which is free. @returns whether there was such a study */
export function renameRows(database: DatabaseSync, from: string, to: string): boolean {
  const found = prepare<{ from: string }, { spec: string }>(
    database,
    'SELECT spec FROM study WHERE name = :from',
  ).first({ from });
  if (found === undefined) return false;
  // References are checked when the transaction commits.
  database.exec('PRAGMA defer_foreign_keys = ON');
  const spec = canonicalSpec({ ...readStoredSpec(found.spec), study: to });
  prepare<{ from: string; to: string; spec: string }>(
    database,
    'UPDATE study SET name = :to, spec = :spec WHERE name = :from',
  ).changeOne({ from, to, spec });
  for (const table of [...childTables, 'event'])
    prepare<{ from: string; to: string }>(
      database,
      `UPDATE ${table} SET study = :to WHERE study = :from`,
    ).change({ from, to });
  return true;
}

/**
 * Stored names: the names that a shell completes, read without the modules that read whole records, which
 * take longer to load than the names to read.
 */
import type { DatabaseSync } from 'node:sqlite';
import { storeFile } from './file-names.ts';
import { openForReading } from './open-reader.ts';
import { prepare } from './statements.ts';

/** Most names of a kind: a shell shows no more. */
const namesMax = 1_000;

export interface StoredNames extends Disposable {
  /** In the order of submission. */
  studies(): string[];
  /** `coarse/7`, `coarse/7.2`; the first ones of each stage. */
  trials(study: string): string[];
  /** Workers of running trials, then those of the newest results. */
  workers(): string[];
}

/**
 * Without a store, there are no names.
 *
 * @throws RidgelineError STATE_UNWRITABLE, STATE_DAMAGED, VERSION_MISMATCH
 */
export function openStoredNames(stateDir: string): StoredNames {
  const reader = openForReading(storeFile(stateDir), { checksLog: false });
  const names = (text: string, values: object = {}): string[] =>
    reader === null
      ? []
      : prepareNames(reader.database, text)
          .all({ ...values, limit: namesMax })
          .map(({ name }) => name);
  return {
    studies: () => names('SELECT name FROM study ORDER BY ordinal LIMIT :limit'),
    trials: (study) =>
      names(
        `SELECT stage || '/' || trial_index || CASE replicate WHEN 1 THEN '' ELSE '.' || replicate END AS name
         FROM trial WHERE study = :study ORDER BY trial_index, stage, replicate LIMIT :limit`,
        { study },
      ),
    workers: () => [
      ...new Set([
        // The condition of an index, so that attempts that have ended are not read.
        ...names(
          "SELECT worker AS name FROM attempt WHERE outcome IS NULL AND kind <> 'test' LIMIT :limit",
        ),
        ...names('SELECT worker AS name FROM result ORDER BY rowid DESC LIMIT :limit'),
      ]),
    ],
    [Symbol.dispose]: () => reader?.[Symbol.dispose](),
  };
}

function prepareNames(database: DatabaseSync, text: string) {
  return prepare<object & { limit: number }, { name: string }>(database, text);
}

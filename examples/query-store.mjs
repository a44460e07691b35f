/**
 * Prints the three best trials of a study, read from the SQLite store: docs/store.md has all columns.
 * Needs Node 24.15 or later; `npx node` is the one that `npm ci` installed on Linux.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const [state, study] = process.argv.slice(2);
if (state === undefined || study === undefined) {
  console.error('Usage: npx node examples/query-store.mjs STATE_DIRECTORY STUDY');
  process.exit(2);
}
const store = new DatabaseSync(join(state, 'ridgeline.db'), { readOnly: true });
const rows = store
  .prepare(
    `SELECT stage || '/' || trial_index AS trial, lambda, validation_accuracy FROM trials_ranked
     WHERE study = ? AND rank_in_study <= 3 ORDER BY rank_in_study, trial_index`,
  )
  .all(study);
console.table(rows.map((row) => ({ ...row })));

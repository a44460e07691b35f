/** The view `trials_ranked` of a store, read as other tools read it. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** @param columns as in SQL @returns rows by study, stage, index, replicate */
export function rankedTrials(stateDir: string, columns: string): Record<string, unknown>[] {
  const raw = new DatabaseSync(join(stateDir, 'ridgeline.db'), { readOnly: true });
  try {
    return raw
      .prepare(`SELECT ${columns} FROM trials_ranked ORDER BY study, stage, k, replicate`)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    raw.close();
  }
}

/** Log writes: store what the programs of attempts have printed, up to a limit for each study. */
import type { DatabaseSync } from 'node:sqlite';
import type { RowWriters } from '../rows.ts';
import { insert, prepare, trialKey } from './statements.ts';

/** Of the texts of one study. The oldest ones are removed first. */
const bytesMaxDefault = 64e6;

export function logWriter(
  database: DatabaseSync,
  bytesMax = bytesMaxDefault,
): RowWriters<'attempt-logged'> {
  const put = insert(
    database,
    'attempt_log',
    'ON CONFLICT (study, stage, trial_index, replicate, attempt) DO UPDATE SET text = excluded.text',
  );
  const count = prepare<{ study: string }, { bytes: number }>(
    database,
    'SELECT coalesce(sum(octet_length(text)), 0) AS bytes FROM attempt_log WHERE study = :study',
  );
  // A part of them, so that they are not counted again for each new text.
  const removeOldest = prepare<{ study: string }>(
    database,
    `DELETE FROM attempt_log WHERE rowid IN (SELECT rowid FROM attempt_log WHERE study = :study ORDER BY rowid
     LIMIT (SELECT count(*) / 4 + 1 FROM attempt_log WHERE study = :study))`,
  );
  /** By study; too much if a text was replaced, or if a transaction was rolled back. */
  const most = new Map<string, number>();
  const stored = (study: string): number => count.first({ study })?.bytes ?? 0;
  return {
    'attempt-logged': ({ study, trial, attempt, text }) => {
      put({ ...trialKey(study, trial), attempt, text });
      const known = most.get(study);
      let bytes = known === undefined ? stored(study) : known + Buffer.byteLength(text);
      if (bytes > bytesMax) bytes = stored(study);
      while (bytes > bytesMax) {
        removeOldest.change({ study });
        bytes = stored(study);
      }
      most.set(study, bytes);
    },
  };
}

/** Writes about the cluster as a whole: its log, and the excluded workers. */
import type { DatabaseSync } from 'node:sqlite';
import type { StoreRow } from '../rows.ts';
import { insert } from './statements.ts';

export function clusterWriter(database: DatabaseSync) {
  const addExclusion = insert(database, 'exclusion', ['session', 'worker', 'reason', 'at_ms']);
  const addEvent = insert(database, 'event', ['at_ms', 'study', 'what', 'detail']);
  return {
    'worker-excluded': ({ session, worker, reason, atMs }: StoreRow<'worker-excluded'>): void => {
      addExclusion.changeOne(
        { session, worker, reason, at_ms: atMs },
        () => `the exclusion of ${worker}`,
      );
    },
    event: ({ atMs, study, what, detail }: StoreRow<'event'>): void => {
      addEvent.changeOne({ at_ms: atMs, study, what, detail }, () => `the event ${what}`);
    },
  };
}

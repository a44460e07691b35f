/** Writes about the cluster as a whole: its log, and who is quarantined. Each a statement, prepared once. */
import type { DatabaseSync } from 'node:sqlite';
import type { RowOf } from '../rows.ts';
import { prepare } from './statements.ts';

export function logWriter(database: DatabaseSync) {
  const statements = logStatements(database);
  return {
    quarantined({ session, worker, reason, atMs }: RowOf<'worker-quarantined'>): void {
      statements.addQuarantine.changeOne(
        { session, worker, reason, atMs },
        () => `the quarantine of ${worker}`,
      );
    },

    event({ atMs, study, what, detail }: RowOf<'event'>): void {
      statements.addEvent.change({ atMs, study, what, detail });
    },
  };
}

function logStatements(database: DatabaseSync) {
  return {
    addQuarantine: prepare(
      database,
      (query, $: { session: string; worker: string; reason: string; atMs: number }) =>
        query
          .insertInto('quarantine')
          .values({ session: $.session, worker: $.worker, reason: $.reason, at_ms: $.atMs }),
    ),
    addEvent: prepare(
      database,
      (query, $: { atMs: number; study: string | null; what: string; detail: string }) =>
        query
          .insertInto('event')
          .values({ at_ms: $.atMs, study: $.study, what: $.what, detail: $.detail }),
    ),
  };
}

/**
 * Migration: creates the tables of a new store, or converts those of release 0.1.0.
 *
 * Each runs under the lock in one transaction, so a crash leaves the old store or the new one. A
 * released version is converted to the present one directly; its stored files are in
 * `test/store/released`.
 */
import type { DatabaseSync } from 'node:sqlite';
import { readStoredSpec } from '../../study/spec/canonical-spec.ts';
import type { RankTrials } from '../store.ts';
import { transaction } from './database-file.ts';
import { convertVersion5 } from './migrate-version-5.ts';
import { measurementsViewText } from './measurements-view.ts';
import { studyQueries, trialQueries } from './queries.ts';
import { rankedViewText } from './ranked-view.ts';
import { trialRecord } from './records.ts';
import { checkVersion, schemaVersion, tablesText } from './schema.ts';
import { stageWriter } from './write-study.ts';

const noLimit = -1;

/**
 * Brings the tables to this release's schema.
 *
 * @param rank fills in the ranks that 0.1.0 did not store; without it they stay empty
 * @throws RidgelineError VERSION_MISMATCH
 */
export function migrate(database: DatabaseSync, file: string, rank?: RankTrials): void {
  const stored = checkVersion(database, file);
  if (stored === schemaVersion) return;
  transaction(database, file, () => {
    if (stored === 0) create(database);
    else {
      convertVersion5(database);
      if (rank !== undefined) storeRanks(database, rank);
    }
    database.exec(
      `${rankedViewText} ${measurementsViewText} UPDATE meta SET schema_version = ${schemaVersion}`,
    );
  });
}

function create(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE IF NOT EXISTS meta (
      one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
      application TEXT NOT NULL CHECK (application = 'ridgeline'),
      schema_version INTEGER NOT NULL CHECK (schema_version >= 0)
    );
    INSERT INTO meta VALUES (1, 'ridgeline', 0) ON CONFLICT DO NOTHING;
    ${tablesText}`);
}

function storeRanks(database: DatabaseSync, rank: RankTrials): void {
  const { studies, stages } = studyQueries(database);
  const { next } = trialQueries(database);
  const { ranks } = stageWriter(database);
  for (const { name: study, spec } of studies.all({})) {
    const all = stages.all({ study });
    const trials = all
      .filter(({ closed }) => closed === 1)
      .flatMap(({ name: stage }) =>
        next.map({ study, stage, trial_index: 0, replicate: 0, limit: noLimit }, (row) =>
          trialRecord(row),
        ),
      );
    const order = all.map(({ name }) => name);
    ranks({ kind: 'ranks', study, ranks: rank(trials, readStoredSpec(spec).objective, order) });
  }
}

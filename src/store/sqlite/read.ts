/**
 * Reads of a SQLite store: rows become the records of `study`.
 *
 * A read is one transaction within one call, so it sees one committed state. A snapshot consists of several
 * calls, so it opens another connection, on which other reads and commits cannot interfere.
 */
import type { DatabaseSync } from 'node:sqlite';
import { errorMessage, RidgelineError } from '../../base/errors.ts';
import { readStoredSpec } from '../../study/spec/canonical-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { AttemptRecord, TrialId, TrialRecord } from '../../study/trial.ts';
import type { StoreReads, TrialOptions } from '../store.ts';
import { rungReader } from './read-rungs.ts';
import { attemptQueries, studyQueries, trialQueries } from './queries.ts';
import {
  attemptRecord,
  detailedTrialRecord,
  stageRecord,
  storedRank,
  trialRecord,
  winnerRecord,
} from './records.ts';
import { fromSqlite, storeDamaged } from './sqlite-errors.ts';
import { trialKey } from './statements.ts';
import type { Tables } from './tables.ts';

/** Rows per batch. */
const batchRows = 1_000;

/** Calls `read` in one committed state. Errors of SQLite are translated; texts that are no JSON are damage. */
type InOneState = <T>(read: () => T) => T;

/** @param snapshot of the store that `database` is connected to */
export function storeReads(
  database: DatabaseSync,
  file: string,
  snapshot: StoreReads['snapshot'],
): StoreReads {
  const inOneState: InOneState = (read) => {
    try {
      if (database.isTransaction) return read();
      database.exec('BEGIN');
      try {
        return read();
      } finally {
        if (database.isTransaction) database.exec('COMMIT');
      }
    } catch (error) {
      if (error instanceof SyntaxError) throw storeDamaged(file, error.message, error);
      throw fromSqlite(error, file);
    }
  };
  return {
    snapshot,
    ...studyReads(database, file, inOneState),
    ...trialReads(database, inOneState),
    ...attemptReads(database, inOneState),
  };
}

function studyReads(database: DatabaseSync, file: string, inOneState: InOneState) {
  const queries = studyQueries(database);

  function studyRecord(row: Tables['study']): StudyRecord {
    const shardDigests: Record<string, string> = JSON.parse(row.shard_digests);
    const winner = queries.winner.first({ study: row.name });
    return {
      spec: storedSpec(row, file),
      status: row.status,
      priority: row.priority,
      ...(row.budget_end !== null && { budgetEnd: JSON.parse(row.budget_end) }),
      ...(row.active_ms > 0 && { activeMs: row.active_ms }),
      ...(row.reuse === 1 && { reuse: true }),
      reason: row.reason,
      createdAtMs: row.created_at_ms,
      endedAtMs: row.ended_at_ms,
      selfTestDigest: row.self_test_digest,
      shardDigests,
      dataWarnings: JSON.parse(row.data_warnings),
      imageCounts: row.image_counts === null ? null : JSON.parse(row.image_counts),
      officialData: row.official_data === null ? null : row.official_data === 1,
      stages: queries.stages.all({ study: row.name }).map(stageRecord),
      winner: winner === undefined ? null : winnerRecord(winner),
    };
  }

  return {
    studies: async () => inOneState(() => queries.studies.all({}).map(studyRecord)),
    study: async (study: string) =>
      inOneState(() => {
        const row = queries.study.first({ study });
        return row === undefined ? null : studyRecord(row);
      }),
    programFiles: async (study: string) =>
      inOneState(() => queries.files.all({ study }).map((stored) => ({ ...stored }))),
    ranks: async (study: string) => inOneState(() => queries.ranks.map({ study }, storedRank)),
    exclusions: async () =>
      inOneState(
        () =>
          new Map(
            queries.exclusions
              .all({})
              .map(({ session, reason, machine }) => [session, { reason, machine }]),
          ),
      ),
    events: async (limit: number) =>
      inOneState(() =>
        queries.events
          .all({ limit })
          .map(({ at_ms: atMs, ...event }) => ({ ...event, atMs }))
          .toReversed(),
      ),
  };
}

/** Only valid specs are stored: an invalid one means that the file is damaged, or was edited. */
function storedSpec({ name, spec }: Tables['study'], file: string) {
  try {
    return readStoredSpec(spec);
  } catch (error) {
    const what = error instanceof RidgelineError ? error.what : errorMessage(error);
    throw storeDamaged(file, `the spec of study ${name}: ${what}`, error);
  }
}

function trialReads(database: DatabaseSync, inOneState: InOneState) {
  const queries = trialQueries(database);
  const stages = studyQueries(database).stages;
  const withRungs = rungReader(database);

  function* batches(study: string, options: TrialOptions): Generator<TrialRecord[]> {
    const hasDetails = options.curves === true || options.correctness === true;
    yield* inBatches<TrialRecord>(
      inOneState(() => stages.all({ study })),
      (stage, after) => {
        const next = { ...trialKey(study, after?.id ?? beforeTrials(stage)), limit: batchRows };
        return inOneState(() =>
          withRungs(
            study,
            hasDetails
              ? queries.nextWithDetails.map(next, (row) => detailedTrialRecord(row, options))
              : queries.next.map(next, (row) => trialRecord(row)),
            options,
          ),
        );
      },
    );
  }

  return {
    trials: async (study: string, options: TrialOptions = {}) =>
      inOneState(() => [...batches(study, options)].flat()),
    async *trialBatches(study: string, options: TrialOptions = {}) {
      yield* batches(study, options);
    },
    trial: async (study: string, id: TrialId) =>
      inOneState(() => {
        const row = queries.one.first(trialKey(study, id));
        const options = { curves: true, correctness: true };
        if (row === undefined) return null;
        return withRungs(study, [detailedTrialRecord(row, options)], options)[0] ?? null;
      }),
  };
}

function attemptReads(database: DatabaseSync, inOneState: InOneState) {
  const queries = attemptQueries(database);
  const { stages } = studyQueries(database);

  function* batches(study: string): Generator<AttemptRecord[]> {
    yield* inBatches<AttemptRecord>(
      inOneState(() => stages.all({ study })),
      (stage, after) => {
        const key = trialKey(study, after?.trial ?? beforeTrials(stage));
        const next = { ...key, attempt: after?.attempt ?? 0, limit: batchRows };
        return inOneState(() => queries.next.map(next, attemptRecord));
      },
    );
  }

  return {
    attempts: async (study: string, trial?: TrialId) =>
      inOneState(() =>
        trial === undefined
          ? [...batches(study)].flat()
          : queries.ofTrial.map(trialKey(study, trial), attemptRecord),
      ),
    attemptLogs: async (study: string, trial: TrialId) =>
      inOneState(
        () =>
          new Map(
            queries.logs.all(trialKey(study, trial)).map(({ attempt, text }) => [attempt, text]),
          ),
      ),
    async *attemptBatches(study: string) {
      yield* batches(study);
    },
  };
}

/** All rows of the stages, in batches. @param next the rows of a stage that follow `after` */
function* inBatches<T>(
  stages: readonly Tables['stage'][],
  next: (stage: string, after: T | undefined) => T[],
): Generator<T[]> {
  for (const { name } of stages) {
    let batch = next(name, undefined);
    yield batch;
    while (batch.length === batchRows) {
      batch = next(name, batch.at(-1));
      yield batch;
    }
  }
}

function beforeTrials(stage: string): TrialId {
  return { stage, index: 0, replicate: 0 };
}

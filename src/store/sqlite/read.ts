/**
 * Reading the store: rows back into the records that every room speaks.
 *
 * Every method sees one committed state; `snapshot` holds one over several calls. What was null
 * because it was not finite comes back as NaN; −0 comes back as 0.
 */
import type { DatabaseSync } from 'node:sqlite';
import { messageOf, RidgelineError } from '../../base/errors.ts';
import { specFromCanonical } from '../../study/spec/canonical-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import {
  trialName,
  type AttemptRecord,
  type Measurement,
  type TrialId,
  type TrialRecord,
} from '../../study/trial.ts';
import { attemptQueries, studyQueries, trialQueries, type StudyRow } from './queries.ts';
import {
  attemptRecord,
  eventRecord,
  measurementOf,
  stageRecord,
  trialRecord,
  winnerRecord,
  type EventRecord,
} from './records.ts';
import { fromSqlite, storeDamaged, translated } from './sqlite-errors.ts';

interface TrialOptions {
  /** Whole curves, not only their last points. */
  readonly curves?: boolean;
  /** The bits of correctly classified validation records; without them `validationCorrect` is empty. */
  readonly correctness?: boolean;
}

export interface StoreReader extends Disposable {
  /** In order of submission. */
  studies(): StudyRecord[];
  study(name: string): StudyRecord | null;
  /** By stage order, k, replicate. Without options, results carry their last measurement only. */
  trials(study: string, options?: TrialOptions): TrialRecord[];
  /** The same, each read when it is asked for: no other process's writes are kept out meanwhile. */
  eachTrial(study: string, options?: TrialOptions): Iterable<TrialRecord>;
  /** One trial with its whole curve and its bits. */
  trial(study: string, id: TrialId): TrialRecord | null;
  /** By stage order, k, replicate, attempt. */
  attempts(study: string, trial?: TrialId): AttemptRecord[];
  /** Those by which trials of the study were computed again: few of many. */
  recomputed(study: string): AttemptRecord[];
  /** The same as `attempts`, as `eachTrial`. */
  eachAttempt(study: string): Iterable<AttemptRecord>;
  /** The newest `limit` of them, oldest first. */
  events(limit: number): EventRecord[];
  /** Worker processes of which nothing counts any more, by session: why. */
  quarantines(): Map<string, string>;
  /** What `read` reads within, it reads from one committed state. It must not wait for anything. */
  snapshot<T>(read: () => T): T;
  close(): void;
}

/** What runs within it sees one committed state. */
type Snapshot = <T>(read: () => T) => T;

/** Works on any connection: the coordinator's own, or one that can only read. */
export function readerOf(
  database: DatabaseSync,
  file: string,
): Omit<StoreReader, 'close' | typeof Symbol.dispose> {
  const snapshot: Snapshot = (read) =>
    translated(file, () => {
      if (database.isTransaction) return read();
      database.exec('BEGIN');
      try {
        return read();
      } finally {
        if (database.isTransaction) database.exec('COMMIT');
      }
    });
  return {
    snapshot,
    ...studyReader(database, file, snapshot),
    ...trialReader(database, file, snapshot),
    ...attemptReader(database, file, snapshot),
  };
}

function studyReader(database: DatabaseSync, file: string, snapshot: Snapshot) {
  const queries = studyQueries(database);

  /** Only valid specs are stored: one that is not has rotted, or somebody has edited it. */
  function specOf(row: StudyRow): StudySpec {
    try {
      return specFromCanonical(row.spec);
    } catch (error) {
      throw storeDamaged(
        file,
        `the spec of study ${row.name}: ${error instanceof RidgelineError ? error.what : messageOf(error)}`,
        error,
      );
    }
  }

  function recordOf(row: StudyRow): StudyRecord {
    const shardDigests: Record<string, string> = JSON.parse(row.part_digests);
    const winner = queries.winner.first({ study: row.name });
    return {
      spec: specOf(row),
      status: row.status,
      reason: row.reason,
      createdAtMs: row.created_at_ms,
      endedAtMs: row.ended_at_ms,
      selfTestDigest: row.known_answer,
      shardDigests: shardDigests,
      officialData: row.official_data === null ? null : row.official_data === 1,
      stages: queries.stages.all({ study: row.name }).map(stageRecord),
      winner: winner === undefined ? null : winnerRecord(winner),
    };
  }

  return {
    studies: () => snapshot(() => queries.studies.all({}).map(recordOf)),
    study: (name: string) =>
      snapshot(() => {
        const row = queries.study.first({ name });
        return row === undefined ? null : recordOf(row);
      }),
    quarantines: () =>
      snapshot(
        () => new Map(queries.quarantines.all({}).map(({ session, reason }) => [session, reason])),
      ),
    events: (limit: number) =>
      snapshot(() => queries.events.all({ limit }).toReversed().map(eventRecord)),
  };
}

/** What SQLite throws on the way comes out translated; what its reader throws, as it is. */
function* reading<T>(file: string, rows: Iterable<T>): Generator<T> {
  try {
    yield* rows;
  } catch (error) {
    throw fromSqlite(error, file);
  }
}

const lastPoints = { curve: null, bits: undefined };

function trialReader(database: DatabaseSync, file: string, snapshot: Snapshot) {
  const queries = { ...trialQueries(database), stages: studyQueries(database).stages };

  function curvesOf(study: string): Map<string, Measurement[]> {
    const curves = new Map<string, Measurement[]>();
    for (const row of queries.measurements.all({ study })) {
      const name = trialName({ ...row, index: row.k });
      const curve = curves.get(name);
      if (curve === undefined) curves.set(name, [measurementOf(row)]);
      else curve.push(measurementOf(row));
    }
    return curves;
  }

  function correctnessOf(study: string): Map<string, Uint8Array> {
    return new Map(
      queries.correctness
        .all({ study })
        .map((row) => [trialName({ ...row, index: row.k }), row.bits]),
    );
  }

  function* trialsOf(study: string, options: TrialOptions): Generator<TrialRecord> {
    const curveOf = options.curves === true ? curvesOf(study) : null;
    const bitsOf = options.correctness === true ? correctnessOf(study) : null;
    for (const { name: stage } of queries.stages.all({ study })) {
      for (const row of queries.trials.each({ study, stage })) {
        if (curveOf === null && bitsOf === null) {
          yield trialRecord(stage, row, lastPoints);
          continue;
        }
        const name = trialName({ stage, index: row.k, replicate: row.replicate });
        const curve = curveOf === null ? null : (curveOf.get(name) ?? []);
        yield trialRecord(stage, row, { curve, bits: bitsOf?.get(name) });
      }
    }
  }

  return {
    trials: (study: string, options: TrialOptions = {}) =>
      snapshot(() => [...trialsOf(study, options)]),
    eachTrial: (study: string, options: TrialOptions = {}) =>
      reading(file, trialsOf(study, options)),
    trial: (study: string, id: TrialId) =>
      snapshot(() => {
        const row = queries.trial.first({ study, ...id });
        if (row === undefined) return null;
        const curve = queries.curve.all({ study, ...id }).map(measurementOf);
        return trialRecord(id.stage, row, {
          curve,
          bits: queries.correctnessOf.first({ study, ...id })?.bits,
        });
      }),
  };
}

function attemptReader(database: DatabaseSync, file: string, snapshot: Snapshot) {
  const queries = { ...attemptQueries(database), stages: studyQueries(database).stages };

  function* attemptsOf(study: string): Generator<AttemptRecord> {
    for (const { name: stage } of queries.stages.all({ study }))
      for (const row of queries.attempts.each({ study, stage })) yield attemptRecord(stage, row);
  }

  return {
    attempts: (study: string, trial?: TrialId) =>
      snapshot(() =>
        trial === undefined
          ? [...attemptsOf(study)]
          : queries.attemptsOf
              .all({ study, ...trial })
              .map((row) => attemptRecord(trial.stage, row)),
      ),
    recomputed: (study: string) =>
      snapshot(() =>
        queries.stages
          .all({ study })
          .flatMap(({ name: stage }) =>
            queries.recomputed.all({ study, stage }).map((row) => attemptRecord(stage, row)),
          ),
      ),
    eachAttempt: (study: string) => reading(file, attemptsOf(study)),
  };
}

/** Writes about a study as a whole: each a guarded statement, prepared once. */
import type { DatabaseSync } from 'node:sqlite';
import { canonicalSpec } from '../../study/spec/canonical-spec.ts';
import type { WinnerRecord } from '../../study/study-record.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StudyStatus } from '../../study/trial.ts';
import type { RowOf } from '../rows.ts';
import { prepare } from './statements.ts';
import { stageWriter } from './write-stage.ts';
import { finiteOrNull } from './write-trial.ts';

export function studyWriter(database: DatabaseSync) {
  const statements = { ...studyStatements(database), ...winnerStatements(database) };
  const stages = stageWriter(database);

  return {
    created({ record }: RowOf<'study-created'>): void {
      const { spec } = record;
      const official = record.officialData === null ? null : Number(record.officialData);
      statements.create.changeOne(
        {
          ...specColumns(spec),
          status: record.status,
          reason: record.reason,
          createdAtMs: record.createdAtMs,
          endedAtMs: record.endedAtMs,
          selfTestDigest: record.selfTestDigest,
          shardDigests: JSON.stringify(record.shardDigests),
          officialData: official,
        },
        () => `creating study ${spec.study}`,
      );
      stages.put(spec.study, record.stages);
      if (record.winner !== null) putWinner(spec.study, record.winner);
    },

    extended({ spec, stages: list }: RowOf<'study-extended'>): void {
      statements.extend.changeOne(specColumns(spec), () => `extending study ${spec.study}`);
      stages.put(spec.study, list);
    },

    status({ study, status, reason, endedAtMs }: RowOf<'study-status'>): void {
      statements.setStatus.changeOne(
        { study, status, reason, endedAtMs },
        () => `setting study ${study} to ${status}`,
      );
    },

    winner({ study, winner }: RowOf<'winner'>): void {
      if (winner === null) statements.removeWinner.change({ study });
      else putWinner(study, winner);
    },

    /** @returns whether there was such a study */
    removed(study: string): boolean {
      statements.removeEvents.change({ study });
      return statements.remove.change({ study }) === 1;
    },
  };

  function putWinner(study: string, winner: WinnerRecord): void {
    statements.putWinner.changeOne(
      {
        study,
        ...winner.trial,
        testAccuracy: finiteOrNull(winner.testAccuracy),
        testLoss: finiteOrNull(winner.testLoss),
        testWorker: winner.testWorker,
        reproduced: winner.reproduced === null ? null : Number(winner.reproduced),
        tests: JSON.stringify(winner.tests),
      },
      () => `the winner of ${study}`,
    );
  }
}

interface SpecColumns {
  study: string;
  spec: string;
  metric: string;
  direction: string;
}

function specColumns(spec: StudySpec): SpecColumns {
  const { metric, direction } = spec.objective;
  return { study: spec.study, spec: canonicalSpec(spec), metric, direction };
}

interface NewStudy extends SpecColumns {
  status: StudyStatus;
  reason: string | null;
  createdAtMs: number;
  endedAtMs: number | null;
  selfTestDigest: string;
  shardDigests: string;
  officialData: number | null;
}

function studyStatements(database: DatabaseSync) {
  return {
    create: prepare(database, (query, $: NewStudy) =>
      query.insertInto('study').values({
        name: $.study,
        ordinal: (eb) =>
          eb
            .selectFrom('study')
            .select(
              eb(eb.fn.coalesce(eb.fn.max('study.ordinal'), eb.lit(0)), '+', eb.lit(1)).as('next'),
            ),
        spec: $.spec,
        objective_metric: $.metric,
        objective_direction: $.direction,
        status: $.status,
        reason: $.reason,
        created_at_ms: $.createdAtMs,
        ended_at_ms: $.endedAtMs,
        known_answer: $.selfTestDigest,
        part_digests: $.shardDigests,
        official_data: $.officialData,
      }),
    ),
    extend: prepare(database, (query, $: SpecColumns) =>
      query
        .updateTable('study')
        .set({ spec: $.spec, objective_metric: $.metric, objective_direction: $.direction })
        .where('name', '=', $.study)
        .where('status', 'not in', ['failed', 'cancelled']),
    ),
    setStatus: prepare(
      database,
      (
        query,
        $: { study: string; status: StudyStatus; reason: string | null; endedAtMs: number | null },
      ) =>
        query
          .updateTable('study')
          .set({ status: $.status, reason: $.reason, ended_at_ms: $.endedAtMs })
          .where('name', '=', $.study)
          .where('status', 'not in', ['failed', 'cancelled']),
    ),
    remove: prepare(database, (query, $: { study: string }) =>
      query.deleteFrom('study').where('name', '=', $.study),
    ),
    removeEvents: prepare(database, (query, $: { study: string }) =>
      query.deleteFrom('event').where('study', '=', $.study),
    ),
  };
}

interface WinnerColumns {
  study: string;
  stage: string;
  index: number;
  replicate: number;
  testAccuracy: number | null;
  testLoss: number | null;
  testWorker: string | null;
  reproduced: number | null;
  tests: string;
}

function winnerStatements(database: DatabaseSync) {
  return {
    putWinner: prepare(database, (query, $: WinnerColumns) => {
      const winner = {
        stage: $.stage,
        k: $.index,
        replicate: $.replicate,
        test_accuracy: $.testAccuracy,
        test_loss: $.testLoss,
        test_worker: $.testWorker,
        reproduced: $.reproduced,
        tests: $.tests,
      };
      return query
        .insertInto('winner')
        .values({ study: $.study, ...winner })
        .onConflict((conflict) => conflict.column('study').doUpdateSet(winner));
    }),
    removeWinner: prepare(database, (query, $: { study: string }) =>
      query.deleteFrom('winner').where('study', '=', $.study),
    ),
  };
}

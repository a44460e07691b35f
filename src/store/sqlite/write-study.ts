/** Writes of a study as a whole, and of its winner. */
import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import { canonicalSpec } from '../../study/spec/canonical-spec.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StageRecord } from '../../study/trial.ts';
import type { StoreRow } from '../rows.ts';
import { insert, keyColumns, prepare, trialKey } from './statements.ts';
import type { Tables } from './tables.ts';

export function studyWriter(
  database: DatabaseSync,
  stageWriter: { putStages(study: string, stages: readonly StageRecord[]): void },
) {
  const statements = studyStatements(database);

  return {
    'study-created': ({ record }: StoreRow<'study-created'>): void => {
      const { spec } = record;
      assert(record.winner === null, () => `${spec.study} is new and has no winner`);
      const name = spec.study;
      statements.create.changeOne(
        {
          ...specColumns(spec),
          status: record.status,
          reason: record.reason,
          created_at_ms: record.createdAtMs,
          ended_at_ms: record.endedAtMs,
          self_test_digest: record.selfTestDigest,
          shard_digests: JSON.stringify(record.shardDigests),
          official_data: record.officialData === null ? null : Number(record.officialData),
        },
        () => `creating study ${name}`,
      );
      stageWriter.putStages(name, record.stages);
    },

    'study-extended': ({ spec, stages }: StoreRow<'study-extended'>): void => {
      statements.extend.changeOne(specColumns(spec), () => `extending study ${spec.study}`);
      stageWriter.putStages(spec.study, stages);
    },

    'study-status': ({
      study: name,
      status,
      reason,
      endedAtMs,
    }: StoreRow<'study-status'>): void => {
      statements.setStatus.changeOne(
        { name, status, reason, ended_at_ms: endedAtMs },
        () => `setting study ${name} to ${status}`,
      );
    },

    /** @returns whether there was such a study */
    removeStudy(name: string): boolean {
      statements.removeEvents.change({ name });
      return statements.remove.change({ name }) === 1;
    },
  };
}

/** A value that is not finite is not stored. */
function finiteOrNull(value: number | null): number | null {
  return Number.isFinite(value) ? value : null;
}

type SpecColumns = Pick<Tables['study'], 'name' | 'spec' | 'objective_metric'>;

function specColumns(spec: StudySpec): SpecColumns {
  return { name: spec.study, spec: canonicalSpec(spec), objective_metric: spec.objective.metric };
}

type Status = Pick<Tables['study'], 'name' | 'status' | 'reason' | 'ended_at_ms'>;

function studyStatements(database: DatabaseSync) {
  const isWorkable = "name = :name AND status NOT IN ('failed', 'cancelled')";
  return {
    create: prepare<Omit<Tables['study'], 'ordinal'>>(
      database,
      `INSERT INTO study SELECT :name, (SELECT coalesce(max(ordinal), 0) + 1 FROM study), :spec, :objective_metric,
       :status, :reason, :created_at_ms, :ended_at_ms, :self_test_digest, :shard_digests, :official_data`,
    ),
    extend: prepare<SpecColumns>(
      database,
      `UPDATE study SET spec = :spec, objective_metric = :objective_metric WHERE ${isWorkable}`,
    ),
    setStatus: prepare<Status>(
      database,
      `UPDATE study SET status = :status, reason = :reason, ended_at_ms = :ended_at_ms WHERE ${isWorkable}`,
    ),
    remove: prepare<{ name: string }>(database, 'DELETE FROM study WHERE name = :name'),
    removeEvents: prepare<{ name: string }>(database, 'DELETE FROM event WHERE study = :name'),
  };
}

export function winnerWriter(database: DatabaseSync) {
  const put = insert(database, 'winner', [
    ...keyColumns,
    'test_accuracy',
    'test_loss',
    'test_worker',
    'reproduced',
    'tests',
  ]);
  const remove = prepare<{ study: string }>(database, 'DELETE FROM winner WHERE study = :study');
  return {
    winner: ({ study, winner }: StoreRow<'winner'>): void => {
      remove.change({ study });
      if (winner === null) return;
      put.changeOne(
        {
          ...trialKey(study, winner.trial),
          test_accuracy: finiteOrNull(winner.testAccuracy),
          test_loss: finiteOrNull(winner.testLoss),
          test_worker: winner.testWorker,
          reproduced: winner.reproduced === null ? null : Number(winner.reproduced),
          tests: JSON.stringify(winner.tests),
        },
        () => `the winner of ${study}`,
      );
    },
  };
}

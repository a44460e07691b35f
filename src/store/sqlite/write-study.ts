/** Study writes: store studies with their stages, ranks and winners, events, and excluded workers. */
import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import { canonicalSpec } from '../../study/spec/canonical-spec.ts';
import type { StoredFile } from '../../study/program-files.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { StageRecord } from '../../study/trial.ts';
import type { RowWriters } from '../rows.ts';
import { insert, insertOrdered, keyColumns, prepare, trialKey } from './statements.ts';
import type { Tables } from './tables.ts';

type StudyColumns = Omit<Tables['study'], 'ordinal'>;

export function studyWriter(
  database: DatabaseSync,
): RowWriters<
  | 'study-created'
  | 'study-extended'
  | 'study-reopened'
  | 'study-status'
  | 'study-priority'
  | 'study-reuse'
> {
  const isWorkable = "name = :name AND status NOT IN ('failed', 'cancelled')";
  const create = prepare<StudyColumns>(
    database,
    `INSERT INTO study SELECT :name, (SELECT coalesce(max(ordinal), 0) + 1 FROM study), :spec, :objective_metric,
     :status, :reason, :created_at_ms, :ended_at_ms, :self_test_digest, :shard_digests, :official_data,
     :data_warnings, :image_counts, :priority, :budget_end, :active_ms, :reuse`,
  );
  const extend = prepare<SpecColumns>(
    database,
    `UPDATE study SET spec = :spec, objective_metric = :objective_metric WHERE ${isWorkable}`,
  );
  const setStatus = prepare<Pick<StudyColumns, 'name' | 'status' | 'reason' | 'ended_at_ms'>>(
    database,
    `UPDATE study SET status = :status, reason = :reason, ended_at_ms = :ended_at_ms WHERE ${isWorkable}`,
  );
  const reopen = prepare<Pick<StudyColumns, 'name'>>(
    database,
    `UPDATE study SET status = 'running', reason = NULL, ended_at_ms = NULL
     WHERE name = :name AND status IN ('complete', 'failed', 'cancelled')`,
  );
  const setPriority = prepare<Pick<StudyColumns, 'name' | 'priority'>>(
    database,
    `UPDATE study SET priority = :priority WHERE ${isWorkable}`,
  );
  const setReuse = prepare<Pick<StudyColumns, 'name'>>(
    database,
    `UPDATE study SET reuse = 1 WHERE ${isWorkable}`,
  );
  const putStages = stagesWriter(database);
  const putFiles = filesWriter(database);
  return {
    'study-created': ({ record, files = [] }) => {
      assert(record.winner === null, () => `${record.spec.study} is new and has no winner`);
      create.changeOne(studyColumns(record));
      putStages(record.spec.study, record.stages);
      putFiles(record.spec.study, files);
    },
    'study-extended': ({ spec, stages }) => {
      extend.changeOne(specColumns(spec));
      putStages(spec.study, stages);
    },
    'study-reopened': ({ study }) => reopen.changeOne({ name: study }),
    'study-status': ({ study, status, reason, endedAtMs }) => {
      setStatus.changeOne({ name: study, status, reason, ended_at_ms: endedAtMs });
    },
    'study-priority': ({ study, priority }) => setPriority.changeOne({ name: study, priority }),
    'study-reuse': ({ study }) => setReuse.changeOne({ name: study }),
  };
}

function studyColumns(record: StudyRecord): StudyColumns {
  return {
    ...specColumns(record.spec),
    status: record.status,
    reason: record.reason,
    created_at_ms: record.createdAtMs,
    ended_at_ms: record.endedAtMs,
    self_test_digest: record.selfTestDigest,
    shard_digests: JSON.stringify(record.shardDigests),
    official_data: record.officialData === null ? null : Number(record.officialData),
    data_warnings: JSON.stringify(record.dataWarnings),
    priority: record.priority,
    budget_end: (record.budgetEnd ?? null) === null ? null : JSON.stringify(record.budgetEnd),
    active_ms: record.activeMs ?? 0,
    reuse: Number(record.reuse === true),
    image_counts: record.imageCounts === null ? null : JSON.stringify(record.imageCounts),
  };
}

type SpecColumns = Pick<StudyColumns, 'name' | 'spec' | 'objective_metric'>;

function specColumns(spec: StudySpec): SpecColumns {
  return { name: spec.study, spec: canonicalSpec(spec), objective_metric: spec.objective.metric };
}

/** Deletes a study with everything in it. @returns whether there was such a study */
export function removeStudy(database: DatabaseSync, study: string): boolean {
  const remove = (from: string): number =>
    prepare<{ study: string }>(database, `DELETE FROM ${from} = :study`).change({ study });
  remove('event WHERE study');
  return remove('study WHERE name') === 1;
}

function filesWriter(database: DatabaseSync) {
  const put = insert(database, 'program_file');
  return (study: string, files: readonly StoredFile[]): void => {
    for (const { name, sha256, content } of files) put({ study, name, sha256, content });
  };
}

/** Stores all stages of a study in order; those that are stored already are updated. */
function stagesWriter(database: DatabaseSync) {
  // A list that renames or reorders stages is a bug: it changes no row.
  const put = insert(
    database,
    'stage',
    `ON CONFLICT (study, name) DO UPDATE SET trials = excluded.trials, space = excluded.space,
     reason = excluded.reason, closed = excluded.closed
     WHERE ordinal = excluded.ordinal`,
  );
  return (study: string, stages: readonly StageRecord[]): void => {
    for (const [index, stage] of stages.entries())
      put({ ...stageColumns(study, stage), ordinal: index + 1 });
  };
}

type StageColumns = Omit<Tables['stage'], 'ordinal'>;

function stageColumns(study: string, stage: StageRecord): StageColumns {
  return {
    study,
    name: stage.name,
    trials: stage.trials,
    space: stage.space === null ? null : JSON.stringify(stage.space),
    reason: stage.reason,
    closed: Number(stage.closed),
  };
}

export function stageWriter(
  database: DatabaseSync,
): RowWriters<'stage-opened' | 'stage-closed' | 'ranks'> {
  const open = prepare<StageColumns>(
    database,
    `UPDATE stage SET space = :space, reason = :reason
     WHERE study = :study AND name = :name AND trials = :trials AND space IS NULL`,
  );
  const close = prepare<Pick<StageColumns, 'study' | 'name'>>(
    database,
    `UPDATE stage SET closed = 1
     WHERE study = :study AND name = :name AND closed = 0`,
  );
  const removeRanks = prepare<{ study: string }>(
    database,
    'DELETE FROM ranking WHERE study = :study',
  );
  const addRank = insertOrdered(database, 'ranking', [
    ...keyColumns,
    'rank_in_stage',
    'rank_in_study',
  ]);
  return {
    'stage-opened': ({ study, stage }) => open.changeOne(stageColumns(study, stage)),
    'stage-closed': ({ study, stage }) => close.changeOne({ study, name: stage }),
    ranks: ({ study, ranks }) => {
      removeRanks.change({ study });
      for (const { trial, rankInStage, rankInStudy } of ranks) {
        if (rankInStage === null || rankInStudy === null) continue;
        addRank(study, trial.stage, trial.index, trial.replicate, rankInStage, rankInStudy);
      }
    },
  };
}

export function winnerWriter(database: DatabaseSync): RowWriters<'winner'> {
  const put = insert(database, 'winner');
  const remove = prepare<{ study: string }>(database, 'DELETE FROM winner WHERE study = :study');
  // A value that is not finite is not stored.
  const finiteOrNull = (value: number | null) => (Number.isFinite(value) ? value : null);
  return {
    winner: ({ study, winner }) => {
      remove.change({ study });
      if (winner === null) return;
      put({
        ...trialKey(study, winner.trial),
        test_accuracy: finiteOrNull(winner.testAccuracy),
        test_loss: finiteOrNull(winner.testLoss),
        test_worker: winner.testWorker,
        reproduced: winner.reproduced === null ? null : Number(winner.reproduced),
        tests: JSON.stringify(winner.tests),
        attempts_before: JSON.stringify(winner.attemptsBefore),
      });
    },
  };
}

export function clusterWriter(
  database: DatabaseSync,
): RowWriters<'worker-excluded' | 'machine-trusted' | 'event'> {
  const exclude = insert(database, 'exclusion');
  const trust = prepare<{ machine: string }>(
    database,
    'UPDATE exclusion SET machine = NULL WHERE machine = :machine',
  );
  const addEvent = insert(database, 'event');
  return {
    'worker-excluded': ({ session, worker, reason, machine, atMs }) =>
      exclude({ session, worker, reason, machine, at_ms: atMs }),
    'machine-trusted': ({ machine }) => trust.change({ machine }),
    event: ({ atMs, study, what, detail }) => addEvent({ at_ms: atMs, study, what, detail }),
  };
}

/** Writes of stages, and of the ranks that are stored when a stage closes. */
import type { DatabaseSync } from 'node:sqlite';
import type { StageRecord } from '../../study/trial.ts';
import type { StoreRow } from '../rows.ts';
import { insert, keyColumns, prepare, trialKey } from './statements.ts';
import type { Tables } from './tables.ts';

export function stageWriter(database: DatabaseSync) {
  const statements = { ...stageStatements(database), ...rankStatements(database) };
  return {
    /** Stores all stages of a study in order; those that are stored already are updated. */
    putStages(study: string, stages: readonly StageRecord[]): void {
      for (const [index, stage] of stages.entries()) {
        statements.put.changeOne(
          { ...stageColumns(study, stage), ordinal: index + 1 },
          () => `stage ${stage.name} of ${study}`,
        );
      }
    },

    'stage-opened': ({ study, stage }: StoreRow<'stage-opened'>): void => {
      statements.open.changeOne(
        stageColumns(study, stage),
        () => `opening stage ${stage.name} of ${study}`,
      );
    },

    'stage-closed': ({ study, stage, warnings }: StoreRow<'stage-closed'>): void => {
      statements.close.changeOne(
        { study, name: stage, warnings: JSON.stringify(warnings) },
        () => `closing stage ${stage} of ${study}`,
      );
    },

    ranks: ({ study, ranks }: StoreRow<'ranks'>): void => {
      statements.removeRanks.change({ study });
      for (const { trial, rankInStage, rankInStudy } of ranks) {
        if (rankInStage === null || rankInStudy === null) continue;
        statements.addRank.change({
          ...trialKey(study, trial),
          rank_in_stage: rankInStage,
          rank_in_study: rankInStudy,
        });
      }
    },
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
    warnings: JSON.stringify(stage.warnings),
  };
}

function stageStatements(database: DatabaseSync) {
  return {
    /** A list that renames or reorders stages is a bug: it changes no row. */
    put: insert(
      database,
      'stage',
      ['study', 'name', 'ordinal', 'trials', 'space', 'reason', 'closed', 'warnings'],
      `ON CONFLICT (study, name) DO UPDATE SET trials = excluded.trials, space = excluded.space,
       reason = excluded.reason, closed = excluded.closed, warnings = excluded.warnings
       WHERE ordinal = excluded.ordinal`,
    ),
    open: prepare<StageColumns>(
      database,
      `UPDATE stage SET space = :space, reason = :reason, warnings = :warnings
       WHERE study = :study AND name = :name AND trials = :trials AND space IS NULL`,
    ),
    close: prepare<Pick<StageColumns, 'study' | 'name' | 'warnings'>>(
      database,
      `UPDATE stage SET closed = 1, warnings = :warnings
       WHERE study = :study AND name = :name AND closed = 0`,
    ),
  };
}

function rankStatements(database: DatabaseSync) {
  return {
    removeRanks: prepare<{ study: string }>(database, 'DELETE FROM ranking WHERE study = :study'),
    addRank: insert(database, 'ranking', [...keyColumns, 'rank_in_stage', 'rank_in_study']),
  };
}

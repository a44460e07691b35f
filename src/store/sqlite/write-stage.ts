/** Writes about the stages of a study: each a guarded statement, prepared once. */
import type { DatabaseSync } from 'node:sqlite';
import type { StageRecord } from '../../study/trial.ts';
import type { RowOf } from '../rows.ts';
import { prepare } from './statements.ts';

export function stageWriter(database: DatabaseSync) {
  const statements = stageStatements(database);
  return {
    /** At their places in the study's list; those that are there already are brought up to date. */
    put(study: string, stages: readonly StageRecord[]): void {
      for (const [index, stage] of stages.entries()) {
        statements.putStage.changeOne(
          { study, ordinal: index + 1, ...stageColumns(stage) },
          () => `stage ${stage.name} of ${study}`,
        );
      }
    },

    opened({ study, stage }: RowOf<'stage-opened'>): void {
      statements.openStage.changeOne(
        { study, ...stageColumns(stage) },
        () => `opening stage ${stage.name} of ${study}`,
      );
    },

    closed({ study, stage, warnings }: RowOf<'stage-closed'>): void {
      const values = { study, name: stage, warnings: JSON.stringify(warnings) };
      statements.closeStage.changeOne(values, () => `closing stage ${stage} of ${study}`);
    },
  };
}

interface StageColumns {
  name: string;
  trials: number;
  rangeMin: number | null;
  rangeMax: number | null;
  reason: string | null;
  closed: number;
  warnings: string;
}

function stageColumns(stage: StageRecord): StageColumns {
  return {
    name: stage.name,
    trials: stage.trials,
    rangeMin: stage.range?.min ?? null,
    rangeMax: stage.range?.max ?? null,
    reason: stage.reason,
    closed: Number(stage.closed),
    warnings: JSON.stringify(stage.warnings),
  };
}

function stageStatements(database: DatabaseSync) {
  return {
    /** At its place in the list, under its own name: a list that renames or reorders stages is a bug. */
    putStage: prepare(database, (query, $: StageColumns & { study: string; ordinal: number }) =>
      query
        .insertInto('stage')
        .values({
          study: $.study,
          name: $.name,
          ordinal: $.ordinal,
          trials: $.trials,
          range_min: $.rangeMin,
          range_max: $.rangeMax,
          reason: $.reason,
          closed: $.closed,
          warnings: $.warnings,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['study', 'name'])
            .doUpdateSet((eb) => ({
              trials: eb.ref('excluded.trials'),
              range_min: eb.ref('excluded.range_min'),
              range_max: eb.ref('excluded.range_max'),
              reason: eb.ref('excluded.reason'),
              closed: eb.ref('excluded.closed'),
              warnings: eb.ref('excluded.warnings'),
            }))
            .whereRef('stage.ordinal', '=', 'excluded.ordinal'),
        ),
    ),
    openStage: prepare(database, (query, $: StageColumns & { study: string }) =>
      query
        .updateTable('stage')
        .set({
          range_min: $.rangeMin,
          range_max: $.rangeMax,
          reason: $.reason,
          warnings: $.warnings,
        })
        .where('study', '=', $.study)
        .where('name', '=', $.name)
        .where('trials', '=', $.trials)
        .where('range_min', 'is', null),
    ),
    closeStage: prepare(database, (query, $: { study: string; name: string; warnings: string }) =>
      query
        .updateTable('stage')
        .set({ closed: 1, warnings: $.warnings })
        .where('study', '=', $.study)
        .where('name', '=', $.name)
        .where('closed', '=', 0),
    ),
  };
}

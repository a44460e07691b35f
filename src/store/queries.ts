/** Every query that reads, prepared once. `read.ts` puts their rows together. */
import type { DatabaseSync } from 'node:sqlite';
import type { Kysely, Selectable } from 'kysely';
import type { TrialId } from '../study/trial.ts';
import type { Tables } from './schema.ts';
import { prepare } from './statements.ts';

export type StudyRow = Selectable<Tables['study']>;
export type StageRow = Selectable<Tables['stage']>;
export type AttemptRow = Selectable<Tables['attempt']>;
export type EventRow = Selectable<Tables['event']>;
export type WinnerRow = Selectable<Tables['winner']>;
type MeasurementRow = Selectable<Tables['measurement']>;

/** A trial beside its last measurement, whose columns are null where there is none. */
export type TrialRow = Omit<Selectable<Tables['trial']>, 'study'> & {
  [K in MeasurementColumn]: MeasurementRow[K] | null;
};

const measurementColumns = [
  'step',
  'epoch',
  'learning_rate',
  'train_loss',
  'train_cost',
  'train_accuracy',
  'validation_loss',
  'validation_cost',
  'validation_accuracy',
  'test_loss',
  'test_accuracy',
] as const;

export type MeasurementColumn = (typeof measurementColumns)[number];

type Key = TrialId & { study: string };

export function studyQueries(database: DatabaseSync) {
  return {
    studies: prepare(database, (query) => query.selectFrom('study').selectAll().orderBy('ordinal')),
    study: prepare(database, (query, $: { name: string }) =>
      query.selectFrom('study').selectAll().where('name', '=', $.name),
    ),
    stages: prepare(database, (query, $: { study: string }) =>
      query.selectFrom('stage').selectAll().where('study', '=', $.study).orderBy('ordinal'),
    ),
    events: prepare(database, (query, $: { limit: number }) =>
      query.selectFrom('event').selectAll().orderBy('sequence', 'desc').limit($.limit),
    ),
    quarantines: prepare(database, (query) =>
      query.selectFrom('quarantine').selectAll().orderBy('at_ms').orderBy('session'),
    ),
    winner: prepare(database, (query, $: { study: string }) =>
      query.selectFrom('winner').selectAll().where('study', '=', $.study),
    ),
  };
}

export function trialQueries(database: DatabaseSync) {
  return {
    trials: prepare(database, (query, $: { study: string }) =>
      inOrder(selectTrials(query)).where('t.study', '=', $.study),
    ),
    trial: prepare(database, (query, $: Key) =>
      selectTrials(query)
        .where('t.study', '=', $.study)
        .where('t.stage', '=', $.stage)
        .where('t.k', '=', $.k)
        .where('t.replicate', '=', $.replicate),
    ),
    correctness: prepare(database, (query, $: { study: string }) =>
      query.selectFrom('correctness').selectAll().where('study', '=', $.study),
    ),
    correctnessOf: prepare(database, (query, $: Key) =>
      query
        .selectFrom('correctness')
        .selectAll()
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where('k', '=', $.k)
        .where('replicate', '=', $.replicate),
    ),
    curve: prepare(database, (query, $: Key) =>
      query
        .selectFrom('measurement')
        .selectAll()
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where('k', '=', $.k)
        .where('replicate', '=', $.replicate)
        .orderBy('step'),
    ),
    measurements: prepare(database, (query, $: { study: string }) =>
      query
        .selectFrom('measurement')
        .selectAll()
        .where('study', '=', $.study)
        .orderBy('stage')
        .orderBy('k')
        .orderBy('replicate')
        .orderBy('step'),
    ),
  };
}

function selectTrials(query: Kysely<Tables>) {
  return query
    .selectFrom('trial as t')
    .innerJoin('stage as g', (join) =>
      join.onRef('g.study', '=', 't.study').onRef('g.name', '=', 't.stage'),
    )
    .leftJoin('measurement as m', (join) =>
      join
        .onRef('m.study', '=', 't.study')
        .onRef('m.stage', '=', 't.stage')
        .onRef('m.k', '=', 't.k')
        .onRef('m.replicate', '=', 't.replicate')
        .onRef('m.step', '=', 't.measured_step'),
    )
    .select([
      't.stage',
      't.k',
      't.replicate',
      't.lambda',
      't.status',
      't.reason',
      't.attempts',
      't.charged',
      't.worker',
      't.steps',
      't.seconds',
      't.digest',
      't.measured_step',
      't.fingerprint',
      't.audit',
    ])
    .select(measurementColumns.map((column) => `m.${column}` as const));
}

function inOrder(selected: ReturnType<typeof selectTrials>) {
  return selected.orderBy('g.ordinal').orderBy('t.k').orderBy('t.replicate');
}

export function attemptQueries(database: DatabaseSync) {
  return {
    attempts: prepare(database, (query, $: { study: string }) =>
      query
        .selectFrom('attempt as a')
        .innerJoin('stage as g', (join) =>
          join.onRef('g.study', '=', 'a.study').onRef('g.name', '=', 'a.stage'),
        )
        .selectAll('a')
        .where('a.study', '=', $.study)
        .orderBy('g.ordinal')
        .orderBy('a.k')
        .orderBy('a.replicate')
        .orderBy('a.attempt'),
    ),
    attemptsOf: prepare(database, (query, $: Key) =>
      query
        .selectFrom('attempt')
        .selectAll()
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where('k', '=', $.k)
        .where('replicate', '=', $.replicate)
        .orderBy('attempt'),
    ),
    openAttempts: prepare(database, (query) =>
      query
        .selectFrom('attempt as a')
        .innerJoin('study as s', 's.name', 'a.study')
        .innerJoin('stage as g', (join) =>
          join.onRef('g.study', '=', 'a.study').onRef('g.name', '=', 'a.stage'),
        )
        .selectAll('a')
        .where('a.outcome', 'is', null)
        .orderBy('s.ordinal')
        .orderBy('g.ordinal')
        .orderBy('a.k')
        .orderBy('a.replicate')
        .orderBy('a.attempt'),
    ),
  };
}

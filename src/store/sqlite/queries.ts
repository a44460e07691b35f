/** Every query that reads, prepared once. `read.ts` puts their rows together. */
import type { DatabaseSync } from 'node:sqlite';
import type { Kysely, Selectable } from 'kysely';
import type { TrialId } from '../../study/trial.ts';
import type { Tables } from './schema.ts';
import { prepare } from './statements.ts';

export type StudyRow = Selectable<Tables['study']>;
export type StageRow = Selectable<Tables['stage']>;
/** Of a stage that is known. */
export type AttemptRow = Omit<Selectable<Tables['attempt']>, 'study' | 'stage'>;
export type EventRow = Selectable<Tables['event']>;
export type WinnerRow = Selectable<Tables['winner']>;
type MeasurementRow = Selectable<Tables['measurement']>;

/** A trial of a stage that is known, beside its last measurement, whose columns are null where there is none. */
export type TrialRow = Omit<Selectable<Tables['trial']>, 'study' | 'stage'> & {
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

const attemptColumns = [
  'k',
  'replicate',
  'attempt',
  'purpose',
  'worker',
  'session',
  'pack',
  'granted_at_ms',
  'ended_at_ms',
  'outcome',
  'reason',
  'fingerprint',
] as const;

export type MeasurementColumn = (typeof measurementColumns)[number];

type Key = TrialId & { study: string };
type StageKey = { study: string; stage: string };

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
    /** Stage by stage: in the order of the table's key, so that nothing is sorted. */
    trials: prepare(database, (query, $: StageKey) =>
      selectTrials(query)
        .where('t.study', '=', $.study)
        .where('t.stage', '=', $.stage)
        .orderBy('t.k')
        .orderBy('t.replicate'),
    ),
    trial: prepare(database, (query, $: Key) =>
      selectTrials(query)
        .where('t.study', '=', $.study)
        .where('t.stage', '=', $.stage)
        .where('t.k', '=', $.index)
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
        .where('k', '=', $.index)
        .where('replicate', '=', $.replicate),
    ),
    curve: prepare(database, (query, $: Key) =>
      query
        .selectFrom('measurement')
        .selectAll()
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where('k', '=', $.index)
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
    .leftJoin('measurement as m', (join) =>
      join
        .onRef('m.study', '=', 't.study')
        .onRef('m.stage', '=', 't.stage')
        .onRef('m.k', '=', 't.k')
        .onRef('m.replicate', '=', 't.replicate')
        .onRef('m.step', '=', 't.measured_step'),
    )
    .select([
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

export function attemptQueries(database: DatabaseSync) {
  return {
    attempts: prepare(database, (query, $: StageKey) =>
      query
        .selectFrom('attempt')
        .select(attemptColumns)
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .orderBy('k')
        .orderBy('replicate')
        .orderBy('attempt'),
    ),
    /** Those that gave a result for a trial that had one. */
    recomputed: prepare(database, (query, $: StageKey) =>
      query
        .selectFrom('attempt')
        .select(attemptColumns)
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where((where) =>
          where.or([
            where('outcome', 'in', ['duplicate', 'disputed']),
            where.and([where('outcome', '=', 'accepted'), where('purpose', '!=', 'search')]),
          ]),
        )
        .orderBy('k')
        .orderBy('replicate')
        .orderBy('attempt'),
    ),
    attemptsOf: prepare(database, (query, $: Key) =>
      query
        .selectFrom('attempt')
        .select(attemptColumns)
        .where('study', '=', $.study)
        .where('stage', '=', $.stage)
        .where('k', '=', $.index)
        .where('replicate', '=', $.replicate)
        .orderBy('attempt'),
    ),
  };
}

/**
 * Migration of version 5: converts a store of release 0.1.0 (schema version 5).
 *
 * Version 5 had a column for each metric and for λ, and its specs were JSON with camelCase keys and a
 * `kind` for each alternative. Fingerprints and digests are kept as they are.
 */
import type { DatabaseSync } from 'node:sqlite';
import { canonicalSpec } from '../../study/spec/canonical-spec.ts';
import type { DatasetSpec, Selection, StudySpec } from '../../study/spec/study-spec.ts';
import type { TrainerSettings } from '../../study/trainer-description.ts';
import type { Metrics } from '../../study/metrics.ts';
import type { Measurement } from '../../study/trial.ts';
import { curveText, metricsText } from './curve-text.ts';
import { tablesText } from './schema.ts';

/** A table may refer to the tables before it. */
const oldTables = 'study,stage,trial,correctness,attempt,measurement,winner,event,quarantine'.split(
  ',',
);

const metricColumns = [
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
];

const isOfTrial5 =
  'm.study = t.study AND m.stage = t.stage AND m.k = t.k AND m.replicate = t.replicate';

/** @param values of `metricColumns`; a metric that is null was not measured */
function toMetrics(values: readonly unknown[]): Metrics {
  return Object.fromEntries(
    metricColumns.flatMap((name, at) => {
      const value = values[at] ?? null;
      return value === null ? [] : [[name, Number(value)] as const];
    }),
  );
}

/** The new tables without the view and the ranks. To be called in a transaction. */
export function convertVersion5(database: DatabaseSync): void {
  const deterministic = { deterministic: true, directOnly: true };
  database.function('convert_spec', deterministic, (text) => convertSpec(String(text)));
  database.function('json_metrics', { ...deterministic, varargs: true }, (...values) =>
    metricsText(toMetrics(values)),
  );
  let points: Measurement[] = [];
  database.aggregate('json_curve', {
    ...deterministic,
    varargs: true,
    // The points are collected outside of SQLite, whose accumulators are values.
    start: () => {
      points = [];
      return null;
    },
    step: (_, step, ...values) => {
      points.push({ step: Number(step), metrics: toMetrics(values) });
      return null;
    },
    result: () => curveText(points.toSorted((a, b) => a.step - b.step)),
  });
  database.function('json_params', deterministic, (lambda) => JSON.stringify({ lambda }));
  database.function('json_space', deterministic, (min, max) =>
    JSON.stringify({ lambda: { distribution: 'log_uniform', min, max } }),
  );
  database.exec(`
    DROP VIEW trials_ranked;
    DROP INDEX attempt_one_open;
    DROP INDEX attempt_one_open_audit;
    ${oldTables.map((name) => `ALTER TABLE ${name} RENAME TO ${name}_5;`).join('\n')}
    ${tablesText}
    INSERT INTO study SELECT name, ordinal, convert_spec(spec), objective_metric, status, reason, created_at_ms,
      ended_at_ms, known_answer, part_digests, official_data, '[]', NULL, 1, NULL, 0, 0 FROM study_5;
    INSERT INTO stage SELECT study, name, ordinal, trials,
      CASE WHEN range_min IS NOT NULL THEN json_space(range_min, range_max) END, reason, closed FROM stage_5;
    INSERT INTO trial SELECT study, stage, k, replicate, json_params(lambda), status, reason, attempts, charged, audit
      FROM trial_5;
    INSERT INTO result SELECT study, stage, k, replicate, worker, steps, seconds, digest, fingerprint, measured_step,
      (SELECT json_metrics(${metricColumns.join(', ')}) FROM measurement_5 AS m
        WHERE ${isOfTrial5} AND m.step = measured_step),
      (SELECT json_curve(m.step, ${metricColumns.join(', ')}) FROM measurement_5 AS m WHERE ${isOfTrial5}),
      (SELECT bits FROM correctness_5 AS m WHERE ${isOfTrial5}), NULL FROM trial_5 AS t WHERE steps IS NOT NULL;
    INSERT INTO attempt SELECT study, stage, k, replicate, attempt, purpose, worker, session, '', '', pack, granted_at_ms,
      ended_at_ms, CASE outcome WHEN 'superseded' THEN 'obsolete' ELSE outcome END, reason, fingerprint, NULL FROM attempt_5;
    INSERT INTO winner SELECT study, stage, k, replicate, test_accuracy, test_loss, test_worker, reproduced, tests, '[]'
      FROM winner_5;
    INSERT INTO event SELECT sequence, at_ms, study, what, detail FROM event_5;
    INSERT INTO exclusion SELECT session, worker, reason, NULL, at_ms FROM quarantine_5;
    ${oldTables
      .toReversed()
      .map((name) => `DROP TABLE ${name}_5;`)
      .join('\n')}`);
}

/** A spec of version 5: the fields that differ from the present spec. */
interface Spec5 extends Pick<StudySpec, 'study' | 'seed' | 'objective' | 'test'> {
  readonly dataset: {
    readonly source: { readonly kind: string } & Pick<DatasetSpec, 'name' | 'path' | 'format'>;
    readonly train: Selection5;
    readonly validation: Selection5;
    readonly test: Selection5 | null;
    readonly stratify?: boolean;
  };
  readonly trainer: TrainerSettings & {
    readonly learningRate: object;
    readonly length: { readonly kind: string };
    readonly measure: { readonly kind: string; readonly steps?: number };
  };
  readonly stages: readonly {
    readonly name: string;
    readonly trials: number;
    readonly lambda: { readonly range?: { min: number; max: number }; readonly narrow?: string };
  }[];
  readonly replicates?: number;
  readonly racing?: boolean;
  readonly numerics: string;
  readonly audit: StudySpec['audit'] | null;
}

interface Selection5 {
  readonly parts?: readonly string[];
  readonly count?: number;
  readonly fraction?: number;
}

/** @param text the canonical text of version 5 @returns the present canonical text of the same study */
function convertSpec(text: string): string {
  const { dataset, trainer, stages, numerics, audit, ...rest }: Spec5 = JSON.parse(text);
  const { kind: _source, ...source } = dataset.source;
  const { length, measure, learningRate, ...settings } = trainer;
  const { kind: _length, ...cyclesOrEpochs } = length;
  return canonicalSpec({
    replicates: 1,
    racing: false,
    ...rest,
    dataset: {
      ...source,
      train: convertSelection(dataset.train),
      validation: convertSelection(dataset.validation),
      test: dataset.test === null ? undefined : convertSelection(dataset.test),
      stratify: dataset.stratify ?? false,
    },
    trainer: {
      name: 'two-layer',
      ...settings,
      learningRate: { cycleMultiplier: 1, ...learningRate },
      ...cyclesOrEpochs,
      measure: measure.kind === 'steps' ? { steps: measure.steps } : measure.kind,
    },
    stages: stages.map(({ name, trials, lambda: { range, narrow } }) => ({
      name,
      trials,
      search: { lambda: { distribution: 'log_uniform', ...range, narrow } },
    })),
    reproducible: numerics === 'canonical',
    audit: audit ?? undefined,
  });
}

function convertSelection({ parts, count, fraction = 1 }: Selection5): Selection {
  return parts ?? (count === undefined ? { fraction } : { count });
}

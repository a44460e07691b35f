/**
 * Output schemas: the JSON documents of `results` and `run`, field by field.
 *
 * `docs/schemas` and the tables of `docs/json.md` are generated from them. Tests compare them with real
 * documents, so a field that is not described here fails. Rows depend on the hyperparameters of a study and
 * the metrics of its trainer; `result-fields.ts` describes them.
 */
import { z } from 'zod';
import type { Metric } from '../../study/metrics.ts';
import { studyStatuses } from '../../study/trial.ts';
import { resultFields, type ResultField, type ResultLayout } from '../results/result-fields.ts';
import type { StudyResults } from '../results/study-results.ts';
import { schemaVersion } from '../text/json-value.ts';
import { count, fitSchema, importanceSchema, share } from './analysis-schemas.ts';

export { count, share };

/** The first field of every document but `workers`. */
export const versionField = {
  schema_version: z
    .literal(schemaVersion)
    .describe('version of the format: raised if a field is renamed or removed'),
};

const range = z
  .object({
    min: z.number().nullable().describe('lower bound; null if not known yet, or for a list'),
    max: z.number().nullable().describe('upper bound; null if not known yet, or for a list'),
    values: z
      .array(z.union([z.number(), z.string(), z.boolean()]))
      .optional()
      .describe('the values of a list'),
    where: z
      .record(z.string(), z.array(z.union([z.number(), z.string(), z.boolean()])))
      .optional()
      .describe('values of other hyperparameters with which it is active; absent: always'),
    distribution: z.string().describe('how values are drawn, such as log_uniform'),
    reason: z.string().optional().describe('why a narrowed range is what it is'),
  })
  .meta({ id: 'range', description: 'values of a hyperparameter that a stage samples' });

const time = z.string().nullable();

/** When and from what a study was computed. */
const provenanceFields = {
  created_at: z.string().describe('when the study was submitted, in UTC'),
  started_at: time.describe('when its first trial started; null before'),
  ended_at: time.describe('when the study ended; null before'),
  study_digest: z
    .string()
    .describe('SHA-256 of the study file with defaults written out and keys sorted'),
  self_test_digest: z.string().describe('self-test digest of its arithmetic'),
  data: z
    .object({
      name: z.string().describe('name or path of the data set'),
      official: z
        .boolean()
        .nullable()
        .describe('whether its files are those of the official release; null if there is none'),
      shards: z.record(z.string(), z.string()).describe('SHA-256 by name of the shard'),
    })
    .describe('data set'),
  images: z
    .object({
      train: count.nullable().describe('images to train with; null in a study of release 0.1.0'),
      validation: count.nullable().describe('images that choose the winner; null if unknown'),
      test: count.nullable().describe('images that measure the winner; null without a test split'),
    })
    .describe('images in each split'),
};

const statusCounts = z
  .object({
    waiting: count.describe('not started, or to be repeated'),
    running: count.describe('assigned to a worker'),
    paused: count.describe('trained to a rung; compared when the others are'),
    complete: count.describe('with a result'),
    stopped: count.describe('clearly worse than another one at a rung'),
    failed: count.describe('diverged, or failed permanently'),
    cancelled: count.describe('cancelled with their study'),
  })
  .meta({ id: 'counts', description: 'numbers by status' });

const winnerFields = {
  test_loss: z.number().nullable().describe('test loss, in nats; null if not measured'),
  test_worker: z
    .string()
    .nullable()
    .describe('worker that trained the winner again; null until then'),
  reproduced: z
    .boolean()
    .nullable()
    .describe('whether the second training gave the same digest; null until then'),
  tests: z
    .array(
      z.object({
        replicate: count.describe('number of the replicate, from 1'),
        test_accuracy: share.nullable().describe('test accuracy; null without a test split'),
        test_loss: z.number().nullable().describe('test loss, in nats; null without a test split'),
        test_worker: z.string().describe('worker that trained the replicate again'),
        digest: z
          .string()
          .nullable()
          .describe('SHA-256 of its trained parameters; null if unknown'),
      }),
    )
    .optional()
    .describe('second trainings, if the winner has several replicates'),
  tied_trials: count
    .nullable()
    .describe(
      'configurations that are not significantly worse than the best, which is counted too; null if not compared',
    ),
  compared_trials: count
    .nullable()
    .describe('configurations that were compared, the best included; null if none'),
  conservative_trial: z
    .string()
    .nullable()
    .describe(
      'the one with the largest value of those that are not significantly worse, if a larger value gives a simpler model and it is not the winner; null otherwise',
    ),
};

const warningDetail = z.object({
  code: z.string().describe('kind of the warning, in the list below'),
  stage: z.string().nullable().describe('stage that it is about; null for the whole study'),
  text: z.string().describe('the sentence'),
});

function stageSchema({ parameters }: ResultLayout, row: z.ZodObject) {
  return z.object({
    name: z.string().describe('name of the stage'),
    closed: z.boolean().describe('whether all its trials have ended'),
    configuration_counts: statusCounts.describe('configurations by status'),
    rows_total: count.describe('rows without a selection'),
    rows_matched: count.describe('rows that match --where; --top shows the first of them'),
    ...(parameters.includes('lambda') && {
      lambda: range.describe('the same as search.lambda'),
    }),
    search: z.record(z.string(), range).describe('range of each hyperparameter, by its name'),
    trials: z.array(row).describe('rows, best first'),
  });
}

/** The document of `results` and `run` with `--format json`, without `--columns`. */
export function resultsSchema(layout: ResultLayout & Pick<StudyResults, 'parameter'>): z.ZodObject {
  const { parameter } = layout;
  const row = z
    .object(rowFields(layout))
    .meta({ id: 'row', description: 'a configuration, or one replicate with --replicates' });
  const tied = z.object({
    min: z.number().describe('smallest value'),
    max: z.number().describe('largest value'),
  });
  return z.object({
    ...versionField,
    ridgeline_version: z.string().describe('version of the program that wrote the document'),
    study: z.string().describe('name of the study'),
    status: z.enum(studyStatuses).describe('state of the study'),
    reason: z
      .string()
      .nullable()
      .describe('why the study failed, or why it is paused; null otherwise'),
    budget_end: z
      .object({
        by: z.enum(['steps', 'time', 'target']).describe('key of the budget'),
        steps: count.describe('budget of steps that gives the same trials'),
      })
      .nullable()
      .describe('how a budget ended the search; null if none did'),
    ...provenanceFields,
    trial_counts: statusCounts.describe('trials by status; replicates count'),
    seed: count.describe('seed of the study'),
    objective: z
      .object({
        metric: z.string().describe('metric that ranks'),
        direction: z.enum(['maximize', 'minimize']).describe('whether more or less is better'),
      })
      .describe('what the study searches for'),
    stages: z.array(stageSchema(layout, row)).describe('stages, in the order of the study file'),
    best: row.nullable().describe('row of the best configuration so far; null if none has a value'),
    winner: row
      .extend({
        ...winnerFields,
        ...(parameter !== null && {
          [`tied_${parameter}`]: tied
            .nullable()
            .describe('range of the tied configurations; null if not compared'),
        }),
      })
      .nullable()
      .describe(
        'row of the best configuration, with more fields; null until the study is complete',
      ),
    importance: importanceSchema,
    fit: fitSchema(parameter).describe(
      'fitted curve through all results; null if they do not support one',
    ),
    warnings: z.array(z.string()).describe('sentences about limits of the results'),
    warning_details: z.array(warningDetail).describe('the same warnings with their codes'),
  });
}

/** A line of `results` and `run` with `--format jsonl`, without `--columns`. */
export function resultsLineSchema(layout: ResultLayout): z.ZodObject {
  return z.object({
    ...versionField,
    study: z.string().describe('name of the study'),
    stage: z.string().describe('name of the stage'),
    ...rowFields(layout),
  });
}

/** The columns of files without the study and the stage, and `params` after those of the hyperparameters. */
function rowFields(layout: ResultLayout): Record<string, z.ZodType> {
  const params = z
    .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
    .describe('values of all hyperparameters, by name');
  const last = layout.parameters.at(-1);
  return Object.fromEntries(
    resultFields(layout)
      .filter(({ name }) => name !== 'stage' && name !== 'study')
      .flatMap((field): [string, z.ZodType][] => [
        [field.name, columnSchema(field)],
        ...(field.name === last ? [['params', params] satisfies [string, z.ZodType]] : []),
      ]),
  );
}

function columnSchema({ kind, description }: ResultField): z.ZodType {
  const type = { text: z.string(), number: z.number(), flag: z.boolean() }[kind];
  return (description.includes('null') ? type.nullable() : type).describe(description);
}

/** A nullable number for each metric. @param note after each description */
export function metricFields(metrics: readonly Metric[], note = ''): Record<string, z.ZodType> {
  return Object.fromEntries(
    metrics.map(({ name, description }) => [
      name,
      z.number().nullable().describe(`${description}${note}; null if not measured`),
    ]),
  );
}

/**
 * Study schema: the keys, bounds, defaults and descriptions of a study file.
 *
 * The one spelling of a study: types are inferred from it (`study-spec.ts`), the JSON schema of editors
 * and the reference in the documentation are generated from it, and problems are reported from it. The
 * `trainer` section, the parameters and the metrics come from the trainer's own description. Rules
 * between keys are in `study-rules.ts`.
 */
import { z } from 'zod';
import { symbolFor } from '../../base/greek-letters.ts';
import type { Metric } from '../metrics.ts';
import type { ParameterDescription } from '../search-space.ts';
import { datasetNames } from './dataset-names.ts';

/** What the schema needs of a trainer. */
export interface SchemaTrainer {
  readonly name: string;
  readonly settings: z.ZodObject;
  readonly parameters: Readonly<Record<string, ParameterDescription>>;
  readonly metrics: readonly Metric[];
}

/** Fewer completed trials than this fail a stage. */
const stageTrialsMin = 3;
export const stageTrialsMax = 1_000_000;
const stagesMax = 100;
const shardsMax = 1_000;

/** Formats that the files of `dataset.path` may have; `auto`: the format is detected. */
export const datasetFormats = ['auto', 'cifar10-binary', 'cifar10-python', 'idx', 'numpy'] as const;

/** @param fix what to write instead of a rejected value */
function rejects(rule: string, fix: (input: unknown) => string = () => '') {
  return ({ input }: { readonly input?: unknown }): string =>
    `${rule}, got ${String(input)}${fix(input)}`;
}

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number, description: string) {
  const error = rejects(`must be a whole number from ${min} to ${max}`);
  return z.number().int({ error }).min(min, { error }).max(max, { error }).describe(description);
}

/** A number from `min` to `max`; above `min` with `exclusive`. */
export function amount(
  min: number,
  max: number,
  description: string,
  minimum: 'inclusive' | 'exclusive' = 'inclusive',
  fix?: (input: unknown) => string,
) {
  const isExclusive = minimum === 'exclusive';
  const range = isExclusive ? `above ${min} and at most ${max}` : `from ${min} to ${max}`;
  const error = rejects(`must be ${range}`, fix);
  const number = isExclusive ? z.number().gt(min, { error }) : z.number().min(min, { error });
  return number.max(max, { error }).describe(description);
}

function identifier(description: string) {
  const message =
    'must be 1 to 64 of a-z, 0-9, "-", "_" and ".", and start with a letter or a digit';
  return z
    .string()
    .regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/, message)
    .describe(description);
}

function countFix(input: unknown): string {
  const isCount = typeof input === 'number' && input > 1;
  return isCount ? `. For ${input} records write { count: ${input} }` : '';
}

const selection = z
  .union([
    z
      .array(z.string())
      .min(1, 'at least one shard is needed')
      .max(shardsMax, `at most ${shardsMax} shards`)
      .describe('whole shards of the data set, by name'),
    z.strictObject({
      count: whole(
        1,
        2 ** 31,
        'records, drawn by the seed from the shards that no split names',
      ).optional(),
      fraction: amount(
        0,
        1,
        'instead of count: a share of the records of those shards',
        'exclusive',
        countFix,
      ).optional(),
    }),
  ])
  .describe('records of this split: a list of shards, { count: N } or { fraction: 0.1 }');

const dataset = z.strictObject({
  name: z
    .enum(datasetNames)
    .optional()
    .describe('a data set of the catalogue (`ridgeline data list`)'),
  path: z.string().max(4096).optional().describe('your own files, instead of name'),
  format: z
    .enum(datasetFormats)
    .optional()
    .describe('format of the files at path; default auto: detected'),
  train: selection,
  validation: selection,
  test: selection.optional(),
  stratify: z
    .boolean()
    .default(false)
    .describe('draw count and fraction so that each split has the same mixture of classes'),
});

/** Other programs take exponents as bounds. */
function exponentFix(input: unknown): string {
  const isExponent = Number.isInteger(input) && Number(input) < 0 && Number(input) > -300;
  return isExponent ? `. Bounds are values: write 1.0e${input}, not the exponent ${input}` : '';
}

/** A bound of a searched parameter. */
function bound({ min, max }: ParameterDescription, description: string) {
  return amount(min, max, description, 'exclusive', exponentFix).optional();
}

function stageDistribution(name: string, parameter: ParameterDescription) {
  const symbol = symbolFor(name);
  return z
    .strictObject({
      distribution: z.enum(['log_uniform']).describe(`uniform in log ${symbol}`),
      min: bound(parameter, `smallest ${symbol}: a value such as 1.0e-9, not an exponent`),
      max: bound(parameter, `largest ${symbol}`),
      narrow: z
        .string()
        .optional()
        .describe('instead of min and max: the earlier stage whose results give the range'),
    })
    .describe(`${symbol}, ${parameter.description}: min and max, or narrow`);
}

function stage(parameters: SchemaTrainer['parameters']) {
  const searched = Object.fromEntries(
    Object.entries(parameters).map(([key, description]) => [
      key,
      stageDistribution(key, description).optional(),
    ]),
  );
  const { lambda = z.undefined().optional() } = searched;
  return z.strictObject({
    name: identifier('unique; trials are named after it, such as coarse/7'),
    trials: whole(stageTrialsMin, stageTrialsMax, 'number of configurations; at least 3'),
    search: z
      .strictObject(searched)
      .optional()
      .describe('distribution of each hyperparameter, by name'),
    lambda: lambda.describe('shorthand for search: { lambda: … }'),
  });
}

function objective(metrics: readonly Metric[]) {
  // Accuracies first, validation before training: the first one is the default.
  const order = (metric: Metric): number =>
    (metric.split === 'validation' ? 0 : 2) + (metric.kind === 'accuracy' ? 0 : 1);
  const names = metrics
    .filter(({ direction }) => direction !== null)
    .toSorted((a, b) => order(a) - order(b))
    .map(({ name }) => name);
  return z
    .strictObject({
      metric: z
        .enum(names)
        .default(names[0] ?? '')
        .describe('metric that ranks the trials, at their last step'),
      direction: z
        .enum(['maximize', 'minimize'])
        .optional()
        .describe('default: maximize an accuracy, minimize a loss'),
    })
    .prefault({})
    .describe('what ranks the trials');
}

const head = {
  study: identifier('name under which the study is stored'),
  seed: whole(
    0,
    Number.MAX_SAFE_INTEGER,
    'the same file with the same seed gives the same trials',
  ).default(0),
  dataset: dataset.describe('images and their splits: name or path, and the splits'),
};

/** The `trainer` section of a file. */
export function trainerSection(trainer: SchemaTrainer) {
  return trainer.settings
    .extend({
      name: z.literal(trainer.name).default(trainer.name).describe('trainer of this study'),
    })
    .describe('settings of the trainer');
}

/** A file that searches. */
export function studySchema(trainer: SchemaTrainer) {
  return z.strictObject({
    ...head,
    trainer: trainerSection(trainer),
    objective: objective(trainer.metrics),
    stages: z
      .array(stage(trainer.parameters))
      .min(1, 'at least one stage is needed')
      .max(stagesMax, `at most ${stagesMax} stages`)
      .describe('rounds of sampling, in order'),
    replicates: whole(
      1,
      100,
      'how often each configuration is trained, with another seed each time',
    ).default(1),
    racing: z
      .boolean()
      .default(false)
      .describe(
        'repeat only configurations that cannot be distinguished from the best of their stage',
      ),
    reproducible: z
      .boolean()
      .default(true)
      .describe('true: only machines whose arithmetic gives the same bits take part'),
    numerics: z
      .enum(['canonical', 'any'])
      .optional()
      .describe('former name of reproducible: canonical is true, any is false'),
    audit: z
      .strictObject({
        random: amount(0, 1, 'share of each stage that is drawn for audits').default(0.02),
        top: whole(0, stageTrialsMax, 'number of best configurations of each stage').default(3),
      })
      .optional()
      .describe('results that another worker must reproduce; default: none'),
    test: z
      .enum(['winner', 'all'])
      .default('winner')
      .describe('trials that are measured on the test set'),
  });
}

/** A file that trains one network without a search: parameters have fixed values in `trainer`. */
export function recipeSchema(trainer: SchemaTrainer) {
  const fixed = Object.fromEntries(
    Object.entries(trainer.parameters).map(([key, { min, max, description }]) => [
      key,
      amount(min, max, description),
    ]),
  );
  return z.strictObject({ ...head, trainer: trainerSection(trainer).extend(fixed) });
}

export type StudyFile = z.output<ReturnType<typeof studySchema>>;
export type RecipeFile = z.output<ReturnType<typeof recipeSchema>>;

/**
 * Study schema: the keys, bounds, defaults and descriptions of a study file.
 *
 * Types are inferred from it (`study-spec.ts`); the JSON schema for editors and the reference in the
 * documentation are generated from it. The `trainer` section, the parameters and the metrics come from the
 * trainer's description. Rules between keys are in `study-rules.ts`.
 */
import { z } from 'zod';
import { oncePer } from '../../base/once-per.ts';
import type { Metric } from '../metrics.ts';
import type { TrainerDescription } from '../trainer-description.ts';
import { datasetNames } from './dataset-names.ts';
import { amount, duration, flag, optional, whole } from './schema-types.ts';
import { samplerKeys } from './sampler-keys.ts';
import { knownConfigurations, parameterValue, searchSection } from './search-schema.ts';

type SchemaTrainer = Pick<
  TrainerDescription,
  'name' | 'settings' | 'parameters' | 'metrics' | 'needsData'
>;

/** Fewer completed trials than this fail a stage. */
const stageTrialsMin = 3;
export const stageTrialsMax = 1_000_000;
const stagesMax = 100;
const shardsMax = 1_000;

/** Formats that the files of `dataset.path` may have; `auto`: the format is detected. */
export const datasetFormats = [
  'auto',
  'cifar10-binary',
  'cifar10-python',
  'idx',
  'numpy',
  'images',
] as const;

/** What names of studies and stages are. */
export const namePattern = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
export const nameRule =
  'must be 1 to 64 of a-z, 0-9, "-", "_" and ".", and start with a letter or a digit';

function identifier(description: string) {
  return z.string().regex(namePattern, nameRule).describe(description);
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
  name: optional(z.enum(datasetNames), 'a data set of the catalogue (`ridgeline data list`)'),
  path: optional(z.string().max(4096), 'your own files, instead of name'),
  format: optional(z.enum(datasetFormats), 'format of the files at path; default auto: detected'),
  train: selection,
  validation: selection,
  test: selection.optional(),
  stratify: flag(
    false,
    'draw count and fraction so that each split has the same mixture of classes',
  ),
});

const trialsError = ({ input }: { readonly input?: unknown }): string =>
  `must be a whole number from ${stageTrialsMin} to ${stageTrialsMax}, got ${String(input)}`;
const stageTrials = z
  .number()
  .int({ error: trialsError })
  .min(0, { error: trialsError })
  .max(stageTrialsMax, { error: trialsError })
  .refine((trials) => trials === 0 || trials >= stageTrialsMin, { error: trialsError })
  .describe('number of sampled configurations; at least 3, or 0 with known configurations (also)');

function stop(place: string) {
  return optional(
    z.enum(['never', 'clearly_worse']),
    `${place}; clearly_worse: stop trials at the end of a learning-rate cycle, or at a step of trainer.rungs, if the best one is significantly better on the validation records`,
  );
}

const budget = z
  .strictObject({
    steps: whole(
      1,
      Number.MAX_SAFE_INTEGER,
      'most planned steps of all trials together',
    ).optional(),
    time: duration(
      'longest active time, such as 2h: it begins with the first trial, and pauses do not count',
    ).optional(),
    target: z
      .number({ error: ({ input }) => `must be a number, got ${String(input)}` })
      .describe('value of the objective at which the search ends')
      .optional(),
  })
  .describe('what ends the search before all trials are trained; the first key that is reached');

function stage(parameters: SchemaTrainer['parameters'], search: ReturnType<typeof searchSection>) {
  const { lambda = z.undefined().optional() } = search.shape;
  return z.strictObject({
    name: identifier('unique; trials are named after it, such as coarse/7'),
    trials: stageTrials,
    search: optional(search, 'searched hyperparameters of this stage, in addition to those above'),
    lambda: lambda.describe('shorthand for search: { lambda: … }'),
    narrow: optional(
      z.string(),
      'the earlier stage whose results give the range of the one hyperparameter',
    ),
    also: optional(
      knownConfigurations(parameters),
      'configurations that are certainly tried; values that are left out are sampled',
    ),
    ...samplerKeys,
    stop: stop('default: that of the study'),
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
  const metric = z.enum(names).default(names[0] ?? '');
  const direction = z.enum(['maximize', 'minimize']);
  const section = z.strictObject({
    metric: metric.describe('metric that ranks the trials, at their last step'),
    direction: optional(direction, 'default: maximize an accuracy, minimize a loss'),
  });
  return section.prefault({}).describe('what ranks the trials');
}

const head = {
  study: identifier('name under which the study is stored'),
  seed: whole(
    0,
    Number.MAX_SAFE_INTEGER,
    'the same file with the same seed gives the same trials',
  ).default(0),
};

/** Values of hyperparameters that are no settings, for trials that do not search them. */
function fixedParameters({ parameters }: SchemaTrainer) {
  const fixed = Object.entries(parameters).flatMap(([name, parameter]) =>
    parameter.isSetting === true ? [] : [[name, parameterValue(parameter).optional()] as const],
  );
  return Object.fromEntries(fixed);
}

const describedDataset = dataset.describe('images and their splits: name or path, and the splits');

/** Undefined only if the trainer reads its own data. */
function datasetSection({
  needsData,
}: SchemaTrainer): z.ZodType<z.output<typeof dataset> | undefined> {
  return needsData === false ? describedDataset.optional() : describedDataset;
}

/** The `trainer` section of a file. */
export const trainerSection = oncePer((trainer: SchemaTrainer) => {
  const name = z.literal(trainer.name).default(trainer.name).describe('trainer of this study');
  return trainer.settings
    .extend({ ...fixedParameters(trainer), name })
    .describe('settings of the trainer, for all trials');
});

/** A file that searches. Building a schema takes some milliseconds, so each is built once for each trainer. */
export const studySchema = oncePer((trainer: SchemaTrainer) => {
  const search = searchSection(trainer.parameters);
  return z.strictObject({
    ...head,
    dataset: datasetSection(trainer),
    trainer: trainerSection(trainer),
    objective: objective(trainer.metrics),
    search: optional(
      search,
      'searched hyperparameters of all stages, by name; the others are fixed in trainer',
    ),
    stages: z
      .array(stage(trainer.parameters, search))
      .min(1, 'at least one stage is needed')
      .max(stagesMax, `at most ${stagesMax} stages`)
      .describe('rounds of sampling, in order'),
    replicates: whole(
      1,
      100,
      'how often each configuration is trained, with another seed each time',
    ).default(1),
    racing: flag(
      false,
      'repeat only configurations that are not significantly worse than the best of their stage',
    ),
    stop: stop('default never'),
    budget: budget.optional(),
    reproducible: flag(true, 'true: only machines whose arithmetic gives the same bits take part'),
    numerics: optional(
      z.enum(['canonical', 'any']),
      'former name of reproducible: canonical is true, any is false',
    ),
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
});

/** A file that trains one network without a search: every hyperparameter has its value in `trainer`. */
export const recipeSchema = oncePer((trainer: SchemaTrainer) => {
  const fixed = Object.entries(fixedParameters(trainer)).map(
    ([name, value]) => [name, value.unwrap()] as const,
  );
  const section = trainerSection(trainer).extend(Object.fromEntries(fixed));
  return z.strictObject({ ...head, dataset: describedDataset, trainer: section });
});

export type StudyFile = z.output<ReturnType<typeof studySchema>>;
export type RecipeFile = z.output<ReturnType<typeof recipeSchema>>;

/**
 * The shape of a study file, key by key; also the source of `configs/study.schema.json`. Rules between
 * keys and bounds of values are the study's own (`study/spec/invariants.ts`) and not repeated here.
 */
import { z } from 'zod';
import { datasetNames } from '../study/spec/dataset-names.ts';
import { datasetFormats } from '../study/spec/study-spec.ts';
import type { KnownKeys } from './shape-problems.ts';

const number = (what: string) => z.number().describe(what);

const selection = z
  .union([
    z.array(z.string()).describe('whole parts of the data set, by name'),
    z.strictObject({
      count: number('records, drawn by the seed from the parts that no split names').optional(),
      fraction: number('instead of count: a share of the records of those parts').optional(),
    }),
  ])
  .describe('which records: a list of parts, { count: N } or { fraction: 0.1 }');

const dataset = z.strictObject({
  name: z
    .enum(datasetNames)
    .optional()
    .describe('a data set of the catalogue (`ridgeline data list`)'),
  path: z.string().optional().describe('files of your own, instead of name'),
  format: z
    .enum(datasetFormats)
    .optional()
    .describe('what lies at path; default auto: what it looks like'),
  train: selection,
  validation: selection,
  test: selection.optional(),
  stratify: z
    .boolean()
    .default(false)
    .describe('draw count and fraction so that each split has the same mixture of classes'),
});

const learningRate = z
  .strictObject({
    min: number('the lowest rate, at the start and end of a cycle'),
    max: number('the highest rate, in the middle of a cycle'),
    step_size: number('half a cycle, in steps (n_s)'),
    cycle_multiplier: number(
      'each cycle is so many times as long as the one before, a whole number; 1: all are equally long',
    ).default(1),
  })
  .describe('triangular cyclical rate (Smith 2015)');

const trainerShape = {
  hidden: number('hidden units'),
  batch: number('records in a mini-batch'),
  learning_rate: learningRate,
  cycles: number('length in cycles of 2 · step_size steps; or epochs').optional(),
  epochs: number('length in passes over the training set; or cycles').optional(),
  measure: z
    .union([
      z.enum(['cycle', 'epoch', 'end']),
      z.strictObject({ steps: number('measure every so many steps') }),
    ])
    .default('cycle')
    .describe('when a trial is measured; always at its end'),
  dropout: number('share of hidden units dropped in a step').default(0),
  mirror: z.boolean().default(false).describe('mirror records at random'),
  shift: number('move records at random by up to so many pixels').default(0),
};

const objective = z
  .strictObject({
    metric: z
      .enum([
        'validation_accuracy',
        'validation_loss',
        'validation_cost',
        'train_accuracy',
        'train_loss',
      ])
      .default('validation_accuracy'),
    direction: z
      .enum(['maximize', 'minimize'])
      .optional()
      .describe('default: maximize an accuracy, minimize the rest'),
  })
  .default({ metric: 'validation_accuracy' })
  .describe('what ranks the trials: its value at the last step');

const lambda = z.strictObject({
  distribution: z.enum(['log_uniform']).describe('uniform in log λ'),
  min: number('the smallest λ: a value such as 1.0e-9, not an exponent').optional(),
  max: number('the largest λ').optional(),
  narrow: z
    .string()
    .optional()
    .describe('instead of min and max: the stage whose results give the range'),
});

const stage = z.strictObject({
  name: z.string().describe('unique; trials are called by it, such as coarse/7'),
  trials: number('how many λ are tried; at least 3'),
  lambda: lambda.describe('which λ: min and max, or narrow'),
});

const head = {
  study: z.string().describe('the name under which it is stored'),
  seed: number('a whole number; the same file gives the same trials').default(0),
  dataset,
};

export const studySchema = z.strictObject({
  ...head,
  trainer: z.strictObject(trainerShape),
  objective,
  stages: z.array(stage).describe('rounds of sampling, in order'),
  replicates: number('how often each λ is trained, each time from another seed').default(1),
  racing: z
    .boolean()
    .default(false)
    .describe('repeat only those λ that cannot be told from the best of their stage'),
  numerics: z
    .enum(['canonical', 'any'])
    .default('canonical')
    .describe('canonical: only machines that compute the same bits take part'),
  audit: z
    .strictObject({
      random: number('share of each stage that is drawn for it').default(0.02),
      top: number('the best so many of each stage').default(3),
    })
    .optional()
    .describe('results that another worker must reproduce; default: none'),
  test: z.enum(['winner', 'all']).default('winner').describe('who is measured on the test set'),
});

export const recipeSchema = z.strictObject({
  ...head,
  trainer: z.strictObject({ ...trainerShape, lambda: number('the L2 strength λ') }),
});

const sharedKeys = {
  dataset: Object.keys(dataset.shape),
  'trainer.learning_rate': Object.keys(learningRate.shape),
  'trainer.measure': ['steps'],
  'dataset.train': ['count', 'fraction'],
  'dataset.validation': ['count', 'fraction'],
  'dataset.test': ['count', 'fraction'],
};

export const studyKeys: KnownKeys = {
  '': Object.keys(studySchema.shape),
  trainer: Object.keys(studySchema.shape.trainer.shape),
  objective: Object.keys(objective.unwrap().shape),
  audit: ['random', 'top'],
  'stages.*': Object.keys(stage.shape),
  'stages.*.lambda': Object.keys(lambda.shape),
  ...sharedKeys,
};

export const recipeKeys: KnownKeys = {
  '': Object.keys(recipeSchema.shape),
  trainer: Object.keys(recipeSchema.shape.trainer.shape),
  ...sharedKeys,
};

export type StudyFile = z.infer<typeof studySchema>;
export type RecipeFile = z.infer<typeof recipeSchema>;

/** Command schemas: the JSON of the commands other than `results`, field by field (`output-schemas.ts`). */
import { z } from 'zod';
import { samplers } from '../../study/spec/sampler-keys.ts';
import { shownStatuses } from '../../study/summaries.ts';
import { count, versionField } from './output-schemas.ts';

const param = z.union([z.number(), z.string(), z.boolean()]);
const params = z.record(z.string(), param);
const time = z.string();
/** The values of the parameters, once by name and once as columns. */
const trialParams = {
  trial: z.string().describe('name of the trial'),
  lambda: z.number().optional().describe('the same as params.lambda'),
  params: params.describe('values of its hyperparameters'),
};

/** `status --format json`. */
export const statusSchema = z.object({
  ...versionField,
  studies: z
    .array(
      z.object({
        study: z.string().describe('name of the study'),
        status: z
          .enum(shownStatuses)
          .describe('interrupted: running in the store, but no coordinator works on it'),
        stage: z.string().nullable().describe('the open stage; null if there is none'),
        done: count.describe('trials of all stages that have ended'),
        total: count.describe('trials of all stages'),
        running: count.describe('trials that run now'),
        best_trial: z.string().nullable().describe('best trial so far; null if none has a value'),
        best_lambda: z.number().nullable().describe('its λ; null if none has a value'),
        best_value: z.number().nullable().describe('its value; null if none has a value'),
        metric: z.string().describe('metric that ranks'),
        reason: z
          .string()
          .nullable()
          .describe(
            'why it failed, was paused or cancelled, or why no worker trains it; null otherwise',
          ),
        stage_done: count.describe('trials of the open or last stage that have ended'),
        stage_total: count.describe('trials of that stage'),
        test_accuracy: z
          .number()
          .nullable()
          .describe('test accuracy of the winner; null if not measured'),
        created_at: time.describe('time of submission (ISO 8601, UTC)'),
        ended_at: time.nullable().describe('time of its end; null until then'),
        priority: z.int().min(1).describe('weight of its share of the threads'),
        budget: z
          .string()
          .nullable()
          .describe('what is used of the budget, or how it ended; null without one'),
        seconds_left: z
          .number()
          .nullable()
          .describe('estimate of the time left, in s; null if unknown'),
        best_params: params.nullable().describe('hyperparameters of the best trial; null if none'),
        stages: z
          .array(
            z.object({
              name: z.string().describe('name of the stage'),
              done: count.describe('its trials that have ended'),
              total: count.describe('its trials'),
            }),
          )
          .describe('stages, in the order of the study file'),
      }),
    )
    .describe('studies, in the order of submission'),
});

const side = z
  .object({
    study: z.string().describe('name of the study'),
    status: z.string().describe('state of the study'),
    objective: z
      .object({
        metric: z.string().describe('metric that ranks'),
        direction: z.enum(['maximize', 'minimize']).describe('whether more or less is better'),
      })
      .describe('what the study searches for'),
    winner: z
      .object({
        ...trialParams,
        value: z.number().nullable().describe('its value'),
        standard_error: z.number().nullable().describe('standard error of the value'),
        test_accuracy: z.number().nullable().describe('test accuracy; null if not measured'),
        test_standard_error: z.number().nullable().describe('its standard error'),
        digest: z
          .string()
          .nullable()
          .describe('SHA-256 of the trained parameters; null for a mean of replicates'),
      })
      .nullable()
      .describe('the winner; null until the study is complete'),
    best_trial: z.string().nullable().describe('best trial so far; null if none has a value'),
    best_value: z.number().nullable().describe('its value'),
    tied_trials: count
      .nullable()
      .describe('trials that are not significantly worse; null if unknown'),
  })
  .meta({ id: 'side', description: 'one of the two studies' });

const sideStage = z
  .object({
    trials: count.describe('planned trials'),
    complete: count.describe('completed trials'),
    best_trial: z.string().nullable().describe('best trial; null if none has a value'),
    best_lambda: z.number().nullable().describe('its λ'),
    best_params: params.nullable().describe('its hyperparameters'),
    best_value: z.number().nullable().describe('its value'),
    median_value: z.number().nullable().describe('median value of the completed trials'),
  })
  .meta({ id: 'side_stage', description: 'a stage in one of the two studies' });

/** `diff --format json`. */
export const diffSchema = z.object({
  ...versionField,
  a: side.describe('the first study'),
  b: side.describe('the second study'),
  spec: z
    .array(
      z.object({
        field: z.string().describe('path in the study file, such as trainer.hidden'),
        a: z.unknown().describe('value in the first study; null if it has no such field'),
        b: z.unknown().describe('value in the second study'),
      }),
    )
    .describe('settings that differ'),
  stages: z
    .array(
      z.object({
        name: z.string().describe('name of the stage'),
        a: sideStage.nullable().describe('in the first study; null if it has no such stage'),
        b: sideStage.nullable().describe('in the second study'),
      }),
    )
    .describe('stages of both studies'),
  difference: z
    .object({
      metric: z.string().describe('metric that ranks'),
      value: z.number().describe('best value of the second study minus that of the first'),
      standard_error: z
        .number()
        .nullable()
        .describe('standard error of the difference; null if unknown'),
      p_value: z.number().nullable().describe('two-sided; null without a standard error'),
      paired_images: count
        .nullable()
        .describe(
          'validation images that were compared one by one; null if the two errors were added',
        ),
    })
    .nullable()
    .describe('null if a study has no value, or the studies rank by different metrics'),
  trials: z
    .object({
      shared: count.describe('trials with equal names and hyperparameters in both studies'),
      compared: count.describe('those that are complete in both'),
      digest_equal: count.describe('those with equal digests'),
      digest_different: count.describe('those with different digests'),
      first_different: z.array(z.string()).describe('names of the first of these'),
    })
    .describe('trials of both studies'),
});

/** `plan --format json`. */
export const planSchema = z.object({
  ...versionField,
  study: z.string().describe('name of the study'),
  source: z.string().describe('where the data is'),
  counts: z
    .object({
      train: count.describe('training images'),
      validation: count.describe('validation images'),
      test: count.nullable().describe('test images; null without a test split'),
    })
    .describe('images in each split'),
  steps: count.describe('updates of a trial'),
  steps_total: z
    .object({
      most: count.describe('if every trial is trained to its end; at most the budget'),
      expected: z
        .object({
          low: count.describe('lower end of the range'),
          high: count.describe('upper end of the range'),
        })
        .nullable()
        .describe('with stop: clearly_worse, as measured; null if unknown'),
    })
    .describe('updates of all trials together'),
  seconds_per_trial: z.number().describe('measured time of a trial, in s'),
  seconds_per_trial_low: z.number().describe('lower end of its range'),
  seconds_per_trial_high: z.number().describe('upper end of its range'),
  pack: count.describe('trials trained side by side in one thread'),
  threads: count.describe('threads of this machine'),
  replicates: count.describe('replicates of each configuration; in a race, the most'),
  racing: z.boolean().describe('whether replicates are raced'),
  stages: z
    .array(
      z.object({
        name: z.string().describe('name of the stage'),
        trials: count.describe('planned configurations'),
        sampler: z.enum(samplers).describe('how configurations are chosen'),
        start: count.describe('sampled configurations that need no results'),
        round: count.nullable().describe('trials that the model proposes together; null without'),
        lag: count
          .nullable()
          .describe('trials whose results the model does not wait for; null without'),
        after: z
          .string()
          .nullable()
          .describe('the stage whose results the model starts from; null if none'),
        range: z
          .object({
            min: z.number().describe('lower bound'),
            max: z.number().describe('upper bound'),
          })
          .nullable()
          .describe('range of λ; null if results of another stage give it'),
        search: z
          .record(z.string(), z.unknown())
          .nullable()
          .describe('distribution of each hyperparameter; null if results give it'),
        narrows: z
          .string()
          .nullable()
          .describe('the stage whose results give the range; null if none'),
        lambdas: z
          .array(z.object(trialParams))
          .describe('configurations; empty if they are unknown'),
      }),
    )
    .describe('stages, in the order of the study file'),
  warnings: z.array(z.string()).describe('effects of the file that may be unexpected'),
});

/** `verify --format json`. */
export const verifySchema = z.object({
  ...versionField,
  study: z.string().describe('name of the study'),
  results: count.describe('results of the study'),
  verified: count.describe('trials that were trained again'),
  mismatched: count.describe('those whose result differs'),
  trials: z
    .array(
      z.object({
        ...trialParams,
        worker: z.string().nullable().describe('worker of the stored result'),
        digest: z.string().nullable().describe('stored digest; null if it diverged'),
        recomputed_digest: z.string().nullable().describe('digest of the second training'),
        same: z.boolean().describe('whether both are the same bit for bit'),
        differences: z.array(z.string()).describe('what differs'),
      }),
    )
    .describe('trials that were trained again'),
});

/** `verify --decisions --format json`. */
export const decisionsSchema = z.object({
  ...versionField,
  study: z.string().describe('name of the study'),
  stages: count.describe('stages whose range was derived again'),
  trials: count.describe('trials that were planned again'),
  comparisons: count.describe('comparisons of a trial with the best one at a rung'),
  ranks: count.describe('trials that were ranked again'),
  differing: count.describe('number of differences'),
  differences: z
    .array(
      z.object({
        choice: z
          .enum(['result', 'range', 'trial', 'parameters', 'stop', 'rank', 'winner'])
          .describe('what differs'),
        of: z.string().describe('name of the trial, the stage or the study'),
        stored: z.string().nullable().describe('stored choice; null if there is none'),
        replayed: z
          .string()
          .nullable()
          .describe('choice that follows from the results; null if there is none'),
      }),
    )
    .describe('stored choices that the stored results do not give, and changed results'),
  notes: z
    .array(z.string())
    .describe('differences that later changes of the study explain, and what was left out'),
});

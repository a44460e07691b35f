/** Cluster schemas: the JSON of `watch` and `workers`, field by field, as `output-schemas.ts` for results. */
import { z } from 'zod';
import { shownStatuses, workerStates } from '../../study/summaries.ts';
import { count, versionField } from './output-schemas.ts';

/** A line of `watch --format jsonl`. */
export const watchLineSchema = z.object({
  ...versionField,
  study: z.string().describe('name of the study'),
  status: z.enum(shownStatuses).describe('state of the study'),
  reason: z
    .string()
    .nullable()
    .describe('why it failed, was paused or cancelled, or why no worker trains it; null otherwise'),
  elapsed_seconds: z.number().describe('time since the command started, in s'),
  stage: z.string().nullable().describe('the open stage; null before the first and after the last'),
  stages: z
    .array(
      z.object({
        name: z.string().describe('name of the stage'),
        done: count.describe('its trials that have ended'),
        total: count.describe('its trials'),
      }),
    )
    .describe('stages, in the order of the study file'),
  done: count.describe('trials of all stages that have ended'),
  total: count.describe('trials of all stages'),
  running: count.describe('trials that run now'),
  seconds_left: z.number().nullable().describe('estimate of the time left, in s; null if unknown'),
  budget: z
    .string()
    .nullable()
    .describe('what is used of the budget, or how it ended; null without one'),
  testing: z.boolean().describe('whether the winner is trained again with the test set'),
  metric: z.string().describe('metric that ranks'),
  best: z
    .object({
      trial: z.string().describe('name of the trial'),
      params: z
        .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
        .describe('values of its hyperparameters'),
      value: z.number().describe('value of the metric'),
    })
    .nullable()
    .describe('best trial so far; null if none has a value'),
  test_accuracy: z
    .number()
    .nullable()
    .describe('test accuracy of the winner; null until it is measured'),
  workers: z
    .array(
      z.object({
        name: z.string().describe('name of the worker'),
        threads: count.describe('threads that train'),
        busy: count.describe('threads that train now'),
        trials_completed: count.describe('trials completed since it joined'),
      }),
    )
    .describe('workers that are connected'),
});

/** The document of `workers --format json`. */
export const workersSchema = z.array(
  z.object({
    name: z.string().describe('name of the worker'),
    address: z.string().describe('host and port of its connection'),
    threads: count.describe('threads that train'),
    busy: count.describe('threads that train now'),
    kernel: z.string().describe('implementation of the arithmetic, such as native avx2'),
    reproducible: z.boolean().describe('whether its arithmetic passed the self-test'),
    trials_completed: count.describe('trials completed since it joined'),
    training: z
      .array(
        z.object({
          study: z.string().describe('name of the study'),
          trial: z.string().describe('name of the trial'),
        }),
      )
      .describe('trials that it trains now'),
    heard_at: z.string().describe('when its last message arrived'),
    state: z.enum(workerStates).describe('what it does now'),
    reason: z
      .string()
      .nullable()
      .describe('why it receives no trials, or why its results are audited; null otherwise'),
  }),
);

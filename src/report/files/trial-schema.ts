/** Trial schema: the JSON of `trial`, field by field, as `output-schemas.ts` for results. */
import { z } from 'zod';
import type { ResultLayout } from '../results/result-fields.ts';
import { count, metricFields, resultsLineSchema } from './output-schemas.ts';

/** The document of `trial --format json`. */
export function trialSchema(layout: ResultLayout): z.ZodObject {
  const point = z
    .object({
      step: count.describe('updates so far'),
      ...metricFields(layout.metrics.filter(({ split }) => split !== 'test')),
    })
    .meta({ id: 'point', description: 'measurement at one step' });
  const attempt = z
    .object({
      attempt: count.describe('number of the attempt, from 1'),
      kind: z.enum(['search', 'test', 'audit']).describe('purpose of the attempt'),
      worker: z.string().describe('name of the worker'),
      outcome: z.string().nullable().describe('how it ended, such as accepted; null while it runs'),
      reason: z.string().nullable().describe('why it ended without a result; null otherwise'),
      assigned_at: z.string().describe('when it was assigned, in UTC'),
      ended_at: z.string().nullable().describe('when it ended; null while it runs'),
    })
    .meta({ id: 'attempt', description: 'one execution of the trial on a worker' });
  return resultsLineSchema(layout).extend({
    verified_by: z
      .array(z.string())
      .describe('workers with another token that computed the same result'),
    spec: z
      .object({
        seed: count.describe('seed of the study'),
        dataset: z.record(z.string(), z.unknown()).describe('section dataset of the study file'),
        trainer: z.record(z.string(), z.unknown()).describe('section trainer of the study file'),
      })
      .describe('settings of the trial'),
    attempt_history: z.array(attempt).describe('all attempts, first one first'),
    curve: z.array(point).describe('learning curve'),
    command: z
      .string()
      .nullable()
      .describe(
        'command that trains it again; null if only workers can, for a trainer of your own',
      ),
  });
}

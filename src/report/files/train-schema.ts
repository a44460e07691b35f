/** Train schema: the JSON document of `train`, field by field. */
import { z } from 'zod';
import type { Metric } from '../../study/metrics.ts';
import { count, metricFields, share, versionField } from './output-schemas.ts';

const storedSchema = z
  .object({
    trial: z.string().describe('name of the trial in its study'),
    digest: z.string().describe('SHA-256 of the parameters in the store'),
    same: z.boolean().describe('whether this training gave the same digest'),
    changed_keys: z
      .array(z.string())
      .describe('keys in which the study file differs from the stored study'),
  })
  .nullable()
  .describe('comparison with the stored result of the trial; null if there is none');

/** The document of `train --format json`. */
export function trainSchema(metrics: readonly Metric[]): z.ZodObject {
  const point = z
    .object({
      step: count.describe('updates so far'),
      ...metricFields(metrics.filter(({ split }) => split !== 'test')),
    })
    .meta({ id: 'point', description: 'measurement at one step' });
  const training = z.object({
    status: z.enum(['complete', 'diverged']).describe('diverged: the loss was not finite'),
    ...metricFields(
      metrics.filter(({ kind }) => kind === 'accuracy' || kind === 'loss'),
      ', at the last step',
    ),
    steps: count.describe('updates made'),
    seconds: z.number().describe('time of training alone, in s'),
    digest: z
      .string()
      .nullable()
      .describe('SHA-256 of the trained parameters; null if diverged, and for several networks'),
    kernel: z.string().describe('implementation of the arithmetic, such as native avx2'),
    curve: z.array(point).describe('learning curve'),
  });
  const seed = count.describe('seed of the network');
  return z.object({
    ...versionField,
    ...training.shape,
    stored: storedSchema,
    seeds: z
      .array(training.extend({ seed }))
      .optional()
      .describe('each network, with --seeds or --ensemble; the other fields have means'),
    ensemble: z
      .object({
        members: z
          .array(z.object({ seed, step: count.describe('step of its parameters') }))
          .describe('networks whose probabilities are averaged'),
        mirror: z.boolean().describe('whether each image is also classified mirrored'),
        cycles: z
          .array(
            z.object({
              cycle: count.describe('number of the cycle, from 1'),
              joins: z.boolean().describe('whether its networks are members'),
              validation_accuracy: share.describe('validation accuracy of an ensemble with them'),
            }),
          )
          .describe('ends of cycles that were tried, latest first'),
      })
      .optional()
      .describe('with --ensemble; the scores of the document are those of the ensemble'),
  });
}

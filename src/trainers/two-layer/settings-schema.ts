/** Settings schema: keys, bounds, defaults and descriptions of the `trainer` section of a study file. */
import { z } from 'zod';
import { amount, whole } from '../../study/spec/schema-types.ts';

const dropoutError = ({ input }: { readonly input?: unknown }): string =>
  `must be at least 0 and below 1, got ${String(input)}`;

const learningRate = z
  .strictObject({
    min: amount(0, 1e3, 'lowest rate, at the start and end of a cycle'),
    max: amount(0, 1e3, 'highest rate, in the middle of a cycle', 'exclusive'),
    step_size: whole(1, 1e9, 'half a cycle, in steps (n_s)'),
    cycle_multiplier: whole(
      1,
      16,
      'length of each cycle as a multiple of the cycle before it; 1: all have the same length',
    ).default(1),
  })
  .describe('triangular cyclical rate (Smith 2015)');

export const settingsSchema = z.strictObject({
  hidden: whole(1, 4096, 'hidden units'),
  batch: whole(1, 100_000, 'records in a mini-batch'),
  learning_rate: learningRate,
  cycles: whole(1, 1_000_000, 'length in cycles of 2 · step_size steps; or epochs').optional(),
  epochs: whole(1, 1_000_000, 'length in passes over the training set; or cycles').optional(),
  measure: z
    .union([
      z.enum(['cycle', 'epoch', 'end']),
      z.strictObject({ steps: whole(1, 1e9, 'steps from one measurement to the next') }),
    ])
    .default('cycle')
    .describe('when a trial is measured; always at its end as well'),
  dropout: z
    .number()
    .min(0, { error: dropoutError })
    .lt(1, { error: dropoutError })
    .default(0)
    .describe('share of hidden units dropped in a step'),
  mirror: z.boolean().default(false).describe('mirror records at random'),
  shift: whole(0, 64, 'largest random shift of a record, in pixels').default(0),
});

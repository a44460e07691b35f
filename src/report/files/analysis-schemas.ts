/** Analysis schemas: the JSON of the fitted curve and of the importance of hyperparameters. */
import { z } from 'zod';

export const count = z.int().min(0);
export const share = z.number().min(0).max(1);

const fitPoint = z.object({
  at: z.number().describe('value of the hyperparameter'),
  fit: z.number().describe('the curve, in the unit of the objective'),
  low: z
    .number()
    .describe('lower end of the 95 % band of the curve, from the scatter of the trials'),
  high: z.number().describe('upper end of the band'),
  segment: count.describe('number of the segment, from 0; a gap separates two segments'),
});

export function fitSchema(parameter: string | null) {
  return z
    .object({
      [`best_${parameter ?? ''}`]: z
        .number()
        .nullable()
        .describe('best place of the curve; null if it is not significantly worse on both sides'),
      reason: z.string().describe('the result in words'),
      points: z.array(fitPoint).describe('places of the curve, in ascending order'),
    })
    .nullable();
}

const shareEstimate = z
  .object({
    share: share.describe('mean over the trees'),
    low: share.describe('lower end of the 95 % bootstrap interval'),
    high: share.describe('upper end of the interval'),
  })
  .meta({ id: 'share', description: 'share of the variance of the objective' });

export const importanceSchema = z
  .object({
    configurations: count.describe('configurations that were used'),
    floor: z
      .number()
      .describe('values worse than this one count as it: 5 percentage points below the best'),
    floored: count.describe('how many are worse, or have no value'),
    parameters: z
      .array(
        z.object({
          name: z.string().describe('name of the hyperparameter'),
          total: shareEstimate.describe('what it explains with its interplay with others'),
          alone: shareEstimate.describe('what it explains alone'),
        }),
      )
      .describe('hyperparameters, the most important first'),
    pair: z
      .object({
        names: z.array(z.string()).describe('the two hyperparameters with the strongest interplay'),
        interplay: shareEstimate.describe('what they explain together, and neither alone'),
      })
      .describe('strongest pair'),
  })
  .nullable()
  .describe(
    'importance of the hyperparameters (fANOVA); null for one hyperparameter, or fewer than 20 configurations',
  );

/** Study list schema: the JSON document of `ridgeline studies`, field by field (`output-schemas.ts`). */
import { z } from 'zod';
import { shownStatuses } from '../../study/summaries.ts';
import { schemaVersion } from '../text/json-value.ts';

const count = z.int().min(0);

const storedStudy = z
  .object({
    study: z.string().describe('name of the study'),
    status: z
      .enum(shownStatuses)
      .describe('interrupted: running in the store, but no coordinator works on it'),
    done: count.describe('trials of all stages that have ended, failed ones included'),
    total: count.describe('trials of all stages; a race adds replicates while it runs'),
    failed: count.describe('trials that failed'),
    metric: z.string().describe('metric that ranks the trials'),
    best_trial: z
      .string()
      .nullable()
      .describe('best configuration so far; null if none has a value'),
    best_value: z.number().nullable().describe('its value; null if none has a value'),
    best_params: z
      .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
      .nullable()
      .describe('its hyperparameters by name; null if none has a value'),
    created_at: z.string().describe('time of submission (ISO 8601, UTC)'),
    ended_at: z.string().nullable().describe('time of its end (ISO 8601, UTC); null until then'),
    priority: z.int().min(1).describe('weight of its share of the threads'),
    bytes: count.describe('approximate size of its rows in the store'),
    reason: z
      .string()
      .nullable()
      .describe('why it failed, was paused or was cancelled; null otherwise'),
  })
  .meta({ id: 'stored_study', description: 'a study in the store' });

const deletedStudy = z
  .object({
    study: z.string().describe('name of the deleted study'),
    file: z.string().describe('path of the copy'),
    deleted_at: z.string().describe('time of the deletion (ISO 8601, UTC)'),
    bytes: count.describe('size of the copy'),
  })
  .meta({ id: 'deleted_study', description: 'the copy of a deleted study' });

export const studyListSchema = z.object({
  schema_version: z
    .literal(schemaVersion)
    .describe('version of the format: raised if a field is renamed or removed'),
  studies: z.array(storedStudy).describe('stored studies, in the order of submission'),
  deleted: z.array(deletedStudy).describe('copies of deleted studies, oldest first'),
});

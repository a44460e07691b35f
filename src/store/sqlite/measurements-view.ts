/**
 * View `measurements`: one row per measurement of each trial, for learning curves in other tools.
 * `docs/store.md` describes its columns; they are added at the end and never removed, renamed or moved.
 */
import { knownIndexBase } from '../../study/trial.ts';
import { keyColumns } from './statements.ts';

/** The value of a metric at the place `key` of the columns of a curve (`curve-text.ts`). */
const metric = (name: string): string =>
  `CAST(json_extract(curve, '$.metrics.${name}[' || step.key || ']') AS REAL) AS ${name}`;

const names = [
  'epoch',
  'learning_rate',
  'train_loss',
  'train_cost',
  'train_accuracy',
  'validation_loss',
  'validation_cost',
  'validation_accuracy',
  'test_loss',
  'test_accuracy',
];

export const measurementsViewText = `
CREATE VIEW measurements AS
SELECT study, stage, trial_index, replicate,
  stage || '/' || CASE WHEN trial_index > ${knownIndexBase} THEN 'also-' || (trial_index - ${knownIndexBase}) ELSE trial_index END
    || CASE WHEN replicate > 1 THEN '.' || replicate ELSE '' END AS trial,
  params, CAST(json_extract(params, '$.lambda') AS REAL) AS lambda, step.value AS step,
  ${names.map(metric).join(',\n  ')},
  (SELECT json_group_object(own.key, json_extract(own.value, '$[' || step.key || ']'))
    FROM json_each(curve, '$.metrics') AS own) AS metrics
FROM result JOIN trial USING (${keyColumns.join(', ')}), json_each(curve, '$.steps') AS step;
`;

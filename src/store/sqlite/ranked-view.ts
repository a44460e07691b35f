/**
 * View `trials_ranked`: one row per trial, for other tools. `docs/store.md` describes its columns.
 *
 * It shows what is stored and ranks nothing: ranks are written when a stage closes. Columns are added
 * at the end and never removed, renamed or moved.
 */
import { keyColumns } from './statements.ts';

const ofTrial = (table: string): string =>
  keyColumns.map((column) => `${table}.${column} = t.${column}`).join(' AND ');

const metric = (name: string): string =>
  `CAST(json_extract(metrics, '$.${name}') AS REAL) AS ${name}`;

/** Trials of the search have test metrics only with `test: all`; otherwise, those of the winner's tests. */
const tested = (name: 'accuracy' | 'loss'): string =>
  `coalesce(CASE WHEN all_tested THEN CAST(json_extract(metrics, '$.test_${name}') AS REAL) END, winner_${name}) AS test_${name}`;

/** The column `verified` follows the rule of `report/results/verification.ts`. */
export const rankedViewText = `
CREATE VIEW trials_ranked AS
WITH valued AS (
  SELECT t.*, o.worker, o.steps, o.seconds, o.digest, o.metrics, r.rank_in_stage, r.rank_in_study, w.reproduced,
    w.test_accuracy AS winner_accuracy, w.test_loss AS winner_loss, json_extract(s.spec, '$.test') = 'all' AS all_tested,
    CAST(json_extract(o.metrics, '$.' || s.objective_metric) AS REAL) AS value,
    t.status = 'complete' AND coalesce(t.audit, '') <> 'disputed' AS counts,
    EXISTS (SELECT 1 FROM winner v WHERE v.study = t.study AND v.stage = t.stage AND v.trial_index = t.trial_index)
      AS is_winner,
    EXISTS (SELECT 1 FROM attempt a WHERE ${ofTrial('a')} AND a.outcome = 'disputed') AS has_dispute,
    EXISTS (SELECT 1 FROM attempt a, attempt b WHERE ${ofTrial('a')} AND ${ofTrial('b')} AND a.attempt < b.attempt
      AND a.fingerprint = o.fingerprint AND b.fingerprint = o.fingerprint
      AND (a.token_id = '') = (b.token_id = '') AND (a.token_id <> b.token_id
        OR (a.token_id = '' AND a.worker <> b.worker))) AS is_confirmed
  FROM trial t JOIN study s ON s.name = t.study
  LEFT JOIN result o ON ${ofTrial('o')}
  LEFT JOIN ranking r ON ${ofTrial('r')}
  LEFT JOIN winner w ON ${ofTrial('w')}
)
SELECT study, stage, trial_index AS k, replicate, CAST(json_extract(params, '$.lambda') AS REAL) AS lambda, status, value,
  rank_in_stage, rank_in_study,
  ${['train_accuracy', 'train_loss', 'validation_accuracy', 'validation_loss', 'validation_cost'].map(metric).join(',\n  ')},
  ${tested('accuracy')},
  reason, attempts, worker, steps, seconds, digest, audit,
  CASE WHEN sum(counts) OVER same > 0 AND sum(NOT counts AND status NOT IN ('waiting', 'running')) OVER same = 0
    THEN avg(CASE WHEN counts THEN value END) OVER same END AS mean_value,
  count(*) OVER same AS replicates,
  trial_index, params, metrics,
  CASE WHEN digest IS NULL THEN NULL
    WHEN audit = 'disputed' OR reproduced = 0 OR (has_dispute AND coalesce(audit, '') <> 'verified') THEN 0
    WHEN audit = 'verified' OR is_confirmed THEN 1 END AS verified,
  ${['epoch', 'learning_rate', 'train_cost'].map(metric).join(',\n  ')},
  ${tested('loss')},
  is_winner
FROM valued WINDOW same AS (PARTITION BY study, stage, trial_index);
`;

/** Results as JSON: one document, or one row a line. The fields are a contract (README, "JSON"). */
import { jsonText, schemaVersion } from './json-value.ts';
import { extraColumn } from './result-columns.ts';
import type { ResultRow, StageResults, StudyResults, WinnerResult } from './study-results.ts';

export function formatJson(results: StudyResults): string {
  const { objective } = results;
  return jsonText({
    schema_version: schemaVersion,
    study: results.study,
    seed: results.seed,
    objective: { metric: objective.metric, direction: objective.direction },
    stages: results.stages.map((stage) => ({
      name: stage.name,
      lambda: lambdaJson(stage),
      trials: stage.rows.map((row) => rowJson(results, row)),
    })),
    winner: results.winner === null ? null : winnerJson(results, results.winner),
    warnings: results.warnings,
  });
}

/** JSON Lines: a trial each, with its study and stage, so that files of several studies can be joined. */
export function formatJsonl(results: StudyResults): string {
  return results.stages
    .flatMap((stage) => stage.rows)
    .map((row) => {
      const line = {
        schema_version: schemaVersion,
        study: results.study,
        stage: row.stage,
        ...rowJson(results, row),
      };
      return `${JSON.stringify(line)}\n`;
    })
    .join('');
}

function lambdaJson(stage: StageResults): object {
  return {
    min: stage.range?.min ?? null,
    max: stage.range?.max ?? null,
    distribution: stage.distribution,
    ...(stage.reason === null ? {} : { reason: stage.reason }),
  };
}

function rowJson(results: StudyResults, row: ResultRow): object {
  const extra = extraColumn(results.objective);
  return {
    rank: row.rank,
    trial: row.trial,
    replicate: row.replicate,
    lambda: row.lambda,
    train_accuracy: row.trainAccuracy,
    validation_accuracy: row.validationAccuracy,
    validation_loss: row.validationLoss,
    test_accuracy: row.testAccuracy,
    status: row.status,
    reason: row.reason,
    attempts: row.attempts,
    worker: row.worker,
    steps: row.steps,
    seconds: row.seconds,
    digest: row.digest,
    verified: row.audit === 'verified',
    audit: row.audit,
    ...(extra === null ? {} : { [extra]: row.value }),
  };
}

function winnerJson(results: StudyResults, winner: WinnerResult): object {
  return {
    ...rowJson(results, winner),
    test_loss: winner.testLoss,
    test_worker: winner.testWorker,
    reproduced: winner.reproduced,
  };
}

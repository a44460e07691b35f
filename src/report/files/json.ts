/** Results as JSON: one document, or one row a line. The fields are a contract (README, "JSON"). */
import { jsonText, schemaVersion } from '../text/json-value.ts';
import { chosenFields, type FieldValue, type ResultField } from '../results/result-fields.ts';
import type { WinnerTest } from '../../study/study-record.ts';
import type {
  ResultRow,
  StageResults,
  StudyResults,
  WinnerResult,
} from '../results/study-results.ts';

/** @param columns the fields of each trial; null for all */
export function formatJson(
  results: StudyResults,
  columns: readonly string[] | null = null,
): string {
  const { objective, fit } = results;
  const fields = trialFields(results, columns);
  return jsonText({
    schema_version: schemaVersion,
    study: results.study,
    seed: results.seed,
    objective: { metric: objective.metric, direction: objective.direction },
    stages: results.stages.map((stage) => ({
      name: stage.name,
      lambda: lambdaJson(stage),
      trials: stage.rows.map((row) => rowJson(fields, row)),
    })),
    winner: results.winner === null ? null : winnerJson(results, results.winner),
    fit: fit === null ? null : { best_lambda: fit.bestLambda, reason: fit.reason },
    warnings: results.warnings,
  });
}

/** JSON Lines: a trial each, with its study and stage, so that files of several studies can be joined. */
export function formatJsonl(
  results: StudyResults,
  columns: readonly string[] | null = null,
): string {
  const fields = trialFields(results, columns);
  return results.stages
    .flatMap((stage) => stage.rows)
    .map((row) => {
      const line = {
        schema_version: schemaVersion,
        study: results.study,
        stage: row.stage,
        ...rowJson(fields, row),
      };
      return `${JSON.stringify(line)}\n`;
    })
    .join('');
}

/** A stage's trials stand under it: its name is not repeated in each, unless it is asked for. */
function trialFields(
  { objective }: StudyResults,
  columns: readonly string[] | null,
): readonly ResultField[] {
  const fields = chosenFields(objective, columns);
  return columns === null ? fields.filter(({ name }) => name !== 'stage') : fields;
}

function lambdaJson(stage: StageResults): object {
  return {
    min: stage.range?.min ?? null,
    max: stage.range?.max ?? null,
    distribution: stage.distribution,
    ...(stage.reason === null ? {} : { reason: stage.reason }),
  };
}

function rowJson(fields: readonly ResultField[], row: ResultRow): Record<string, FieldValue> {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value(row)]));
}

function winnerJson(results: StudyResults, winner: WinnerResult): object {
  const { ties } = results;
  return {
    ...rowJson(trialFields(results, null), winner),
    test_loss: winner.testLoss,
    test_worker: winner.testWorker,
    reproduced: winner.reproduced,
    ...(winner.replicates > 1 && { tests: winner.tests.map(testJson) }),
    tied_trials: ties?.tied ?? null,
    compared_trials: ties?.compared ?? null,
    tied_lambda: ties === null ? null : { min: ties.lambda.min, max: ties.lambda.max },
  };
}

function testJson({ replicate, accuracy, loss, worker }: WinnerTest): object {
  return { replicate, test_accuracy: accuracy, test_loss: loss, test_worker: worker };
}

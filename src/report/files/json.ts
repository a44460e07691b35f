/** Results as JSON: one document, or one line for each row. Their fields are a contract (`docs/results.md`). */
import { sha256 } from '../../base/digest.ts';
import { numberRange } from '../../study/search-space.ts';
import { canonicalSpec } from '../../study/spec/canonical-spec.ts';
import type { WinnerTest } from '../../study/study-record.ts';
import { chosenFields, type ResultField } from '../results/result-fields.ts';
import type { ResultRow } from '../results/result-row.ts';
import { selectedRows } from '../results/select-results.ts';
import type { StageResults, StudyResults, WinnerResult } from '../results/study-results.ts';
import type { StudyProvenance } from '../results/study-provenance.ts';
import { studyImportance } from '../results/study-importance.ts';
import { jsonText, schemaVersion } from '../text/json-value.ts';
import { isoTime } from '../text/number-format.ts';

/**
 * @param columns the fields of each row; null for all
 * @param version of the program that writes the document
 */
export function formatJson(
  results: StudyResults,
  columns: readonly string[] | null,
  version: string,
): string {
  const { objective, fit, parameter, best } = results;
  const toJson = rowFormatter(results, columns);
  return jsonText({
    schema_version: schemaVersion,
    ridgeline_version: version,
    study: results.study,
    status: results.status,
    reason: results.reason,
    budget_end: results.budgetEnd,
    ...provenanceJson(results.provenance),
    trial_counts: results.trialCounts,
    seed: results.seed,
    objective: { metric: objective.metric, direction: objective.direction },
    stages: results.stages.map((stage) => ({
      name: stage.name,
      closed: stage.closed,
      configuration_counts: stage.counts,
      rows_total: stage.rowsTotal,
      rows_matched: stage.rowsMatched,
      ...spaceJson(results, stage),
      trials: stage.rows.map(toJson),
    })),
    best: best === null ? null : rowFormatter(results, null)(best),
    winner: results.winner === null ? null : winnerJson(results, results.winner),
    importance: importanceJson(results),
    fit:
      fit === null
        ? null
        : { [`best_${parameter ?? ''}`]: fit.bestAt, reason: fit.reason, points: fit.points },
    warnings: results.warnings.map(({ text }) => text),
    warning_details: results.warnings,
  });
}

/** JSON Lines: each row with its study and stage, so that files of several studies can be joined. */
export function formatJsonl(
  results: StudyResults,
  columns: readonly string[] | null = null,
): string {
  const toJson = rowFormatter(results, columns);
  return selectedRows(results)
    .map((row) => {
      const { study } = results;
      const line = { schema_version: schemaVersion, study, stage: row.stage, ...toJson(row) };
      return `${JSON.stringify(line)}\n`;
    })
    .join('');
}

/** Rows are below their study and stage, whose names are in a row only if their columns are chosen. */
function rowFormatter(
  results: StudyResults,
  columns: readonly string[] | null,
): (row: ResultRow) => Record<string, unknown> {
  const fields = chosenFields(results, columns);
  if (columns !== null) return (row) => rowJson(fields, row);
  const own = fields.filter(({ name }) => name !== 'stage' && name !== 'study');
  return (row) => rowJson(own, row, results);
}

/** @param layout adds the object `params` after the columns of the parameters */
export function rowJson(
  fields: readonly ResultField[],
  row: ResultRow,
  layout: Pick<StudyResults, 'parameters'> | null = null,
): Record<string, unknown> {
  const last = layout?.parameters.at(-1);
  return Object.fromEntries(
    fields.flatMap(({ name, value }) => [
      [name, value(row)],
      ...(name === last ? [['params', row.params]] : []),
    ]),
  );
}

/** Shares of the variance by parameter, largest first; null if it is unknown. */
function importanceJson(results: StudyResults): object | null {
  const importance = studyImportance(results);
  if (importance === null) return null;
  const { configurations, floor, floored, parameters, pair } = importance;
  return {
    configurations,
    floor,
    floored,
    parameters: parameters.map(({ name, total, alone }) => ({ name, total, alone })),
    pair: { names: pair.names, interplay: pair.interplay },
  };
}

function provenanceJson(provenance: StudyProvenance): object {
  const { createdAtMs, startedAtMs, endedAtMs, spec, selfTestDigest } = provenance;
  return {
    created_at: isoTime(createdAtMs),
    started_at: isoTime(startedAtMs),
    ended_at: isoTime(endedAtMs),
    study_digest: sha256(canonicalSpec(spec)),
    self_test_digest: selfTestDigest,
    data: provenance.data,
    images: provenance.images,
  };
}

/** The distribution of each parameter; bounds are null if they are not known yet. */
function spaceJson({ parameters }: StudyResults, { space, reason }: StageResults): object {
  const search = Object.fromEntries(
    parameters.map((name) => {
      const given = space?.[name];
      const { min = null, max = null } = numberRange(given) ?? {};
      const values = given?.distribution === 'values' ? { values: given.values } : {};
      const distribution = given?.distribution ?? 'log_uniform';
      const where = given?.where === undefined ? {} : { where: given.where };
      const why = reason === null ? {} : { reason };
      return [name, { min, max, distribution, ...values, ...where, ...why }];
    }),
  );
  const { lambda } = search;
  return { ...(lambda !== undefined && { lambda }), search };
}

function winnerJson(results: StudyResults, winner: WinnerResult): object {
  const { ties, parameter } = results;
  return {
    ...rowFormatter(results, null)(winner),
    test_loss: winner.testLoss,
    test_worker: winner.testWorker,
    reproduced: winner.reproduced,
    ...(winner.replicates > 1 && { tests: winner.tests.map((test) => testJson(test, winner)) }),
    tied_trials: ties?.tied ?? null,
    compared_trials: ties?.compared ?? null,
    ...(parameter !== null && { [`tied_${parameter}`]: ties?.range ?? null }),
    conservative_trial: ties?.conservative ?? null,
  };
}

function testJson({ replicate, accuracy, loss, worker }: WinnerTest, winner: WinnerResult): object {
  return {
    replicate,
    test_accuracy: accuracy,
    test_loss: loss,
    test_worker: worker,
    digest: winner.digests[replicate - 1] ?? null,
  };
}

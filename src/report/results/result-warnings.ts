/**
 * Result warnings: sentences about limits of the results that a reader must know. Those about the searched
 * range are in `range-warnings.ts`.
 */
import type { StudyStatistics } from '../../search/analysis/study-statistics.ts';
import { formatParam, numberParam, parameterSymbol } from '../../study/search-space.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { trialName } from '../../study/trial.ts';
import type { ResultRow } from './result-row.ts';
import { smallerValues } from './divergence.ts';
import { rangeWarnings, type RangeSource } from './range-warnings.ts';
import { rangeText, rankedText } from './result-words.ts';
import type { StageResults } from './study-results.ts';
import { warning, type ResultWarning, type WarningCode } from './warning.ts';

interface WarningSource extends RangeSource {
  readonly stages: readonly Pick<
    StageResults,
    'name' | 'space' | 'closed' | 'replicates' | 'rows'
  >[];
}

export function resultWarnings(source: WarningSource): readonly ResultWarning[] {
  const rows = source.stages.flatMap((stage) => stage.rows);
  return [
    ...rangeWarnings(source),
    ...tieWarnings(source),
    ...curveWarnings(source.statistics),
    ...effectWarnings(source, rows),
    ...failureWarnings(source),
    ...auditWarnings(rows),
    ...winnerWarnings(source.study),
    ...settingWarnings(source.study),
    ...dataWarnings(source.study),
  ];
}

/** Fewest trials for a warning about ties: one or two are always tied. */
const trialsMin = 3;

function tieWarnings(source: WarningSource): ResultWarning[] {
  const { stages, statistics, best } = source;
  const { ties, validationCount, parameter } = statistics;
  if (ties === null || ties.compared.size < trialsMin) return [];
  const symbol = parameterSymbol(parameter);
  const compared = stages.map((stage) => ({
    ...stage,
    rows: stage.rows.filter(({ tied }) => tied !== null),
  }));
  if (ties.names.size === ties.compared.size) {
    const rows = compared.flatMap((stage) => stage.rows);
    const text = `No significant effect of ${symbol} was found with ${validationCount} validation images: no trial is significantly worse than the best. ${equalityWords(source, rows)}`;
    return [warning('no_significant_difference', text)];
  }
  return compared.flatMap(({ name, closed, rows }) => {
    if (!closed || rows.length < trialsMin || !rows.every(({ tied }) => tied)) return [];
    const text = `No trial of stage ${name} is significantly worse than ${best?.trial}. ${equalityWords(source, rows)}`;
    return [warning('no_significant_difference', text, name)];
  });
}

/** What a lack of significance means, and what helps. */
function equalityWords(
  { study: { spec }, statistics: { validationCount }, best }: WarningSource,
  rows: readonly ResultRow[],
): string {
  const worst = rows.reduce((least, { value }) => Math.min(least, value ?? least), 1);
  if (best?.value === worst)
    return `All have the same accuracy on these ${validationCount} images: use more validation images.`;
  const points = (100 * ((best?.value ?? worst) - worst)).toFixed(2);
  const help =
    spec.replicates > 1 ? 'more validation images' : 'more validation images, or replicates';
  return `That does not prove that they are equal: with ${validationCount} images, differences of up to ${points} points were not significant. Use ${help}.`;
}

function curveWarnings({ isFitContradicted, parameter }: StudyStatistics): ResultWarning[] {
  if (!isFitContradicted) return [];
  const text = `No curve is drawn: more trials than expected are far from any smooth curve over ${parameterSymbol(parameter)}, as if neighbouring values behaved differently.`;
  return [warning('curve_hidden', text)];
}

/** Values that are too small for float32 arithmetic, after as many steps as the trials had. */
function effectWarnings(
  { study: { spec }, trainer, stages, statistics: { parameter } }: WarningSource,
  rows: readonly ResultRow[],
): ResultWarning[] {
  const steps = rows.find((row) => row.steps !== null)?.steps ?? 0;
  const least = steps === 0 ? null : trainer.effectiveMinimum(parameter, spec.trainer, steps);
  if (least === null) return [];
  const below = rows.filter(
    ({ params, status }) => status === 'complete' && numberParam(params, parameter) < least,
  );
  if (below.length === 0) return [];
  const symbol = parameterSymbol(parameter);
  const text = `${rankedText(below.length, stages)} had ${symbol} below ${formatParam(least)}, too small to have an effect in float32 (less than one rounding step per weight in ${steps} steps): they train as if ${symbol} were 0.`;
  return [warning('no_effect_in_float32', text)];
}

function failureWarnings(source: WarningSource): ResultWarning[] {
  const { stages } = source;
  const failed = stages.flatMap(({ rows }) => rows).filter(({ status }) => status === 'failed');
  // A diverged trial was trained: it has steps. A lost one has none.
  const lost = failed.filter(({ steps }) => steps === null);
  const warnings = stages.flatMap((stage) => divergenceWarning(source, stage));
  if (lost.length === 0) return warnings;
  const text = `${rankedText(lost.length, stages)} failed without a result: not ranked.`;
  return [...warnings, warning('failed_without_result', text)];
}

function divergenceWarning(
  { study: { spec }, trainer, stages, statistics: { parameter } }: WarningSource,
  { name, rows }: WarningSource['stages'][number],
): ResultWarning[] {
  const diverged = rows.filter(({ status, steps }) => status === 'failed' && steps !== null);
  if (diverged.length === 0) return [];
  const symbol = parameterSymbol(parameter);
  const values = diverged.map(({ params }) => numberParam(params, parameter));
  const min = values.reduce((a, b) => Math.min(a, b));
  const max = values.reduce((a, b) => Math.max(a, b));
  const range = min === max ? formatParam(min) : rangeText({ min, max });
  if (diverged.length < rows.length) {
    const text = `${rankedText(diverged.length, stages)} of stage ${name} diverged (${symbol} ${range}): the loss was no longer a finite number.`;
    return [warning('diverged', text, name)];
  }
  const last = diverged.reduce((most, { steps }) => Math.max(most, steps ?? 0), 0);
  const completed = stages.flatMap((stage) => stage.rows.filter(({ value }) => value !== null));
  const toParams = (row: ResultRow): ResultRow['params'] => row.params;
  const smaller = smallerValues(parameter, diverged.map(toParams), completed.map(toParams));
  const advice = [
    ...trainer.divergenceAdvice(spec.trainer).map((setting) => `lower ${setting}`),
    ...(smaller === null ? [] : [smaller]),
  ];
  const fix = advice.length === 0 ? '' : `: ${advice.join(', or ')}`;
  const text = `All ${rankedText(diverged.length, stages)} of stage ${name} diverged within ${last} steps (${symbol} ${range})${fix}.`;
  return [warning('diverged', text, name)];
}

/** By verdict; `NAMES` are the trials. */
const auditTexts = {
  disputed:
    'Workers computed different results of NAMES, and neither this machine nor another token could settle the dispute: not ranked.',
  repeated:
    'NAMES: checked only with the token that computed the result. Add a machine with a token of its own (`ridgeline token new`) for an independent check.',
  unchecked:
    'The audit of NAMES is missing: every attempt was lost, or the worker was excluded after the stage had closed.',
};

function auditWarnings(rows: readonly ResultRow[]): ResultWarning[] {
  const verdicts = ['disputed', 'repeated', 'unchecked'] as const;
  return verdicts.flatMap((verdict) => {
    const names = rows.filter(({ audit }) => audit === verdict).map(({ trial }) => trial);
    if (names.length === 0) return [];
    const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
    const list = `${names.slice(0, 5).join(', ')}${more}`;
    return [
      warning(
        `audit_${verdict}`,
        auditTexts[verdict].replace('NAMES', () => list),
      ),
    ];
  });
}

function winnerWarnings({ winner }: StudyRecord): ResultWarning[] {
  if (winner?.reproduced !== false) return [];
  const worker = winner.testWorker === null ? '' : ` on worker ${winner.testWorker}`;
  const text = `A second training of the winner ${trialName(winner.trial)}${worker} gave another result: one of the two machines computes incorrectly, so no test accuracy is reported.`;
  return [warning('winner_not_reproduced', text)];
}

function settingWarnings({ spec }: StudyRecord): ResultWarning[] {
  const warnings: readonly (readonly [boolean, WarningCode, string])[] = [
    [
      spec.test === 'all',
      'test_set_in_every_trial',
      'The test set was measured in every trial (test: all): a choice by test accuracy biases that accuracy upwards too.',
    ],
    [
      !spec.reproducible,
      'arithmetic_not_checked',
      'Workers with any arithmetic took part (reproducible: false): digests may differ between machines.',
    ],
  ];
  return warnings.flatMap(([applies, code, text]) => (applies ? [warning(code, text)] : []));
}

/** Release 0.1.0 stored only whether the data is official. */
function dataWarnings({ dataWarnings: stored, officialData }: StudyRecord): ResultWarning[] {
  const texts = stored.map(({ code, text }) => warning(code, text));
  if (officialData !== false || stored.some(({ code }) => code === 'unofficial_data')) return texts;
  const text = 'The data is not the official release: do not compare with published results.';
  return [warning('unofficial_data', text), ...texts];
}

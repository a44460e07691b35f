/**
 * Result warnings: sentences about limits of the results that a reader must know. Those about the searched
 * range are in `range-warnings.ts`.
 */
import {
  searchedParameters,
  type StudyStatistics,
} from '../../search/analysis/study-statistics.ts';
import {
  formatParam,
  numberParam,
  numberStyles,
  parameterSymbol,
} from '../../study/search-space.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { trialSettings } from '../../study/trial-settings.ts';
import { trialName } from '../../study/trial.ts';
import type { ResultRow } from './result-row.ts';
import { smallerValues } from './divergence.ts';
import type { RangeSource } from './range-sides.ts';
import { rangeWarnings } from './range-warnings.ts';
import { rankedText } from './result-words.ts';
import { rangeText } from './space-words.ts';
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
  const searched = parameter === null ? 'the hyperparameters' : parameterSymbol(parameter);
  const compared = stages.map((stage) => ({
    ...stage,
    rows: stage.rows.filter(({ tied }) => tied !== null),
    // A stopped trial was clearly worse at its rung.
    isWorseFound: stage.rows.some(({ status }) => status === 'stopped'),
  }));
  const isWorseFound = compared.some((stage) => stage.isWorseFound);
  if (ties.names.size === ties.compared.size && !isWorseFound) {
    const rows = compared.flatMap((stage) => stage.rows);
    const text = `No significant effect of ${searched} was found with ${validationCount} validation images: no trial is significantly worse than the best. ${equalityWords(source, rows)}`;
    return [warning('no_significant_difference', text)];
  }
  return compared.flatMap(({ name, closed, rows, ...stage }) => {
    if (!closed || rows.length < trialsMin || !rows.every(({ tied }) => tied)) return [];
    if (stage.isWorseFound) return [];
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
  if (!isFitContradicted || parameter === null) return [];
  const text = `No curve is drawn: more trials than expected are far from any smooth curve over ${parameterSymbol(parameter)}, as if neighbouring values behaved differently.`;
  return [warning('curve_hidden', text)];
}

/** Values that are too small for float32 arithmetic, after as many steps as the trials had; 0 is meant so. */
function effectWarnings(
  { study: { spec }, trainer, stages }: WarningSource,
  rows: readonly ResultRow[],
): ResultWarning[] {
  const steps = rows.find((row) => row.steps !== null)?.steps ?? 0;
  const leastOf = (parameter: string, { params }: ResultRow): number =>
    trainer.effectiveMinimum(parameter, trialSettings(spec.trainer, params), steps) ?? 0;
  return searchedParameters(spec).flatMap((parameter) => {
    const below =
      steps === 0
        ? []
        : rows.filter((row) => {
            const value = row.params[parameter];
            const isUsed = row.status === 'complete' && typeof value === 'number' && value > 0;
            return isUsed && value < leastOf(parameter, row);
          });
    if (below.length === 0) return [];
    const symbol = parameterSymbol(parameter);
    const least = below.reduce((most, row) => Math.max(most, leastOf(parameter, row)), 0);
    const text = `${rankedText(below.length, stages)} had ${symbol} below ${formatParam(least)}, too small to have an effect in float32 (less than one rounding step per weight in ${steps} steps): they train as if ${symbol} were 0.`;
    return [warning('no_effect_in_float32', text)];
  });
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
  source: WarningSource,
  { name, rows }: WarningSource['stages'][number],
): ResultWarning[] {
  const { study, trainer, stages } = source;
  const diverged = rows.filter(({ status, steps }) => status === 'failed' && steps !== null);
  if (diverged.length === 0) return [];
  const toParams = (row: ResultRow): ResultRow['params'] => row.params;
  const completed = stages.flatMap((stage) => stage.rows.filter(({ value }) => value !== null));
  const smaller = smallerValues(study.spec, diverged.map(toParams), completed.map(toParams));
  const count = rankedText(diverged.length, stages);
  const range = divergedRange(source, diverged);
  if (diverged.length < rows.length) {
    const limit =
      range === '' && smaller.length > 0 ? ` To avoid that, ${smaller.join(', or ')}.` : '';
    const text = `${count} of stage ${name} diverged${range}: the loss was no longer a finite number.${limit}`;
    return [warning('diverged', text, name)];
  }
  const last = diverged.reduce((most, { steps }) => Math.max(most, steps ?? 0), 0);
  const lower = trainer.divergenceAdvice(study.spec.trainer).map((setting) => `lower ${setting}`);
  const advice = [...lower, ...smaller];
  const fix = advice.length === 0 ? '' : `: ${advice.join(', or ')}`;
  const text = `All ${count} of stage ${name} diverged within ${last} steps${range}${fix}.`;
  return [warning('diverged', text, name)];
}

/** ` (λ 1.00e-2 … 1.00e-1)`; empty with several parameters: each of them may be the cause. */
function divergedRange(
  { study: { spec }, statistics: { parameter } }: WarningSource,
  diverged: readonly ResultRow[],
): string {
  if (parameter === null) return '';
  const values = diverged.map(({ params }) => numberParam(params, parameter));
  const min = values.reduce((a, b) => Math.min(a, b));
  const max = values.reduce((a, b) => Math.max(a, b));
  const style = numberStyles(spec.stages)[parameter];
  const range = min === max ? formatParam(min, style) : rangeText({ min, max }, style);
  return ` (${parameterSymbol(parameter)} ${range})`;
}

/** By verdict; `NAMES` are the trials. */
const auditTexts = {
  disputed:
    'Workers computed different results of NAMES, and neither this machine nor another token could settle the dispute: not ranked.',
  repeated:
    'NAMES: checked only with the token that computed the result. Add a machine with a separate token (`ridgeline token new`) for an independent check.',
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

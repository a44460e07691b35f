/**
 * Result warnings: sentences about limits of the results that a reader must know. Those of narrowing come
 * from the stages (`search/planning/narrowing.ts`); this module adds those that need the whole study.
 */
import { edgeWords } from '../../search/planning/edge-words.ts';
import type { StudyStatistics } from '../../search/analysis/study-statistics.ts';
import { formatParam, numberParam, parameterSymbol } from '../../study/search-space.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';
import { trialName } from '../../study/trial.ts';
import type { ResultRow } from './result-row.ts';
import { rangeText, rankedText } from './result-words.ts';
import type { StageResults } from './study-results.ts';
import { warning, type ResultWarning, type WarningCode } from './warning.ts';

interface WarningSource {
  readonly study: StudyRecord;
  readonly trainer: TrainerDescription;
  readonly stages: readonly Pick<
    StageResults,
    'name' | 'closed' | 'warnings' | 'replicates' | 'rows'
  >[];
  readonly statistics: StudyStatistics;
  readonly best: ResultRow | null;
}

export function resultWarnings(source: WarningSource): readonly ResultWarning[] {
  return [
    ...source.stages.flatMap(({ name, warnings }) =>
      warnings.map((text) => warning('narrowing', `${name}: ${text}`, name)),
    ),
    ...studyWarnings(source),
  ];
}

/** Warnings about the whole study; those of narrowing are in the stages. */
export function studyWarnings(source: WarningSource): readonly ResultWarning[] {
  const rows = source.stages.flatMap((stage) => stage.rows);
  return [
    ...edgeWarnings(source, rows),
    ...tieWarnings(source),
    ...curveWarnings(source.statistics),
    ...effectWarnings(source, rows),
    ...failureWarnings(source, rows),
    ...auditWarnings(rows),
    ...winnerWarnings(source.study),
    ...settingWarnings(source.study),
    ...dataWarnings(source.study),
  ];
}

/** Fewest trials for an edge warning: of one or two, the best one is always at an edge. */
const trialsMin = 3;

/** The best trial is the outermost of all that were trained; a diverged trial beyond it counts as trained. */
function edgeWarnings(
  { stages, best, statistics: { parameter } }: WarningSource,
  rows: readonly ResultRow[],
): ResultWarning[] {
  const trained = rows.filter(({ value, steps }) => value !== null || steps !== null);
  if (best === null || trained.length < trialsMin) return [];
  const [symbol, at] = [parameterSymbol(parameter), numberParam(best.params, parameter)];
  const values = trained.map(({ params }) => numberParam(params, parameter));
  const isReported = (words: string): boolean =>
    stages.some(({ warnings }) => warnings.some((text) => text.startsWith(words)));
  const toText = (most: string, side: keyof typeof edgeWords, end: string, next: number): string =>
    `The best trial, ${best.trial}, has the ${most} ${symbol} of all: the optimum may be ${side} ${formatParam(at)}; try a range that ${end} at ${formatParam(next)}.`;
  const warnings: ResultWarning[] = [];
  if (!isReported(edgeWords.below) && values.every((value) => value >= at))
    warnings.push(warning('best_at_lower_bound', toText('smallest', 'below', 'starts', at / 100)));
  if (!isReported(edgeWords.above) && values.every((value) => value <= at))
    warnings.push(warning('best_at_upper_bound', toText('largest', 'above', 'ends', at * 100)));
  return warnings;
}

function tieWarnings({ stages, statistics }: WarningSource): ResultWarning[] {
  const { ties, validationCount, parameter } = statistics;
  if (ties === null || ties.compared.size < trialsMin) return [];
  const symbol = parameterSymbol(parameter);
  if (ties.names.size === ties.compared.size) {
    const text = `None of the ${rankedText(ties.compared.size, stages)} can be distinguished from the best: ${validationCount} validation images are too few to measure the effect of ${symbol}.`;
    return [warning('no_significant_difference', text)];
  }
  return stages.flatMap(({ name, closed, rows }) => {
    const compared = rows.filter(({ tied }) => tied !== null);
    const areTied = compared.every(({ tied }) => tied);
    if (!closed || compared.length < trialsMin || !areTied) return [];
    const text = `${name}: all ${rankedText(compared.length, stages)} are tied with the best: within this range the noise of ${validationCount} validation images is larger than the effect of ${symbol}. More trials do not help; more images do.`;
    return [warning('no_significant_difference', text, name)];
  });
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
    ({ params, digest }) => digest !== null && numberParam(params, parameter) < least,
  );
  if (below.length === 0) return [];
  const text = `${rankedText(below.length, stages)} had ${parameterSymbol(parameter)} below ${formatParam(least)}, which has no effect in float32: over ${steps} steps the effect is smaller than one rounding error. They differ by rounding alone.`;
  return [warning('no_effect_in_float32', text)];
}

function failureWarnings(
  { stages, statistics: { parameter } }: WarningSource,
  rows: readonly ResultRow[],
): ResultWarning[] {
  const failed = rows.filter(({ status }) => status === 'failed');
  // A diverged trial was trained: it has steps. A lost one has none.
  const diverged = failed.filter(({ steps }) => steps !== null);
  const lost = failed.filter(({ steps }) => steps === null);
  const warnings: ResultWarning[] = [];
  if (diverged.length > 0) {
    const values = diverged.map(({ params }) => numberParam(params, parameter));
    const min = values.reduce((a, b) => Math.min(a, b));
    const max = values.reduce((a, b) => Math.max(a, b));
    const range = min === max ? formatParam(min) : rangeText({ min, max });
    const text = `${rankedText(diverged.length, stages)} diverged (${parameterSymbol(parameter)} ${range}): the loss was no longer a finite number.`;
    warnings.push(warning('diverged', text));
  }
  if (lost.length > 0) {
    const text = `${rankedText(lost.length, stages)} failed without a result: not ranked.`;
    warnings.push(warning('failed_without_result', text));
  }
  return warnings;
}

/** By verdict; `NAMES` are the trials. */
const auditTexts = {
  disputed:
    'Workers computed different results of NAMES, and no other worker could settle the dispute: not ranked.',
  repeated:
    'Only the same worker could compute NAMES again: the result is repeatable, but no other worker confirmed it.',
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
      'The test set was measured in every trial (test: all): a choice by test accuracy makes that accuracy optimistic too.',
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

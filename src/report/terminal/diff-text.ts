/** Diff text: the comparison of two studies (`study-diff.ts`) as tables for a terminal and as JSON. */
import {
  formatParams,
  parameterSymbol,
  type NumberStyles,
  type Params,
} from '../../study/search-space.ts';
import { objectiveMetric } from '../results/result-fields.ts';
import { testAccuracy, testText } from '../results/result-words.ts';
import { rangeText } from '../results/space-words.ts';
import type { DiffSide, StageFacts, StudyDiff } from '../results/study-diff.ts';
import type { StudyResults } from '../results/study-results.ts';
import { documentText } from '../text/json-value.ts';
import { bareText, countText, metricName, metricText, pValueText } from '../text/number-format.ts';
import { paragraph, type TextOptions } from '../text/text-options.ts';
import { tableLines, textColumn, type Column } from './text-table.ts';

/** One line of the table of results: a name, and its value in each study. */
type Outcome = readonly [name: string, a: string | null, b: string | null];

export function formatDiff(
  a: DiffSide,
  b: DiffSide,
  diff: StudyDiff,
  options: TextOptions,
): string {
  const lines = (head: string, rows: readonly Outcome[]): string[] => {
    const columns = [head, a.study.spec.study, b.study.spec.study].map(
      (name, index): Column<Outcome> =>
        textColumn(name, null, (row) => row[index] ?? null, {
          shrink: { widthMin: 4, lost: 'end' },
        }),
    );
    return tableLines(columns, rows, options);
  };
  const fields = diff.fields.map((row): Outcome => [row.field, fieldText(row.a), fieldText(row.b)]);
  const blocks = [
    fields.length === 0
      ? ['the study files differ only in the name']
      : ['study files', ...lines('field', fields)],
    ['results', ...lines('', outcomes(a, b, diff))],
    ...differenceWords(a, b, diff).map((words) => paragraph(words, options)),
    paragraph(digestWords(diff), options),
  ];
  return `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`;
}

export function diffJson(a: DiffSide, b: DiffSide, diff: StudyDiff): string {
  const { trials, difference } = diff;
  return documentText({
    a: sideJson(a),
    b: sideJson(b),
    spec: diff.fields,
    stages: diff.stages.map(({ stage, a: left, b: right }) => ({
      name: stage,
      a: stageJson(left),
      b: stageJson(right),
    })),
    difference: difference && {
      metric: a.results.objective.metric,
      value: difference.value,
      standard_error: difference.standardError,
      p_value: difference.pValue,
      paired_images: difference.pairedImages,
    },
    trials: {
      shared: trials.shared,
      compared: trials.compared,
      digest_equal: trials.digestEqual,
      digest_different: trials.compared - trials.digestEqual,
      first_different: trials.digestDifferent,
    },
  });
}

function sideJson({ study: { spec }, results }: DiffSide): object {
  const { best, winner } = results;
  return {
    study: spec.study,
    status: results.status,
    objective: spec.objective,
    winner: winner && {
      trial: winner.trial,
      ...winner.params,
      params: winner.params,
      value: winner.value,
      standard_error: winner.standardError,
      test_accuracy: testAccuracy(winner, results),
      test_standard_error: winner.testStandardError,
      digest: winner.digest,
    },
    best_trial: best?.trial ?? null,
    best_value: best?.value ?? null,
    tied_trials: results.ties?.tied ?? null,
  };
}

function stageJson(facts: StageFacts | null): object | null {
  if (facts === null) return null;
  const { complete, trials, best, median } = facts;
  return {
    trials,
    complete,
    best_trial: best?.trial ?? null,
    best_lambda: best?.params['lambda'] ?? null,
    best_params: best?.params ?? null,
    best_value: best?.value ?? null,
    median_value: median,
  };
}

/** The results, one line each; values are of each study's objective. */
function outcomes(a: DiffSide, b: DiffSide, diff: StudyDiff): Outcome[] {
  const sides = [a.results, b.results] as const;
  const both = (name: string, show: (side: StudyResults) => string | null): Outcome => [
    name,
    show(sides[0]),
    show(sides[1]),
  ];
  const values = (name: string, left: number | null, right: number | null): Outcome => [
    name,
    metricText(objectiveMetric(sides[0]), left),
    metricText(objectiveMetric(sides[1]), right),
  ];
  const symbols = comparedSymbols(sides);
  return [
    both('status', ({ status }) => status),
    both('ranked by', (side) => metricName(objectiveMetric(side))),
    both('best trial', ({ best }) => best?.trial ?? null),
    both(`best ${symbols ?? 'parameters'}`, ({ best, styles, parameter }) =>
      best === null
        ? null
        : bestParams(best.params, styles, parameter !== null && symbols !== null),
    ),
    both('best value', bestValue),
    both('test accuracy', bestTest),
    both('not significantly worse', ({ ties }) => ties && `${ties.tied} of ${ties.compared}`),
    ...tiedRanges(symbols, both),
    ...diff.stages.flatMap(({ stage, a: left, b: right }): Outcome[] => [
      [`${stage}: complete`, completeText(left), completeText(right)],
      values(`${stage}: best`, left?.best?.value ?? null, right?.best?.value ?? null),
      values(`${stage}: median`, left?.median ?? null, right?.median ?? null),
    ]),
  ];
}

/** `λ`, or `λ/dropout` if the studies search another number each; null if one searches anything else. */
function comparedSymbols(sides: readonly StudyResults[]): string | null {
  const names = sides.flatMap(({ parameter }) => parameter ?? []);
  if (names.length < sides.length) return null;
  return [...new Set(names.map((name) => parameterSymbol(name)))].join('/');
}

/** In its own row: next to the count it does not fit 80 columns. */
function tiedRanges(
  symbols: string | null,
  both: (name: string, show: (side: StudyResults) => string | null) => Outcome,
): Outcome[] {
  if (symbols === null) return [];
  return [
    both(`${symbols} of these`, ({ ties, styles, parameter }) =>
      ties === null || ties.range === null || parameter === null
        ? null
        : rangeText(ties.range, styles?.[parameter]),
    ),
  ];
}

/** @param isNamed whether the first column has the symbol of the only parameter */
function bestParams(params: Params, styles: NumberStyles | undefined, isNamed: boolean): string {
  const text = formatParams(params, styles);
  return isNamed ? text.slice(text.indexOf(' ') + 1) : text;
}

/** The error has the unit of the value: percentage points or nats. */
function bestValue(side: StudyResults): string | null {
  const metric = objectiveMetric(side);
  const value = metricText(metric, side.best?.value ?? null);
  const error = bareText(metric, side.best?.standardError ?? null);
  return value === null || error === null ? value : `${value} ± ${error}`;
}

function bestTest(side: StudyResults): string | null {
  return side.best === null ? null : testText(side.best, side);
}

function completeText(facts: StageFacts | null): string | null {
  return facts === null ? null : `${facts.complete} of ${facts.trials}`;
}

/** A value of a study file; a text without quotes. */
function fieldText(value: unknown): string | null {
  return value === null || typeof value === 'string' ? value : JSON.stringify(value);
}

/** `other − sample: −0.50 ± 0.61 points`, and how far that is from chance. */
function differenceWords(a: DiffSide, b: DiffSide, { difference }: StudyDiff): string[] {
  if (difference === null) return [];
  const { value, standardError, pValue, pairedImages } = difference;
  const metric = objectiveMetric(a.results);
  const names = `${b.study.spec.study} − ${a.study.spec.study}`;
  const points = metric.unit === 'share' ? ' points' : '';
  const number = `${value > 0 ? '+' : ''}${bareText(metric, value)}`.replace('-', '−');
  const start = `difference of the best values, ${names}: ${number}`;
  if (standardError === null || pValue === null) return [`${start}${points} (no standard error)`];
  const error = ` ± ${bareText(metric, standardError)}${points}`;
  const how =
    pairedImages === null
      ? 'the images are not the same, or the metric is not stored per image: the two errors are added in squares'
      : `paired over the same ${pairedImages} validation images; random seeds are not included`;
  const verdict = pValue > significant ? 'not significant' : 'significant';
  return [
    `${start}${error}; ${verdict} (two-sided p ${pValueText(pValue)}; ${how}). Both values selected their trial, so both are biased.`,
  ];
}

/** Highest p-value of a significant difference. */
const significant = 0.05;

function digestWords({ trials }: StudyDiff): string {
  const { shared, compared, digestEqual, digestDifferent } = trials;
  if (shared === 0)
    return 'no trial is in both studies: stage, index and parameters are never equal';
  const words = `${countText(shared, 'trial')} in both; ${digestEqual} of ${compared} completed in both have equal digests`;
  if (digestDifferent.length === 0) return words;
  const more = compared - digestEqual > digestDifferent.length ? ', …' : '';
  return `${words}; not equal: ${digestDifferent.join(', ')}${more}`;
}

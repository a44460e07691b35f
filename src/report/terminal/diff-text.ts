/** Two studies compared (`study-diff.ts`), as tables for a terminal and as JSON. */
import { wrapText } from '../text/display-width.ts';
import { gridLines, type Column } from './text-table.ts';
import { jsonText, schemaVersion } from '../text/json-value.ts';
import {
  bareText,
  countText,
  lambdaText,
  metricName,
  metricText,
  percentText,
} from '../text/number-format.ts';
import type { DiffSide, FieldDifference, StageFacts, StudyDiff } from '../results/study-diff.ts';
import type { ResultRow, StudyResults } from '../results/study-results.ts';
import { shown, widthOf, type TextOptions } from '../text/text-options.ts';

/** One line of the table of what came out: a name, and what it is in each study. */
type Outcome = readonly [name: string, a: string | null, b: string | null];

export function formatDiff(
  a: DiffSide,
  b: DiffSide,
  diff: StudyDiff,
  options: TextOptions,
): string {
  const names = [a.spec.study, b.spec.study] as const;
  const blocks: string[][] = [];
  if (diff.fields.length === 0) blocks.push(['the study files differ in nothing but the name']);
  else blocks.push(['study files', ...gridLines(fieldColumns(names), diff.fields, options)]);
  blocks.push(['results', ...gridLines(outcomeColumns(names), outcomes(a, b, diff), options)]);
  const sentence = wrapText(shown(digestWords(diff), options), widthOf(options), '  ');
  blocks.push(sentence);
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

export function diffJson(a: DiffSide, b: DiffSide, diff: StudyDiff): string {
  const { trials } = diff;
  return jsonText({
    schema_version: schemaVersion,
    a: sideJson(a),
    b: sideJson(b),
    spec: diff.fields,
    stages: diff.stages.map((stage) => ({
      name: stage.stage,
      a: stageJson(stage.a),
      b: stageJson(stage.b),
    })),
    trials: {
      shared: trials.shared,
      compared: trials.compared,
      digest_equal: trials.digestEqual,
      digest_different: trials.compared - trials.digestEqual,
      first_different: trials.digestDifferent,
    },
  });
}

function sideJson({ spec, results }: DiffSide): object {
  const { best, winner } = results;
  return {
    study: spec.study,
    status: results.status,
    objective: spec.objective,
    winner:
      winner === null
        ? null
        : {
            trial: winner.trial,
            lambda: winner.lambda,
            value: winner.value,
            standard_error: winner.standardError,
            test_accuracy: winner.testAccuracy,
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
    best_lambda: best?.lambda ?? null,
    best_value: best?.value ?? null,
    median_value: median,
  };
}

/** What came out, a line each; values only where both studies are judged by the same metric or each by its own. */
function outcomes(a: DiffSide, b: DiffSide, diff: StudyDiff): Outcome[] {
  const both = <T>(
    name: string,
    of: (side: StudyResults) => T,
    show: (value: T) => string | null,
  ): Outcome => [name, show(of(a.results)), show(of(b.results))];
  const value = (results: StudyResults, row: ResultRow | null): string | null =>
    row === null ? null : metricText(results.objective.metric, row.value);
  return [
    both('status', (side) => side.status, String),
    both('ranked by', (side) => metricName(side.objective.metric), String),
    both(
      'best trial',
      (side) => side.best?.trial ?? null,
      (name) => name,
    ),
    both(
      'best λ',
      (side) => side.best,
      (row) => (row === null ? null : lambdaText(row.lambda)),
    ),
    [
      'best value',
      withError(a.results, value(a.results, a.results.best)),
      withError(b.results, value(b.results, b.results.best)),
    ],
    both('test accuracy', (side) => side.best?.testAccuracy ?? null, withPercent),
    both(
      'tied with best',
      (side) => side.ties,
      (ties) => (ties === null ? null : `${ties.tied} of ${ties.compared}`),
    ),
    // A row of its own: beside the count, a terminal of 80 columns has no room for it.
    both(
      'λ of the tied',
      (side) => side.ties,
      (ties) =>
        ties === null ? null : `${lambdaText(ties.lambda.min)} … ${lambdaText(ties.lambda.max)}`,
    ),
    ...diff.stages.flatMap(({ stage, a: left, b: right }): Outcome[] => [
      [`${stage}: complete`, completeText(left), completeText(right)],
      [
        `${stage}: best`,
        value(a.results, left?.best ?? null),
        value(b.results, right?.best ?? null),
      ],
      [
        `${stage}: median`,
        metricText(a.results.objective.metric, left?.median ?? null),
        metricText(b.results.objective.metric, right?.median ?? null),
      ],
    ]),
  ];
}

/** The error has the unit of the value: points of a per cent, or nats. */
function withError({ best, objective }: StudyResults, value: string | null): string | null {
  const error = bareText(objective.metric, best?.standardError ?? null);
  return value === null || error === null ? value : `${value} ± ${error}`;
}

function withPercent(share: number | null): string | null {
  const text = percentText(share);
  return text === null ? null : `${text} %`;
}

function completeText(facts: StageFacts | null): string | null {
  return facts === null ? null : `${facts.complete} of ${facts.trials}`;
}

function digestWords({ trials }: StudyDiff): string {
  const { shared, compared, digestEqual, digestDifferent } = trials;
  if (shared === 0) return 'no trial of one is a trial of the other: stage, k and λ agree nowhere';
  const words = `${countText(shared, 'trial')} in both; ${digestEqual} of ${compared} completed in both have equal digests`;
  return digestDifferent.length === 0
    ? words
    : `${words}; not equal: ${digestDifferent.join(', ')}${compared - digestEqual > digestDifferent.length ? ', …' : ''}`;
}

function fieldColumns([a, b]: readonly [string, string]): Column<FieldDifference>[] {
  return [
    column('field', (row) => row.field),
    column(a, (row) => row.a),
    column(b, (row) => row.b),
  ];
}

function outcomeColumns([a, b]: readonly [string, string]): Column<Outcome>[] {
  return [column('', ([name]) => name), column(a, (row) => row[1]), column(b, (row) => row[2])];
}

function column<Row>(head: string, cell: (row: Row) => string | null): Column<Row> {
  return { head, align: 'left', importance: null, shrink: { widthMin: 4, lost: 'end' }, cell };
}

/**
 * Ranked results for a terminal: a heading, a table and its notes for each stage, then the winner.
 *
 * Rows that were left out, columns that did not fit and ranges that were narrowed are said in words.
 */
import { wrapText, wrapWords } from '../text/display-width.ts';
import { gridLines, type Column } from './text-table.ts';
import { extraColumn } from '../results/result-columns.ts';
import { chosenFields } from '../results/result-fields.ts';
import {
  bestLabel,
  countWords,
  failureWords,
  rangeWords,
  statisticsWords,
  winnerFacts,
} from '../results/result-words.ts';
import type { ResultRow, StageResults, StudyResults } from '../results/study-results.ts';
import { shown, widthOf, type TextOptions } from '../text/text-options.ts';

export interface TableOptions extends TextOptions {
  /** Names of the columns; null for the usual ones. */
  readonly columns: readonly string[] | null;
}

const failuresShown = 5;

export function formatTables(results: StudyResults, options: TableOptions): string {
  const blocks = results.stages.map((stage) => stageLines(results, stage, options));
  const rest = [
    ...statusLines(results, options),
    ...winnerLines(results, options),
    ...warningLines(results, options),
  ];
  if (rest.length > 0) blocks.push(rest);
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The last line of a search: the winner with its test accuracy, or the best so far. */
function winnerLines(results: StudyResults, options: TextOptions): string[] {
  const facts = winnerFacts(results);
  if (facts === null) return [];
  const words = [bestLabel(results), ...facts].map((fact) => shown(fact, options));
  const [first = '', ...others] = wrapWords(words, '  ', widthOf(options), '        ');
  const lines = [first, ...others].map((line, index) =>
    options.color(index === 0 ? 'green' : 'dim', line),
  );
  return [
    ...lines,
    ...statisticsWords(results).flatMap(({ label, text }) =>
      wrapText(shown(label.padEnd(8) + text, options), widthOf(options), '        ').map((line) =>
        options.color('dim', line),
      ),
    ),
  ];
}

function stageLines(results: StudyResults, stage: StageResults, options: TableOptions): string[] {
  const width = widthOf(options);
  const heading = [stage.name, rangeWords(stage), countWords(stage)].map((part) =>
    shown(part, options),
  );
  const lines = wrapWords(heading, '  ', width, '  ').map((line) => options.color('bold', line));
  if (stage.reason !== null) lines.push(...note(stage.reason, options));
  if (stage.rows.length === 0)
    return stage.rowsTotal === 0 ? lines : [...lines, ...note(cutNote(stage), options)];
  lines.push(...gridLines(resultColumns(results, stage, options), stage.rows, options));
  if (stage.rows.length < stage.rowsTotal) lines.push(...note(cutNote(stage), options));
  // Failed trials stand last and may have been left out above.
  for (const failure of failureWords(results.study, stage, failuresShown)) {
    lines.push(
      ...wrapText(shown(`! ${failure}`, options), width, '  ').map((line) =>
        options.color('yellow', line),
      ),
    );
  }
  return lines;
}

function cutNote({ rows, rowsMatched, rowsTotal }: StageResults): string {
  const shownRows = `${rows.length} of ${rowsMatched} shown, --all shows the rest`;
  if (rowsMatched === rowsTotal) return shownRows;
  const matched = `${rowsMatched} of ${rowsTotal} match`;
  return rows.length === rowsMatched ? matched : `${matched}; ${shownRows}`;
}

function note(text: string, options: TextOptions): string[] {
  return wrapText(`  ${shown(text, options)}`, widthOf(options), '  ').map((line) =>
    options.color('dim', line),
  );
}

function statusLines({ study, status, reason }: StudyResults, options: TextOptions): string[] {
  if (status === 'complete' && reason === null) return [];
  const text = `study ${study} is ${status}${reason === null ? '' : `: ${reason}`}`;
  return wrapText(shown(text, options), widthOf(options), '  ').map((line) =>
    options.color(status === 'failed' ? 'red' : 'cyan', line),
  );
}

function warningLines({ warnings }: StudyResults, options: TextOptions): string[] {
  return warnings.flatMap((warning) =>
    wrapText(shown(`warning: ${warning}`, options), widthOf(options), '  ').map((line) =>
      options.color('yellow', line),
    ),
  );
}

/** How a field looks where it is not as wide as it likes: what goes first, and what may be cut. */
const looks: Readonly<Record<string, Partial<Column<ResultRow>>>> = {
  rank: { importance: null },
  trial: {
    importance: null,
    shrink: { widthMin: 8, lost: 'start', isTyped: true },
    style: (row) => (row.rank === 1 ? 'green' : null),
  },
  lambda: { importance: null },
  train_accuracy: { importance: 40 },
  validation_accuracy: { importance: 90, short: 'val %' },
  standard_error: { importance: 35 },
  tied: { importance: 85, short: '=' },
  replicates: { importance: 60, short: '×' },
  validation_loss: { importance: 50, head: 'loss', short: 'loss' },
  test_accuracy: { importance: 80 },
  status: { importance: 70, style: (row) => statusStyle(row) },
  audit: { importance: 75, style: (row) => auditStyle(row) },
  attempts: { importance: 30, short: 'att.' },
  worker: { importance: 10, shrink: { widthMin: 8, lost: 'end' } },
  seconds: { importance: 20, short: 'sec.' },
};

function resultColumns(
  results: StudyResults,
  stage: StageResults,
  { columns }: TableOptions,
): Column<ResultRow>[] {
  const fields = chosenFields(results.objective, columns ?? usualColumns(results, stage));
  return fields.map(({ name, kind, head, cell }, index) => ({
    head,
    short: head,
    align: kind === 'number' ? 'right' : 'left',
    importance: 15,
    cell,
    // What was asked for by name is left out from its end, and a long text is cut before that.
    ...(kind === 'text' && { shrink: { widthMin: 8, lost: 'end' } as const }),
    ...looks[name],
    // What the rows are ranked by outlives every other column that may go.
    ...(name === results.objective.metric && { importance: 95 }),
    ...(columns !== null && { importance: index === 0 ? null : 1_000 - index }),
  }));
}

/** Columns that would say nothing are left out: status where all is complete, for one. */
function usualColumns({ objective }: StudyResults, { rows }: StageResults): string[] {
  const extra = extraColumn(objective);
  const has = (test: (row: ResultRow) => boolean): boolean => rows.some(test);
  return [
    'rank',
    'trial',
    'lambda',
    ...(extra === null ? [] : [extra]),
    'train_accuracy',
    'validation_accuracy',
    ...(has((row) => row.standardError !== null) ? ['standard_error'] : []),
    ...(has((row) => row.tied !== null) ? ['tied'] : []),
    ...(has((row) => row.replicates > 1) ? ['replicates'] : []),
    'validation_loss',
    ...(has((row) => row.testAccuracy !== null) ? ['test_accuracy'] : []),
    ...(has((row) => row.status !== 'complete') ? ['status'] : []),
    ...(has((row) => row.audit !== null) ? ['audit'] : []),
    ...(has((row) => row.attempts > Math.max(1, row.replicates)) ? ['attempts'] : []),
    'worker',
    'seconds',
  ];
}

function auditStyle({ audit }: ResultRow): 'green' | 'red' | 'dim' {
  if (audit === 'verified') return 'green';
  return audit === 'disputed' ? 'red' : 'dim';
}

function statusStyle({ status }: ResultRow): 'red' | 'dim' | 'cyan' | null {
  if (status === 'failed') return 'red';
  if (status === 'running') return 'cyan';
  return status === 'complete' ? null : 'dim';
}

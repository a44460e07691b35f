/**
 * Ranked results for a terminal: the answer, then a heading, a table and its notes for each stage, the last
 * stage first, then notes and warnings. All tables have the same columns.
 */
import { distinguished, terminalFields } from '../results/result-columns.ts';
import { chosenFields, markedStudyRank, type ResultField } from '../results/result-fields.ts';
import type { ResultRow } from '../results/result-row.ts';
import { completeText, countsText } from '../results/result-words.ts';
import { spaceText } from '../results/space-words.ts';
import { failureWords, stoppedWords } from '../results/ended-words.ts';
import type { StageResults, StudyResults } from '../results/study-results.ts';
import { wrapWords } from '../text/display-width.ts';
import { paragraph, printable, textWidth, type TextOptions } from '../text/text-options.ts';
import { answerLines, noteLines } from './study-summary.ts';
import { alignedTables, tableLines, type Column } from './text-table.ts';

export interface TableOptions extends TextOptions {
  /** Names of the columns; null for the usual ones. */
  readonly columns: readonly string[] | null;
}

const failuresShown = 5;
const stoppedShown = 20;

export function formatTables(results: StudyResults, options: TableOptions): string {
  if (results.list !== null) return formatList(results, results.list, options);
  const stages = results.stages.toReversed();
  const filled = stages.filter(({ rows }) => rows.length > 0);
  const groups = filled.map(({ rows }) => rows);
  const { tables, note: widthNote } = alignedTables(
    resultColumns(results, options),
    groups,
    options,
  );
  const blocks = [
    answerLines(results, options),
    ...stages.map((stage) =>
      stageLines(results, stage, tables[filled.indexOf(stage)] ?? [], options),
    ),
    [...widthNote, ...noteLines(results, options)],
  ];
  return joinBlocks(blocks);
}

/** One table of all stages; the rank is that in the study. */
function formatList(
  results: StudyResults,
  rows: readonly ResultRow[],
  options: TableOptions,
): string {
  const { stages } = results;
  const heading = ['all stages', completeText(stages)].map((part) => printable(part, options));
  const total = (toCount: (stage: StageResults) => number): number =>
    stages.reduce((sum, stage) => sum + toCount(stage), 0);
  const counts = {
    rows,
    rowsMatched: total((of) => of.rowsMatched),
    rowsTotal: total((of) => of.rowsTotal),
  };
  const table = rows.length === 0 ? [] : tableLines(resultColumns(results, options), rows, options);
  return joinBlocks([
    answerLines(results, options),
    [
      options.color('bold', heading.join('  ')),
      ...table,
      ...(rows.length < counts.rowsTotal ? note(cutNote(counts), options) : []),
    ],
    noteLines(results, options),
  ]);
}

function joinBlocks(blocks: readonly (readonly string[])[]): string {
  const filled = blocks.filter((lines) => lines.length > 0);
  return `${filled.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function stageLines(
  results: StudyResults,
  stage: StageResults,
  table: readonly string[],
  options: TableOptions,
): string[] {
  const heading = [stage.name, spaceText(stage), countsText(stage)].map((part) =>
    printable(part, options),
  );
  const lines = wrapWords(heading, '  ', textWidth(options), '  ').map((line) =>
    options.color('bold', line),
  );
  if (stage.reason !== null) lines.push(...note(stage.reason, options));
  lines.push(...table);
  if (stage.rows.length < stage.rowsTotal) lines.push(...note(cutNote(stage), options));
  if (stage.rows.length === 0) return lines;
  // Stopped and failed trials are the last rows and may have been left out above.
  const stopped = stoppedWords(results.study, stage, stoppedShown);
  lines.push(...stopped.flatMap((text) => note(text, options)));
  const failures = failureWords(results.study, stage, failuresShown);
  return [...lines, ...failures.flatMap((text) => paragraph(`! ${text}`, options, 'yellow'))];
}

function cutNote({
  rows,
  rowsMatched,
  rowsTotal,
}: Pick<StageResults, 'rows' | 'rowsMatched' | 'rowsTotal'>): string {
  const shownRows = `${rows.length} of ${rowsMatched} shown, --all shows the rest`;
  if (rowsMatched === rowsTotal) return shownRows;
  const matched = `${rowsMatched} of ${rowsTotal} match`;
  return rows.length === rowsMatched ? matched : `${matched}; ${shownRows}`;
}

function note(text: string, options: TextOptions): string[] {
  return paragraph(`  ${text}`, options, 'dim');
}

/** How a column fits a narrow terminal; columns of other metrics have the importance 45. */
const looks: Readonly<Record<string, Partial<Column<ResultRow>>>> = {
  rank: { importance: null },
  trial: {
    importance: null,
    shrink: { widthMin: 8, lost: 'start', isTyped: true },
    style: (row) => (row.isWinner ? 'green' : null),
  },
  train_accuracy: { importance: 15 },
  standard_error: { importance: 90 },
  tied: { importance: 85 },
  replicates: { importance: 60, short: '×' },
  validation_loss: { importance: 40, head: 'loss', short: 'loss' },
  test_accuracy: { importance: 80 },
  status: { importance: 70, style: ({ status }) => statusStyles[status] },
  audit: { importance: 30, style: ({ audit }) => (audit === null ? 'dim' : auditStyles[audit]) },
  attempts: { importance: 50, short: 'att.' },
  worker: { importance: 20, shrink: { widthMin: 8, lost: 'end' } },
  seconds: { importance: 25, head: 'train s', short: 's' },
};

function resultColumns(results: StudyResults, { columns }: TableOptions): Column<ResultRow>[] {
  const { list } = results;
  const rows = list ?? results.stages.flatMap((stage) => stage.rows);
  const usual = columns === null ? terminalFields(results, rows) : null;
  const fields =
    usual?.map((field) => (list === null ? field : inStudy(field))) ??
    distinguished(chosenFields(results, columns), rows);
  const metrics = new Set(results.metrics.map(({ name }) => name));
  return fields.map(({ name, kind, isParameter, head, short, cell }, index) => ({
    head,
    short: short ?? head.replace(/^validation /, 'val '),
    align: kind === 'number' ? 'right' : 'left',
    importance:
      isParameter === true ? parameterImportance(name, results) : metrics.has(name) ? 45 : 15,
    cell,
    ...(kind === 'text' && { shrink: { widthMin: 8, lost: 'end' } as const }),
    ...looks[name],
    // The value that ranks is removed last.
    ...(name === results.objective.metric && {
      importance: 95,
      style: ({ status }: ResultRow) => statusStyles[status],
    }),
    // Chosen columns are removed from the last to the second, and not cut.
    ...(columns !== null && { importance: index === 0 ? null : 1_000 - index }),
  }));
}

/** Never removed if there are few; of many, the first ones are kept longest, after the value. */
function parameterImportance(name: string, { parameters }: StudyResults): number | null {
  return parameters.length <= 2 ? null : 84 - parameters.indexOf(name) / parameters.length;
}

/** In one list of all stages, the column `rank` has the rank in the study. */
function inStudy(field: ResultField): ResultField {
  return field.name === 'rank' ? { ...field, cell: markedStudyRank } : field;
}

const auditStyles = {
  verified: 'green',
  disputed: 'red',
  repeated: 'dim',
  unchecked: 'dim',
} as const;
const statusStyles = {
  complete: null,
  stopped: 'dim',
  paused: 'cyan',
  failed: 'red',
  running: 'cyan',
  waiting: 'dim',
  cancelled: 'dim',
} as const;

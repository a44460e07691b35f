/**
 * Ranked results for a terminal: a heading, a table and its notes for each stage, then the winner.
 *
 * Rows that were left out, columns that did not fit and ranges that were narrowed are said in words.
 */
import { wrapText, wrapWords } from './display-width.ts';
import { gridLines, type Column } from './grid.ts';
import {
  isAccuracy,
  lambdaText,
  lossText,
  metricName,
  percentText,
  secondsText,
} from './number-format.ts';
import { extraColumn } from './result-columns.ts';
import { bestLabel, countWords, failureWords, rangeWords, winnerFacts } from './result-words.ts';
import {
  selectResults,
  type ResultRow,
  type StageResults,
  type StudyResults,
} from './study-results.ts';
import { shown, widthOf, type TextOptions } from './text-options.ts';

export interface TableOptions extends TextOptions {
  /** The most rows of each stage; null for all. */
  readonly top: number | null;
  /** Only this stage. */
  readonly stage?: string | undefined;
}

const failuresShown = 5;

export function formatTables(results: StudyResults, options: TableOptions): string {
  const selected = selectResults(results, options);
  const blocks = selected.stages.map((stage) => stageLines(results, stage, options));
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
  return [first, ...others].map((line, index) =>
    options.color(index === 0 ? 'green' : 'dim', line),
  );
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
  lines.push(...gridLines(resultColumns(results, stage), stage.rows, options));
  if (stage.rows.length < stage.rowsTotal) lines.push(...note(cutNote(stage), options));
  // Failed trials stand last and may have been left out above: they are told from the whole stage.
  for (const failure of failureWords(results, stage.name, failuresShown)) {
    lines.push(
      ...wrapText(shown(`! ${failure}`, options), width, '  ').map((line) =>
        options.color('yellow', line),
      ),
    );
  }
  return lines;
}

function cutNote(stage: StageResults): string {
  return `${stage.rows.length} of ${stage.rowsTotal} shown, --all shows the rest`;
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

function resultColumns(results: StudyResults, stage: StageResults): Column<ResultRow>[] {
  const { metric } = results.objective;
  const { rows } = stage;
  const has = (test: (row: ResultRow) => boolean): boolean => rows.some(test);
  const columns: (Column<ResultRow> | false)[] = [
    number('rank', null, rankText),
    {
      head: 'trial',
      align: 'left',
      importance: null,
      shrink: { widthMin: 8, lost: 'start' },
      cell: (row) => row.trial,
      style: (row) => (row.rank === 1 ? 'green' : null),
    },
    number('λ', null, (row) => lambdaText(row.lambda)),
    extraColumn(results.objective) !== null &&
      number(
        metricName(metric),
        95,
        (row) => (isAccuracy(metric) ? percentText : lossText)(row.value),
        'value',
      ),
    number('train %', 40, (row) => percentText(row.trainAccuracy)),
    number('validation %', 90, (row) => percentText(row.validationAccuracy), 'val %'),
    number('loss', metric === 'validation_loss' ? 95 : 50, (row) => lossText(row.validationLoss)),
    has((row) => row.testAccuracy !== null) &&
      number('test %', 80, (row) => percentText(row.testAccuracy)),
    has((row) => row.status !== 'complete') && {
      head: 'status',
      align: 'left',
      importance: 70,
      cell: (row) => row.status,
      style: (row) => statusStyle(row),
    },
    has((row) => row.audit !== null) && {
      head: 'audit',
      align: 'left',
      importance: 75,
      cell: (row) => row.audit,
      style: (row) => auditStyle(row),
    },
    has((row) => row.attempts > 1) && number('attempts', 30, (row) => String(row.attempts), 'att.'),
    {
      head: 'worker',
      align: 'left',
      importance: 10,
      shrink: { widthMin: 8, lost: 'end' },
      cell: (row) => row.worker,
    },
    number('seconds', 20, (row) => secondsText(row.seconds), 'sec.'),
  ];
  return columns.filter((column) => column !== false);
}

function number(
  head: string,
  importance: number | null,
  cell: (row: ResultRow) => string | null,
  short: string = head,
): Column<ResultRow> {
  return { head, short, align: 'right', importance, cell };
}

/** The best of the stage has a star: colour alone is not seen by everybody. */
function rankText(row: ResultRow): string | null {
  if (row.rank === null) return null;
  return row.rank === 1 ? '* 1' : String(row.rank);
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

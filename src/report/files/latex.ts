/**
 * Results as LaTeX: one table per stage that fits the page of an article, with the rules of the booktabs
 * package; a table of more than 40 rows continues on the next page (longtable). Numbers are rounded as in the
 * terminal, and powers of ten are typeset. The sentences below a table are comments, unless they are wanted.
 */
import { latexFields } from '../results/result-columns.ts';
import type { ColumnNames } from '../results/result-fields.ts';
import { countsText } from '../results/result-words.ts';
import { spaceText } from '../results/space-words.ts';
import type { StageResults, StudyResults } from '../results/study-results.ts';
import { foreignText } from '../text/escape-terminal.ts';
import { documentColumns, documentNotes, type DocumentColumn } from './document-table.ts';

/** Rows per stage unless the user chooses. */
export const latexRows = 10;
/** More rows do not fit a page. */
const pageRows = 40;

export interface LatexOptions {
  /** Null for the usual columns. */
  readonly columns?: ColumnNames;
  /** Whether the winner, notes and warnings are printed; otherwise, they are comments. */
  readonly notes?: boolean;
}

export function formatLatex(
  results: StudyResults,
  { columns: named = null, notes = false }: LatexOptions = {},
): string {
  const columns = documentColumns(results, named, latexFields);
  const stages = results.stages.filter(({ rows }) => rows.length > 0);
  const isLong = stages.some(({ rows }) => rows.length > pageRows);
  const packages = isLong ? ['booktabs', 'longtable'] : ['booktabs'];
  const blocks = [`% Needs ${packages.map((name) => `\\usepackage{${name}}`).join(' ')}.`];
  for (const stage of stages)
    blocks.push((stage.rows.length > pageRows ? longTable : table)(results, stage, columns));
  const reasons = stages.flatMap(({ name, reason }) =>
    reason === null ? [] : [{ label: name, text: reason }],
  );
  const warnings = results.warnings.map(({ text }) => ({ label: 'warning', text }));
  for (const { label, text } of [...documentNotes(results), ...reasons, ...warnings])
    blocks.push(
      notes
        ? `{\\footnotesize\\noindent\\textbf{${latexText(label)}:} ${latexText(text)}\\par}`
        : `% ${label}: ${foreignText(text)}`,
    );
  return `${blocks.join('\n\n')}\n`;
}

const special: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  _: '\\_',
  '%': '\\%',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': '\\textquotedbl{}',
  λ: '$\\lambda$',
  '…': '\\dots{}',
  '–': '--',
  '−': '$-$',
  '±': '$\\pm$',
  '×': '$\\times$',
  '·': '$\\cdot$',
  '≤': '$\\leq$',
  '≥': '$\\geq$',
  '≈': '$\\approx$',
  '√': '$\\surd$',
};

/**
 * Any text, escaped so that LaTeX prints it unchanged; `2.31e-4` is typeset as a power of ten. Letters beyond
 * ASCII stay, since LaTeX reads UTF-8.
 */
export function latexText(text: string): string {
  return foreignText(text)
    .split(/(?<![\w.])(\d\.\d+e[-+]?\d+)(?![\w.])/)
    .map((part, index) => (index % 2 === 1 ? latexPower(part) : escaped(part)))
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll(
    /[\\{}$&#_%^~<>|"λ…–−±×·≤≥≈√]/g,
    (character) => special[character] ?? character,
  );
}

/** `2.31e-4` as `$2.31 \times 10^{-4}$`, and `1.00e-4` as `$10^{-4}$`. */
function latexPower(text: string): string {
  const [mantissa = '', exponent] = text.split('e');
  const factor = Number(mantissa) === 1 ? '' : `${mantissa} \\times `;
  return `$${factor}10^{${Number(exponent)}}$`;
}

type Table = (
  results: StudyResults,
  stage: StageResults,
  columns: readonly DocumentColumn[],
) => string;

const table: Table = (results, stage, columns) =>
  [
    '\\begin{table}',
    '  \\centering',
    `  ${caption(results, stage)}`,
    `  \\begin{tabular}{${alignment(columns)}}`,
    ...ruled(stage, columns, []),
    '  \\end{tabular}',
    '\\end{table}',
  ].join('\n');

const longTable: Table = (results, stage, columns) =>
  [
    `\\begin{longtable}{${alignment(columns)}}`,
    `  ${caption(results, stage)} \\\\`,
    ...ruled(stage, columns, ['    \\endhead']),
    '\\end{longtable}',
  ].join('\n');

function caption({ study, ties }: StudyResults, stage: StageResults): string {
  const { name, rows, rowsTotal } = stage;
  const cut = rows.length < rowsTotal ? `; the first ${rows.length} are shown` : '';
  const signs =
    ties === null ? '' : ' ±: one standard error; ≈: not significantly worse than the best.';
  const text = `${study}, stage ${name}: ${spaceText(stage)}; ${countsText(stage)}${cut}.${signs}`;
  // LaTeX reads a label raw; names of studies and stages have no special characters.
  return `\\caption{${latexText(text)}}\\label{tab:${study}-${name}}`;
}

function alignment(columns: readonly DocumentColumn[]): string {
  return columns.map(({ align }) => (align === 'right' ? 'r' : 'l')).join('');
}

/** @param afterHead lines between the head and the first row */
function ruled(
  { rows }: StageResults,
  columns: readonly DocumentColumn[],
  afterHead: readonly string[],
): string[] {
  const line = (toCell: (column: DocumentColumn) => string): string =>
    `    ${columns.map((column) => latexText(toCell(column))).join(' & ')} \\\\`;
  return [
    '    \\toprule',
    line(({ head }) => head),
    '    \\midrule',
    ...afterHead,
    ...rows.map((row) => line(({ cell }) => cell(row))),
    '    \\bottomrule',
  ];
}

/**
 * Results as LaTeX: one `table` for each stage, with the rules of the booktabs package. Numbers are rounded as
 * in the terminal, parameters are powers of ten. Requires only `\usepackage{booktabs}`.
 */
import {
  documentColumns,
  stageCaption,
  winnerSentence,
  type DocumentColumn,
} from './document-table.ts';
import { foreignText } from '../text/escape-terminal.ts';
import { statisticsWords } from '../results/result-words.ts';
import type { StageResults, StudyResults } from '../results/study-results.ts';

export function formatLatex(results: StudyResults, named: readonly string[] | null = null): string {
  const columns = documentColumns(results, named);
  const blocks = ['% Needs \\usepackage{booktabs}.'];
  for (const stage of results.stages) {
    if (stage.rows.length > 0) blocks.push(table(results, stage, columns));
  }
  const winner = winnerSentence(results);
  if (winner !== null)
    blocks.push(`\\noindent\\textbf{${latexText(winner.label)}:} ${latexText(winner.text)}`);
  for (const { label, text } of statisticsWords(results))
    blocks.push(`\\noindent\\textbf{${label}:} ${latexText(text)}.`);
  for (const warning of results.warnings)
    blocks.push(`\\noindent\\textbf{Warning:} ${latexText(warning)}`);
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
  '√': '$\\surd$',
};

/** Any text, escaped so that LaTeX prints it unchanged. Letters beyond ASCII stay, since LaTeX reads UTF-8. */
export function latexText(text: string): string {
  return foreignText(text).replaceAll(
    /[\\{}$&#_%^~<>|"λ…–−±×·≤≥√]/g,
    (character) => special[character] ?? character,
  );
}

/** `2.31e-4` as `$2.31 \times 10^{-4}$`. */
function latexPower(text: string): string {
  const [mantissa, exponent] = text.split('e');
  return exponent === undefined ? text : `$${mantissa} \\times 10^{${Number(exponent)}}$`;
}

function table(
  results: StudyResults,
  stage: StageResults,
  columns: readonly DocumentColumn[],
): string {
  return [
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${latexText(`${results.study}, stage ${stage.name}: ${stageCaption(stage)}`)}}`,
    // LaTeX reads a label raw; names of studies and stages have no special characters.
    `  \\label{tab:${results.study}-${stage.name}}`,
    `  \\begin{tabular}{${columns.map(({ align }) => (align === 'right' ? 'r' : 'l')).join('')}}`,
    '    \\toprule',
    tableRow(columns.map(({ head }) => latexText(head))),
    '    \\midrule',
    ...stage.rows.map((row) =>
      tableRow(
        columns.map(({ kind, cell }) =>
          kind === 'parameter' ? latexPower(cell(row)) : latexText(cell(row)),
        ),
      ),
    ),
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
  ].join('\n');
}

function tableRow(cells: readonly string[]): string {
  return `    ${cells.join(' & ')} \\\\`;
}

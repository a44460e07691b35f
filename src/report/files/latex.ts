/**
 * Results as LaTeX: one `table` for each stage, with the rules of the booktabs package. Numbers are rounded as
 * in the terminal, parameters are powers of ten. Requires only `\usepackage{booktabs}`.
 */
import type { ColumnNames } from '../results/result-fields.ts';
import type { StageResults, StudyResults } from '../results/study-results.ts';
import { foreignText } from '../text/escape-terminal.ts';
import {
  documentColumns,
  documentNotes,
  stageCaption,
  type DocumentColumn,
} from './document-table.ts';

export function formatLatex(results: StudyResults, named: ColumnNames = null): string {
  const columns = documentColumns(results, named);
  const blocks = ['% Needs \\usepackage{booktabs}.'];
  for (const stage of results.stages)
    if (stage.rows.length > 0) blocks.push(table(results, stage, columns));
  const warnings = results.warnings.map(({ text }) => ({ label: 'Warning', text }));
  for (const { label, text } of [...documentNotes(results), ...warnings])
    blocks.push(`\\noindent\\textbf{${label}:} ${latexText(text)}`);
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

/** Any text, escaped so that LaTeX prints it unchanged. Letters beyond ASCII stay, since LaTeX reads UTF-8. */
export function latexText(text: string): string {
  return foreignText(text).replaceAll(
    /[\\{}$&#_%^~<>|"λ…–−±×·≤≥≈√]/g,
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
  const line = (toCell: (column: DocumentColumn) => string): string =>
    `    ${columns.map(toCell).join(' & ')} \\\\`;
  return [
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${latexText(`${results.study}, stage ${stage.name}: ${stageCaption(stage)}`)}}`,
    // LaTeX reads a label raw; names of studies and stages have no special characters.
    `  \\label{tab:${results.study}-${stage.name}}`,
    `  \\begin{tabular}{${columns.map(({ align }) => (align === 'right' ? 'r' : 'l')).join('')}}`,
    '    \\toprule',
    line(({ head }) => latexText(head)),
    '    \\midrule',
    ...stage.rows.map((row) =>
      line(({ kind, cell }) => (kind === 'parameter' ? latexPower : latexText)(cell(row))),
    ),
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
  ].join('\n');
}

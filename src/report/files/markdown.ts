/** Results as Markdown, with GitHub's tables: for notes and pull requests. Rounded as in the terminal. */
import type { ColumnNames } from '../results/result-fields.ts';
import type { ResultRow } from '../results/result-row.ts';
import type { StudyResults } from '../results/study-results.ts';
import { foreignText } from '../text/escape-terminal.ts';
import {
  documentColumns,
  documentNotes,
  stageCaption,
  type DocumentColumn,
} from './document-table.ts';

export function formatMarkdown(results: StudyResults, named: ColumnNames = null): string {
  const columns = documentColumns(results, named);
  const notes = documentNotes(results).map(
    ({ label, text }) => `**${label}:** ${markdownText(text)}`,
  );
  const blocks = [`# ${markdownText(results.study)}`, ...notes];
  for (const stage of results.stages) {
    blocks.push(`## ${markdownText(stage.name)}`, markdownText(stageCaption(stage)));
    if (stage.rows.length > 0) blocks.push(table(columns, stage.rows));
  }
  const warnings = results.warnings.map(({ text }) => `- Warning: ${markdownText(text)}`);
  if (warnings.length > 0) blocks.push(warnings.join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

/** Any text, escaped so that Markdown shows it unchanged in a table, a heading or a sentence. */
export function markdownText(text: string): string {
  return foreignText(text).replaceAll(/[\\`*_{}[\]<>#|~&!$]/g, (character) => `\\${character}`);
}

function table(columns: readonly DocumentColumn[], rows: readonly ResultRow[]): string {
  const lines = [
    columns.map(({ head }) => markdownText(head)),
    columns.map(({ align }) => (align === 'right' ? '---:' : ':---')),
    ...rows.map((row) => columns.map(({ cell }) => markdownText(cell(row)))),
  ];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

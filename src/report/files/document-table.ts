/** Document tables: the columns and sentences of Markdown, LaTeX and HTML, with rounded numbers. */
import { distinguished, documentFields } from '../results/result-columns.ts';
import { chosenFields, rankText, type ColumnNames } from '../results/result-fields.ts';
import type { ResultRow } from '../results/result-row.ts';
import {
  bestLabel,
  countsText,
  statisticsWords,
  winnerFacts,
  type Labelled,
  type Winning,
} from '../results/result-words.ts';
import { selectedRows } from '../results/select-results.ts';
import { spaceText } from '../results/space-words.ts';
import type { StageResults, StudyResults } from '../results/study-results.ts';

export interface DocumentColumn {
  readonly head: string;
  readonly align: 'left' | 'right';
  readonly kind: 'text' | 'number';
  readonly cell: (row: ResultRow) => string;
}

/** @param toFields the columns if none are named */
export function documentColumns(
  results: StudyResults,
  columns: ColumnNames = null,
  toFields = documentFields,
): readonly DocumentColumn[] {
  const rows = results.stages.flatMap((stage) => stage.rows);
  const fields =
    columns === null
      ? toFields(results, rows)
      : distinguished(chosenFields(results, columns), rows);
  return fields.map(({ name, kind, head, cell }) => ({
    head,
    kind: kind === 'number' ? 'number' : 'text',
    align: kind === 'number' ? 'right' : 'left',
    cell: (row) => (name === 'rank' ? rankText(row) : cell(row)?.trimEnd()) ?? '–',
  }));
}

/** `λ 1.00e-9 … 1.00e-1; 30 of 30 trials complete`, and the reason of a narrowed range. */
export function stageCaption(stage: StageResults): string {
  const { rows, rowsTotal, reason } = stage;
  const cut = rows.length < rowsTotal ? `; ${rows.length} of ${rowsTotal} are shown` : '';
  return `${spaceText(stage)}; ${countsText(stage)}${cut}.${reason === null ? '' : ` ${reason}.`}`;
}

/** Sentences below the tables: the winner, ties, the best value of the curve, and the sources of noise. */
export function documentNotes(results: StudyResults): readonly Labelled[] {
  const winner = winnerSentence(results, selectedRows(results));
  const statistics = statisticsWords(results).map(({ label, text }) => ({
    label,
    text: `${text}.`,
  }));
  return winner === null ? statistics : [winner, ...statistics];
}

/** `winner: coarse/12, λ 1.23e-2, …`; null if no trial is complete. */
export function winnerSentence(
  results: Winning,
  others: readonly ResultRow[] = [],
): Labelled | null {
  const facts = winnerFacts(results, others);
  if (facts === null) return null;
  // A shortened digest ends with an ellipsis.
  return { label: bestLabel(results), text: `${facts.join(', ')}.`.replace(/…\.$/, '…') };
}

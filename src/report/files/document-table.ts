/** The columns and sentences of the outputs for documents, Markdown and LaTeX: rounded, for readers. */
import { extraColumn } from '../results/result-columns.ts';
import { chosenFields } from '../results/result-fields.ts';
import { bestLabel, countWords, rangeWords, winnerFacts } from '../results/result-words.ts';
import type { ResultRow, StageResults, StudyResults } from '../results/study-results.ts';

export interface DocumentColumn {
  readonly head: string;
  readonly align: 'left' | 'right';
  readonly kind: 'text' | 'number' | 'lambda';
  readonly cell: (row: ResultRow) => string;
}

/** Columns that would say nothing are left out: test accuracy without any, status where all is complete. */
export function documentColumns(
  results: StudyResults,
  columns: readonly string[] | null = null,
): readonly DocumentColumn[] {
  const { objective } = results;
  const names = columns ?? usualColumns(results);
  return chosenFields(objective, names).map(({ name, kind, head, cell }) => ({
    head,
    kind: name === 'lambda' ? 'lambda' : kind === 'number' ? 'number' : 'text',
    align: kind === 'number' ? 'right' : 'left',
    cell: (row) => (name === 'rank' ? String(row.rank ?? '–') : (cell(row) ?? '–')),
  }));
}

function usualColumns(results: StudyResults): string[] {
  const rows = results.stages.flatMap((stage) => stage.rows);
  const extra = extraColumn(results.objective);
  return [
    'rank',
    'trial',
    'lambda',
    ...(extra === null ? [] : [extra]),
    'validation_accuracy',
    ...(rows.some((row) => row.standardError !== null) ? ['standard_error'] : []),
    ...(results.ties === null ? [] : ['tied']),
    ...(rows.some((row) => row.replicates > 1) ? ['replicates'] : []),
    'validation_loss',
    'train_accuracy',
    ...(rows.some((row) => row.testAccuracy !== null) ? ['test_accuracy'] : []),
    ...(rows.some((row) => row.status !== 'complete') ? ['status'] : []),
    ...(rows.some((row) => row.audit !== null) ? ['audit'] : []),
  ];
}

/** `λ 1.00e-9 … 1.00e-1; 30 of 30 trials complete`, and the reason of a narrowed range. */
export function stageCaption(stage: StageResults): string {
  const cut =
    stage.rows.length < stage.rowsTotal
      ? `; ${stage.rows.length} of ${stage.rowsTotal} are shown`
      : '';
  const reason = stage.reason === null ? '' : ` Range: ${stage.reason}`;
  return `${rangeWords(stage)}; ${countWords(stage)}${cut}.${reason}`;
}

/** `winner: coarse/12, λ 1.23e-2, …`; null where nothing is complete. */
export function winnerSentence(
  results: Pick<StudyResults, 'best' | 'winner' | 'objective'>,
): { readonly label: string; readonly text: string } | null {
  const facts = winnerFacts(results);
  return facts === null ? null : { label: bestLabel(results), text: sentence(facts.join(', ')) };
}

/** What ends with a digest cut short has its dots already. */
function sentence(text: string): string {
  return text.endsWith('…') ? text : `${text}.`;
}

/** The columns and sentences of the outputs for documents, Markdown and LaTeX: rounded, for readers. */
import { isAccuracy, lambdaText, lossText, metricName, percentText } from './number-format.ts';
import { extraColumn } from './result-columns.ts';
import { bestLabel, countWords, rangeWords, winnerFacts } from './result-words.ts';
import type { ResultRow, StageResults, StudyResults } from './study-results.ts';

export interface DocumentColumn {
  readonly head: string;
  readonly align: 'left' | 'right';
  readonly kind: 'text' | 'number' | 'lambda';
  readonly cell: (row: ResultRow) => string;
}

/** Columns that would say nothing are left out: test accuracy without any, status where all is complete. */
export function documentColumns(results: StudyResults): readonly DocumentColumn[] {
  const rows = results.stages.flatMap((stage) => stage.rows);
  const { metric } = results.objective;
  const extra = extraColumn(results.objective);
  const extraText = isAccuracy(metric) ? percentText : lossText;
  return [
    column('rank', 'number', (row) => (row.rank === null ? null : String(row.rank))),
    column('trial', 'text', (row) => row.trial),
    column('λ', 'lambda', (row) => lambdaText(row.lambda)),
    ...(extra === null ? [] : [column(metricName(extra), 'number', (row) => extraText(row.value))]),
    column('validation %', 'number', (row) => percentText(row.validationAccuracy)),
    column('validation loss', 'number', (row) => lossText(row.validationLoss)),
    column('train %', 'number', (row) => percentText(row.trainAccuracy)),
    ...(rows.some((row) => row.testAccuracy !== null)
      ? [column('test %', 'number', (row) => percentText(row.testAccuracy))]
      : []),
    ...(rows.some((row) => row.status !== 'complete')
      ? [column('status', 'text', (row) => row.status)]
      : []),
  ];
}

/** `λ 1.00e-9 … 1.00e-1; 30 of 30 trials complete`, and the reason of a narrowed range. */
export function stageCaption(stage: StageResults): string {
  const cut =
    stage.rows.length < stage.rowsTotal
      ? `; the best ${stage.rows.length} of ${stage.rowsTotal} are shown`
      : '';
  const reason = stage.reason === null ? '' : ` Range: ${stage.reason}`;
  return `${rangeWords(stage)}; ${countWords(stage)}${cut}.${reason}`;
}

/** `winner: coarse/12, λ 1.23e-2, …`; null where nothing is complete. */
export function winnerSentence(
  results: StudyResults,
): { readonly label: string; readonly text: string } | null {
  const facts = winnerFacts(results);
  return facts === null ? null : { label: bestLabel(results), text: `${facts.join(', ')}.` };
}

function column(
  head: string,
  kind: DocumentColumn['kind'],
  text: (row: ResultRow) => string | null,
): DocumentColumn {
  return { head, kind, align: kind === 'text' ? 'left' : 'right', cell: (row) => text(row) ?? '–' };
}

/** File formatters: the function that writes each format of results and of curves. */
import { formatCurves } from '../../report/files/curves.ts';
import { formatDelimited } from '../../report/files/delimited.ts';
import { formatJson, formatJsonl } from '../../report/files/json.ts';
import { formatLatex } from '../../report/files/latex.ts';
import { formatMarkdown } from '../../report/files/markdown.ts';
import type { StudyResults } from '../../report/results/study-results.ts';
import type { StoreReader } from '../../store/store.ts';
import type { TrialRecord } from '../../study/trial.ts';
import type { StudyAndTrials } from './stored-study.ts';

export interface ResultsSource extends StudyAndTrials {
  readonly reader: StoreReader;
}

interface FileSource extends ResultsSource {
  /** Whether LaTeX has the notes as text, not as comments. */
  readonly notes: boolean;
  /** Version of the program. */
  readonly version: string;
}

type FormatFile = (
  results: StudyResults,
  columns: readonly string[] | null,
  source: FileSource,
) => string | Uint8Array | Promise<string | Uint8Array>;

/** By format; tables are not files. */
export const fileFormatters: Readonly<Record<string, FormatFile>> = {
  tsv: (results, columns) => formatDelimited(results, 'tsv', columns),
  csv: (results, columns) => formatDelimited(results, 'csv', columns),
  json: (results, columns, { version }) => formatJson(results, columns, version),
  jsonl: formatJsonl,
  markdown: formatMarkdown,
  latex: (results, columns, { notes }) => formatLatex(results, { columns, notes }),
  parquet: async (results, columns) => {
    // Loaded here, since its package has many modules.
    const { formatParquet } = await import('../../report/files/parquet.ts');
    return formatParquet(results, columns);
  },
  optuna: async (results, _columns, source) => {
    const { encodeOptuna } = await import('../../report/files/optuna-journal.ts');
    return encodeOptuna([{ study: source.study, results, trials: await wholeCurves(source) }]);
  },
};

const curvesAs =
  (format: 'tsv' | 'csv' | 'jsonl'): FormatFile =>
  async (results, columns, source) =>
    formatCurves(results, await wholeCurves(source), format, columns);

export const curveFormatters: Readonly<Record<string, FormatFile>> = {
  tsv: curvesAs('tsv'),
  csv: curvesAs('csv'),
  jsonl: curvesAs('jsonl'),
  parquet: async (results, columns, source) => {
    const { formatCurvesParquet } = await import('../../report/files/parquet.ts');
    return formatCurvesParquet(results, await wholeCurves(source), columns);
  },
};

/** The trials with whole curves. */
export async function wholeCurves({
  study,
  reader,
}: ResultsSource): Promise<readonly TrialRecord[]> {
  return await reader.trials(study.spec.study, { curves: true });
}

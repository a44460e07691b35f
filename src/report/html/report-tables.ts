/** The report's tables: ranked trials of a stage, curves of the example trials, attempts by worker. */
import type { Importance, ParameterImportance } from '../../search/analysis/importance.ts';
import { parameterSymbol } from '../../study/search-space.ts';
import type { AttemptRecord, Measurement } from '../../study/trial.ts';
import { documentColumns, stageCaption } from '../files/document-table.ts';
import { bareText, metricHead, timeText } from '../text/number-format.ts';
import { metricIn, thinnedCurve } from '../results/metric-values.ts';
import { intervalText, shareText } from '../results/importance-words.ts';
import { studyRankText } from '../results/result-fields.ts';
import { failureWords, stoppedWords } from '../results/ended-words.ts';
import { exampleLabel, rankedText } from '../results/result-words.ts';
import type { ExampleTrial, StudyPicture } from '../charts/study-picture.ts';
import type { ResultRow } from '../results/result-row.ts';
import type { StageResults, StudyResults } from '../results/study-results.ts';
import { html, type Html } from './html-text.ts';
import { timeSpan } from './report-facts.ts';

interface Column<Row> {
  readonly head: string;
  readonly kind: 'number' | 'text' | 'short';
  readonly cell: (row: Row) => string | null;
}

/** Rows that are visible at once; the others are folded. */
const rowsOpen = 20;
/** Most rows of a curve; a longer one shows every n-th measurement. */
const curveRowsMax = 100;
/** Most rows of a table; other formats have all of them. */
const rowsMax = 1000;

/** Rows of the table over all stages. */
const bestRows = 5;

/** The best of all stages, if there are several. */
export function bestTable(results: StudyResults): Html | null {
  if (results.best === null || results.stages.length < 2) return null;
  const rows = results.stages
    .flatMap((stage) => stage.rows)
    .filter(({ rankInStudy }) => rankInStudy !== null)
    .toSorted(
      (a, b) =>
        Number(b.isWinner) - Number(a.isWinner) || (a.rankInStudy ?? 0) - (b.rankInStudy ?? 0),
    );
  const columns = tableColumns(results).map((column) =>
    column.head === 'rank' ? { ...column, cell: studyRankText } : column,
  );
  return html`<h3>All stages</h3>
    ${table(`The best ${Math.min(bestRows, rows.length)} of all stages`, columns, rows.slice(0, bestRows), (row) => row.trial === results.best?.trial)}`;
}

function tableColumns(results: StudyResults): Column<ResultRow>[] {
  return documentColumns(results).map((column) => ({
    ...column,
    kind: column.kind === 'text' ? 'short' : 'number',
  }));
}

export function stageTable(results: StudyResults, stage: StageResults): Html {
  const columns = tableColumns(results);
  const isBest = (row: ResultRow): boolean => row.trial === results.best?.trial;
  const open = stage.rows.slice(0, rowsOpen);
  const folded = stage.rows.slice(rowsOpen, rowsMax);
  const failures = failureWords(results.study, stage, 5);
  const stopped = stoppedWords(results.study, stage, 20);
  return html`
    <p class="quiet">${stageCaption(stage)}</p>
    ${table(`Stage ${stage.name}, best first`, columns, open, isBest)}
    ${
      folded.length === 0
        ? null
        : html`<details>
            <summary>${rankedText(folded.length, [stage])} more of stage ${stage.name}</summary>
            ${table(`Stage ${stage.name}, from row ${rowsOpen + 1}`, columns, folded, isBest)}
          </details>`
    }
    ${
      stage.rows.length <= rowsMax
        ? null
        : html`<p class="quiet">
            The best ${rowsMax} of ${stage.rows.length} are shown;
            <code>ridgeline results ${results.study} --format csv</code> has all.
          </p>`
    }
    ${stopped.map((text) => html`<p class="quiet">${text}</p>`)}
    ${failures.map((failure) => html`<p class="quiet">${failure}</p>`)}
  `;
}

export function curveTables(examples: readonly ExampleTrial[], results: StudyResults): Html {
  const columns: Column<Measurement>[] = [
    { head: 'step', kind: 'number', cell: ({ step }) => String(step) },
    { head: 'epoch', kind: 'number', cell: (m) => metricIn(m, 'epoch')?.toFixed(2) ?? null },
    ...results.metrics
      .filter(({ kind, split }) => (kind === 'loss' || kind === 'accuracy') && split !== 'test')
      .map((metric): Column<Measurement> => ({
        head: metricHead(metric),
        kind: 'number',
        cell: (m) => bareText(metric, metricIn(m, metric.name)),
      })),
  ];
  return html`${examples.map((example) => {
    const curve = thinnedCurve(example.trial.result?.curve ?? [], curveRowsMax);
    return table(exampleLabel(example, results), columns, curve);
  })}`;
}

/** The shares of the hyperparameters, for readers without the chart. */
export function importanceTable({ parameters }: Importance): Html {
  const columns: Column<ParameterImportance>[] = [
    { head: 'hyperparameter', kind: 'text', cell: ({ name }) => parameterSymbol(name) },
    { head: 'share of the variance', kind: 'number', cell: ({ total }) => shareText(total) },
    { head: '95 % interval', kind: 'number', cell: ({ total }) => intervalText(total) },
    { head: 'alone', kind: 'number', cell: ({ alone }) => shareText(alone) },
  ];
  return html`<details>
    <summary>The numbers</summary>
    ${table('Importance of the hyperparameters', columns, parameters)}
  </details>`;
}

/** The workers that trained, on what they computed, and their attempts. */
export function workerTable({ attempts, workers: joined }: StudyPicture): Html {
  type Own = readonly AttemptRecord[];
  const count = (own: Own, outcomes: readonly AttemptRecord['outcome'][]): number =>
    own.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const accepted = (own: Own): number => count(own, ['accepted', 'diverged']);
  const workers = [...Map.groupBy(attempts, ({ worker }) => worker)].toSorted(
    ([a, ofA], [b, ofB]) => accepted(ofB) - accepted(ofA) || (a < b ? -1 : 1),
  );
  const machines = Map.groupBy(joined, ({ name }) => name);
  // A name may be used by several machines, one after another: the one that joined last had the attempt.
  const machineText = (
    [worker, own]: [string, Own],
    key: 'threads' | 'kernel' | 'processor',
  ): string | null => {
    const last = own.map(({ assignedAtMs }) =>
      machines.get(worker)?.findLast(({ atMs }) => atMs <= assignedAtMs),
    );
    return [...new Set(last.flatMap((machine) => machine?.[key] ?? []))].join(', ') || null;
  };
  const columns: Column<[string, Own]>[] = [
    { head: 'worker', kind: 'text', cell: ([worker]) => worker },
    { head: 'threads', kind: 'number', cell: (one) => machineText(one, 'threads') },
    { head: 'kernel', kind: 'short', cell: (one) => machineText(one, 'kernel') },
    { head: 'processor', kind: 'text', cell: (one) => machineText(one, 'processor') },
    { head: 'attempts', kind: 'number', cell: ([, own]) => String(own.length) },
    { head: 'accepted', kind: 'number', cell: ([, own]) => String(accepted(own)) },
    {
      head: 'lost, crashed or timed out',
      kind: 'number',
      cell: ([, own]) => String(count(own, ['lost', 'crashed', 'timeout'])),
    },
    { head: 'first assignment', kind: 'short', cell: ([, own]) => timeText(timeSpan(own).startMs) },
    { head: 'last end', kind: 'short', cell: ([, own]) => timeText(timeSpan(own).endMs) },
  ];
  return table(
    'Workers that trained: threads, arithmetic kernel, processor and attempts',
    columns,
    workers.slice(0, rowsMax),
  );
}

function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  isBest: (row: Row) => boolean = () => false,
): Html {
  if (rows.length === 0) return html`<p class="quiet">${caption}: none.</p>`;
  const cells = (row: Row): Html[] =>
    columns.map(({ kind, cell }) => html`<td class="${kind}">${cell(row) ?? '–'}</td>`);
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ head, kind }) => html`<th scope="col" class="${kind}">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) => html`<tr${isBest(row) ? html` class="best"` : null}>${cells(row)}</tr>
`,
        )}
      </tbody>
    </table>
  </div>`;
}

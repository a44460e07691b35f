/** The report's tables: ranked trials of a stage, curves of the examples, attempts by worker. */
import type { AttemptRecord, Measurement } from '../../study/trial.ts';
import { documentColumns, stageCaption } from '../files/document-table.ts';
import { lossText, percentText } from '../text/number-format.ts';
import { exampleLabel, failureWords, rankedText } from '../results/result-words.ts';
import type { ExampleTrial } from '../charts/study-charts.ts';
import type { ResultRow, StageResults, StudyResults } from '../results/study-results.ts';
import { thinnedCurve } from '../results/thinned-curve.ts';
import { html, type Html, type HtmlValue } from './html-text.ts';

interface Column<Row> {
  readonly head: string;
  readonly kind: 'number' | 'text' | 'short';
  readonly cell: (row: Row) => string | null;
}

/** Shown at once; the rest is folded away. */
const rowsOpen = 20;
/** Of a longer curve, every n-th row. */
const curveRowsMax = 100;
/** More rows than this belong into a file of another kind. */
const rowsMax = 1000;

export function stageTable(results: StudyResults, stage: StageResults): Html {
  const columns = documentColumns(results).map(({ head, kind, cell }): Column<ResultRow> => ({
    head,
    kind: kind === 'text' ? 'short' : 'number',
    cell,
  }));
  const isBest = (row: ResultRow): boolean => row.trial === results.best?.trial;
  const open = stage.rows.slice(0, rowsOpen);
  const folded = stage.rows.slice(rowsOpen, rowsMax);
  const failures = failureWords(results.study, stage, 5);
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
    ${failures.map((failure) => html`<p class="quiet">${failure}</p>`)}
  `;
}

export function curveTables(examples: readonly ExampleTrial[], results: StudyResults): Html {
  const columns: Column<Measurement>[] = [
    { head: 'step', kind: 'number', cell: ({ step }) => String(step) },
    { head: 'epoch', kind: 'number', cell: ({ epoch }) => epoch.toFixed(2) },
    { head: 'train loss', kind: 'number', cell: (m) => lossText(m.trainLoss) },
    { head: 'train %', kind: 'number', cell: (m) => percentText(m.trainAccuracy) },
    { head: 'validation loss', kind: 'number', cell: (m) => lossText(m.validationLoss) },
    { head: 'validation %', kind: 'number', cell: (m) => percentText(m.validationAccuracy) },
  ];
  return html`${examples.map((example) =>
    table(
      exampleLabel(example, results),
      columns,
      thinnedCurve(example.trial.result?.curve ?? [], curveRowsMax),
      () => false,
    ),
  )}`;
}

interface WorkerSum {
  readonly worker: string;
  readonly attempts: number;
  readonly accepted: number;
  readonly charged: number;
  readonly first: string;
  readonly last: string;
}

export function workerTable(attempts: readonly AttemptRecord[]): Html {
  const sums = [...Map.groupBy(attempts, ({ worker }) => worker)]
    .map(([worker, own]): WorkerSum => {
      const count = (outcomes: readonly (string | null)[]): number =>
        own.filter(({ outcome }) => outcomes.includes(outcome)).length;
      const ends = own.map(({ endedAtMs, grantedAtMs }) => endedAtMs ?? grantedAtMs);
      return {
        worker,
        attempts: own.length,
        accepted: count(['accepted', 'diverged']),
        charged: count(['lost', 'crashed', 'timeout']),
        first: timeText(own.reduce((a, b) => Math.min(a, b.grantedAtMs), Infinity)),
        last: timeText(ends.reduce((a, b) => Math.max(a, b), -Infinity)),
      };
    })
    .toSorted((a, b) => b.accepted - a.accepted || (a.worker < b.worker ? -1 : 1));
  return table(
    'Attempts by worker',
    [
      { head: 'worker', kind: 'text', cell: (sum: WorkerSum) => sum.worker },
      { head: 'attempts', kind: 'number', cell: (sum) => String(sum.attempts) },
      { head: 'accepted', kind: 'number', cell: (sum) => String(sum.accepted) },
      { head: 'lost, crashed or timed out', kind: 'number', cell: (sum) => String(sum.charged) },
      { head: 'first grant', kind: 'short', cell: (sum) => sum.first },
      { head: 'last end', kind: 'short', cell: (sum) => sum.last },
    ],
    sums.slice(0, rowsMax),
    () => false,
  );
}

/** RFC 3339 in UTC, to the second. */
export function timeText(timeMs: number): string {
  return Number.isFinite(timeMs)
    ? new Date(timeMs)
        .toISOString()
        .replace(/\.\d+Z$/, 'Z')
        .replace('T', ' ')
    : '–';
}

function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  isBest: (row: Row) => boolean,
): Html {
  if (rows.length === 0) return html`<p class="quiet">${caption}: nothing yet.</p>`;
  const cells = (row: Row): HtmlValue =>
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

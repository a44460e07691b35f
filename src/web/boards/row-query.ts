/**
 * Row query: the rows that a page requests: of one stage or all, filtered and sorted.
 *
 * The filter is a condition in the language of `--where`. A single word that is no condition selects the rows
 * whose trial, status, worker or reason contains it.
 */
import { everyField, type ResultLayout } from '../../report/results/result-fields.ts';
import type { ResultRow } from '../../report/results/result-row.ts';
import { rowOrder, rowTest } from '../../report/results/row-filter.ts';
import type { RankedConfiguration } from '../../search/ranking/ranking.ts';

export interface RowsQuery {
  /** Name of the stage; null for all stages. */
  readonly stage: string | null;
  /** The filter; null for all rows. */
  readonly where: string | null;
  /** A column as `--sort` accepts it; null for the order of the ranking. */
  readonly sort: string | null;
  readonly offset: number;
  readonly limit: number;
}

/** The configurations that match, in the requested order. @throws RidgelineError USAGE */
export function selectConfigurations(
  ranked: readonly RankedConfiguration[],
  { stage, where, sort }: RowsQuery,
  layout: ResultLayout,
  toRow: (configuration: RankedConfiguration) => ResultRow,
): readonly RankedConfiguration[] {
  const fields = everyField(layout);
  const keep = where === null ? null : toTest(where, layout);
  const order = sort === null ? null : rowOrder(sort, fields);
  const ofStage = stage === null ? ranked : ranked.filter(({ trial }) => trial.id.stage === stage);
  if (keep === null && order === null) return ofStage;
  const rows = ofStage.map((configuration) => ({ configuration, row: toRow(configuration) }));
  const kept = keep === null ? rows : rows.filter(({ row }) => keep(row));
  const ordered = order === null ? kept : kept.toSorted((a, b) => order(a.row, b.row));
  return ordered.map(({ configuration }) => configuration);
}

function toTest(where: string, layout: ResultLayout): (row: ResultRow) => boolean {
  const fields = everyField(layout);
  const isFlag = fields.some(({ kind, name }) => kind === 'flag' && name === where);
  if (isFlag || !/^[\p{L}\d._/-]+$/u.test(where)) return rowTest(where, fields);
  return ({ trial, status, worker, reason }) =>
    [trial, status, worker, reason].some((text) => text?.includes(where) === true);
}

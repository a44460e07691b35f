/** Selection: which rows of a study are printed, by stage or as one list over all stages. */
import { RidgelineError } from '../../base/errors.ts';
import type { ResultRow } from './result-row.ts';
import type { StageResults, StudyResults } from './study-results.ts';

export interface Selection {
  readonly stage?: string | undefined;
  /** Rows to keep; without it, all. */
  readonly keep?: ((row: ResultRow) => boolean) | undefined;
  /** Order of the rows instead of the rank; rows that compare as equal stay in rank order. */
  readonly order?: ((a: ResultRow, b: ResultRow) => number) | undefined;
  /** The most rows of a stage, or of the list, after `keep` and `order`; null for all. */
  readonly top?: number | null | undefined;
  /** Whether the rows of all stages are one list. */
  readonly allStages?: boolean;
}

/** Removes stages and rows that are not selected; counts, warnings and the winner stay. */
export function selectResults(results: StudyResults, selection: Selection): StudyResults {
  const { stage: wanted, top = null, keep, order, allStages = false } = selection;
  const stages = results.stages.filter((stage) => wanted === undefined || stage.name === wanted);
  if (wanted !== undefined && stages.length === 0)
    throw new RidgelineError(
      'USAGE',
      `Study ${results.study} has no stage ${JSON.stringify(wanted)}.`,
      `Use one of its stages: ${results.stages.map(({ name }) => name).join(', ')}.`,
    );
  const cut = (rows: readonly ResultRow[]) => (top === null ? rows : rows.slice(0, top));
  const select = (stage: StageResults): StageResults => {
    const matched = keep === undefined ? stage.rows : stage.rows.filter(keep);
    const ordered = order === undefined ? matched : matched.toSorted(order);
    return { ...stage, rows: allStages ? ordered : cut(ordered), rowsMatched: matched.length };
  };
  const selected = stages.map(select);
  if (!allStages) return { ...results, stages: selected };
  const inStudy = selected.flatMap(({ rows }) => rows).toSorted(byRankInStudy);
  const list = cut(order === undefined ? inStudy : inStudy.toSorted(order));
  const kept = new Set(list);
  return {
    ...results,
    list,
    stages: selected.map((stage) => ({
      ...stage,
      rows: stage.rows.filter((row) => kept.has(row)),
    })),
  };
}

/** The winner is first among equal values; rows without a rank are last, by stage. */
function byRankInStudy(a: ResultRow, b: ResultRow): number {
  const [left, right] = [a.rankInStudy ?? Infinity, b.rankInStudy ?? Infinity];
  if (left !== right) return left - right;
  return Number(b.isWinner) - Number(a.isWinner);
}

/** The selected rows: the one list, or stage by stage. */
export function selectedRows({
  list,
  stages,
}: Pick<StudyResults, 'list' | 'stages'>): readonly ResultRow[] {
  return list ?? stages.flatMap(({ rows }) => rows);
}

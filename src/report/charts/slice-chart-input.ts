/**
 * Slice chart input: the trials and hyperparameters of charts of a whole search space. This module does not load
 * Plot, so that terminal charts can use it.
 */
import { cellCount, type ParameterScale } from '../../search/analysis/parameter-scale.ts';
import type { Metric } from '../../study/metrics.ts';
import type { ParameterName, Params } from '../../study/search-space.ts';
import type { TrialEnd } from '../results/trial-end.ts';
import type { Objective } from '../../study/spec/study-spec.ts';

export interface SliceTrial {
  readonly stage: string;
  readonly trial: string;
  readonly params: Params;
  /** The objective's value; null if it was trained and has none. */
  readonly value: number | null;
  /** Whether it is not significantly worse than the best; null if it was not compared. */
  readonly tied: boolean | null;
  /** Why it has no value. */
  readonly end: TrialEnd;
}

export interface SliceInput {
  readonly title: string;
  readonly metric: Metric;
  readonly direction: Objective['direction'];
  readonly stages: readonly string[];
  readonly parameters: readonly {
    readonly name: ParameterName;
    readonly symbol: string;
    readonly scale: ParameterScale;
  }[];
  readonly trials: readonly SliceTrial[];
  readonly best: { readonly trial: string; readonly label: string } | null;
}

/** The share of a cell over which its dots are spread. */
const spreadShare = 0.6;

/** Away from the middle of the value's cell, by the golden ratio: even for any number of dots. */
export function spread(scale: ParameterScale, index: number): number {
  const cells = cellCount(scale);
  if (cells === null || scale.kind !== 'list') return 0;
  return (((index + 1) * 0.618_034) % 1) * (spreadShare / cells) - spreadShare / 2 / cells;
}

/** Cells of a map along a continuous axis. */
const continuousCells = 16;

/** How many cells a map has along a parameter: one for each value of a list. */
export function mapCells(scale: ParameterScale): number {
  return scale.kind === 'list' ? scale.values.length : continuousCells;
}

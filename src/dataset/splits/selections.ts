/**
 * Selections: the records that the splits of a study request, and whether the data set has them.
 * Problems that follow from shard names alone are reported before anything is read.
 */
import { didYouMean } from '../../base/did-you-mean.ts';
import { RidgelineError } from '../../base/errors.ts';
import type { DatasetReference } from '../../study/spec/dataset-reference.ts';
import type { CountedSelection, DatasetSpec, Selection } from '../../study/spec/study-spec.ts';

type SplitName = 'train' | 'validation' | 'test';

/** Names of the shards of a selection; null if its records are drawn. */
export function shardNames(selection: Selection): readonly string[] | null {
  return 'count' in selection || 'fraction' in selection ? null : selection;
}

/** The splits that the study has, in the order in which they are drawn. */
function listSelections(spec: DatasetSpec): readonly (readonly [SplitName, Selection])[] {
  const always = [
    ['train', spec.train],
    ['validation', spec.validation],
  ] as const;
  return spec.test === undefined ? always : [...always, ['test', spec.test]];
}

/** Whether any split is drawn. */
export function isDrawn(spec: DatasetSpec): boolean {
  return listSelections(spec).some(([, selection]) => shardNames(selection) === null);
}

/** Maps each named shard to its split. @throws RidgelineError STUDY_INVALID for a shard that is named twice */
export function namedShards(spec: DatasetSpec): ReadonlyMap<string, SplitName> {
  const splits = new Map<string, SplitName>();
  for (const [split, selection] of listSelections(spec)) {
    for (const shard of shardNames(selection) ?? []) {
      const other = splits.get(shard);
      if (other !== undefined) {
        throw new RidgelineError(
          'STUDY_INVALID',
          other === split
            ? `dataset.${split} names ${shard} twice, so its records would count twice.`
            : `dataset.${other} and dataset.${split} both name ${shard}: measured on records that it was trained or selected on, a network looks better than it is.`,
          'Name each shard once, or draw both splits with {count: N} or {fraction: 0.1}.',
        );
      }
      splits.set(shard, split);
    }
  }
  return splits;
}

/** @throws RidgelineError STUDY_INVALID for a shard that the data set never has */
export function refuseUnknownShards(
  dataset: string,
  named: ReadonlyMap<string, SplitName>,
  known: readonly string[],
): void {
  for (const [shard, split] of named) {
    if (known.includes(shard)) continue;
    throw new RidgelineError(
      'STUDY_INVALID',
      `dataset.${split} names ${JSON.stringify(shard)}, but ${dataset} has only the shards ${known.join(', ')}.${didYouMean(shard, known)}`,
      'Name one of these shards, or draw the records with {count: N} or {fraction: 0.1}.',
    );
  }
}

/** The records from which splits are drawn. */
export interface RecordPool {
  /** For messages: the data set's name. */
  readonly dataset: string;
  /** For messages: the path of the files. */
  readonly location: string;
  readonly records: number;
  /** Shards of the release that splits could be drawn from, but that were not found. */
  readonly missing: readonly string[];
}

/** The splits of a study after fractions became counts. */
export type CountedSplits = Pick<DatasetReference, 'train' | 'validation' | 'test'>;

/**
 * Turns fractions into counts. The ends of consecutive fractions are rounded, not their sizes, so that
 * fractions with the sum 1 leave no record out.
 *
 * @throws RidgelineError STUDY_INVALID for more records than available, or for a split without records; DATASET_MISSING if shards are missing
 */
export function countedSplits(spec: DatasetSpec, pool: RecordPool): CountedSplits {
  const { dataset, records: poolRecords } = pool;
  let share = 0;
  const toCounted = (split: SplitName, selection: Selection): CountedSelection => {
    if (!('fraction' in selection)) return selection;
    const { fraction } = selection;
    const start = Math.round(share * poolRecords);
    share += fraction;
    const count = Math.round(share * poolRecords) - start;
    if (count > 0) return { count };
    throw new RidgelineError(
      'STUDY_INVALID',
      `dataset.${split} has no records: ${fraction} of the ${poolRecords} available records of ${dataset} is less than one.`,
      'Use a larger fraction, or name fewer shards.',
    );
  };
  const splits = {
    train: toCounted('train', spec.train),
    validation: toCounted('validation', spec.validation),
    test: spec.test === undefined ? null : toCounted('test', spec.test),
  };
  refuseLargeCounts(spec, splits, pool);
  return splits;
}

function refuseLargeCounts(
  spec: DatasetSpec,
  splits: CountedSplits,
  { dataset, location, records: poolRecords, missing }: RecordPool,
): void {
  const counts = Object.entries(splits).flatMap(([split, selection]) =>
    selection !== null && 'count' in selection ? [{ split, count: selection.count }] : [],
  );
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total <= poolRecords) return;
  const requested = counts.map(({ split, count }) => `${split} ${count}`).join(', ');
  const kinds = ['fraction', 'count'].filter((kind) =>
    listSelections(spec).some(([, selection]) => kind in selection),
  );
  const request = `The splits request ${total} records (${requested}), but ${dataset} has ${poolRecords} records to draw from`;
  const lower = `lower the ${kinds.map((kind) => `${kind}s`).join(' and ')} to ${poolRecords} records together`;
  if (missing.length > 0)
    throw new RidgelineError(
      'DATASET_MISSING',
      `${request}: ${listed(missing)} missing from ${location}.`,
      `Add the missing files, or ${lower}.`,
    );
  throw new RidgelineError(
    'STUDY_INVALID',
    `${request}. Shards that a split names or that are reserved for testing are not drawn from.`,
    `L${lower.slice(1)}${namedShards(spec).size > 0 ? ', or name fewer shards' : ''}.`,
  );
}

/** Such as `a, b and c are`. */
function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length === 1 ? `${last} is` : `${names.slice(0, -1).join(', ')} and ${last} are`;
}

/**
 * Opening: finds the shards that the splits of a study need, checks that the splits are possible, and
 * describes them for workers. With a cache, the shards of known files are read only when they are
 * needed. `catalogue.ts` describes data sets without a study.
 */
import { RidgelineError } from '../base/errors.ts';
import type { DatasetReference, ShardReference } from '../study/spec/dataset-reference.ts';
import type { DataWarning } from '../study/data-warning.ts';
import type { CountedSelection, DatasetSpec } from '../study/spec/study-spec.ts';
import { locateDataset, type LocatedDataset } from './locate.ts';
import { dataWarnings } from './data-warnings.ts';
import { unofficialData } from './official.ts';
import { collectGarbage } from './bytes/collect-garbage.ts';
import { findShards, type DescribedShards, type ReadCacheOptions } from './read-cache.ts';
import type { Shard } from './shards/shard.ts';
import {
  countedSplits,
  isDrawn,
  namedShards,
  refuseUnknownShards,
  shardNames,
  type CountedSplits,
} from './splits/selections.ts';

export interface DescribedDataset {
  /** For messages: the path it was read from. */
  readonly source: string;
  /** The shards that the study needs; those of the test split last. */
  readonly shards: readonly ShardReference[];
  /** Whether these shards are those of the official release, bit for bit; null if there is nothing to compare with. */
  readonly official: boolean | null;
  /** Signs that images or labels are not what their owner intended; usually empty. */
  readonly warnings: readonly DataWarning[];
  /** Number of records in each split; `test` is null without a test split. */
  readonly counts: {
    readonly train: number;
    readonly validation: number;
    readonly test: number | null;
  };
  /** The description that a worker gets. `search` leaves out shards that only the test split needs. */
  reference(seed: number, use: 'search' | 'test'): DatasetReference;
  /**
   * The shards in memory, in the same order.
   * @throws RidgelineError as `describeDataset`; STUDY_DIFFERS if its files have changed and are not cached
   */
  load(): Promise<readonly Shard[]>;
}

/** A data set in memory. */
export interface OpenedDataset extends Omit<DescribedDataset, 'shards' | 'load'> {
  readonly shards: readonly Shard[];
}

export interface OpenDatasetOptions {
  readonly dataDir: string;
  /** Where decoded data is cached; absent: the files are read. */
  readonly cache?: ReadCacheOptions | undefined;
}

/** @throws RidgelineError DATASET_UNKNOWN, DATASET_MISSING, DATASET_INVALID, STUDY_INVALID */
export async function openDataset(
  spec: DatasetSpec,
  options: OpenDatasetOptions,
): Promise<OpenedDataset> {
  const described = await describeDataset(spec, options);
  return { ...described, shards: await described.load() };
}

/** @throws RidgelineError DATASET_UNKNOWN, DATASET_MISSING, DATASET_INVALID, STUDY_INVALID */
export async function describeDataset(
  spec: DatasetSpec,
  options: OpenDatasetOptions,
): Promise<DescribedDataset> {
  const named = namedShards(spec);
  const located = await locateDataset(spec, options.dataDir);
  const { knownShards } = located;
  if (knownShards !== null) refuseUnknownShards(located.name, named, knownShards);
  const isInPool = (shard: string): boolean =>
    isDrawn(spec) &&
    !named.has(shard) &&
    !located.isHeldBack(shard) &&
    (knownShards?.includes(shard) ?? true);

  const isWanted = (shard: string): boolean => named.has(shard) || isInPool(shard);
  const found = await findShards(located, spec, options.cache ?? null, async () => {
    collectGarbage();
    return await located.read(isWanted);
  });
  refuseAbsentShards(located, found, named);
  const pool = found.shards.filter(({ name }) => isInPool(name));
  const splits = countedSplits(spec, {
    dataset: located.name,
    location: located.location,
    records: countRecords(pool),
    missing: (knownShards ?? []).filter((name) => isInPool(name) && !found.names.includes(name)),
  });
  return describe(spec, splits, located, found);
}

function describe(
  spec: DatasetSpec,
  splits: CountedSplits,
  located: LocatedDataset,
  found: DescribedShards,
): DescribedDataset {
  const testShards = splits.test === null ? [] : (shardNames(splits.test) ?? []);
  const isTest = ({ name }: { readonly name: string }): boolean => testShards.includes(name);
  const testLast = <T extends { readonly name: string }>(shards: readonly T[]): T[] => [
    ...shards.filter((shard) => !isTest(shard)),
    ...shards.filter(isTest),
  ];
  const shards = testLast(found.shards);
  const countSplit = (selection: CountedSelection): number =>
    'count' in selection
      ? selection.count
      : countRecords(shards.filter(({ name }) => selection.includes(name)));
  return {
    source: located.location,
    shards,
    official: found.official,
    warnings: [
      ...(found.official === false ? [unofficialData(shards)] : []),
      ...dataWarnings(found.facts, found.classNames),
    ],
    counts: {
      train: countSplit(splits.train),
      validation: countSplit(splits.validation),
      test: splits.test === null ? null : countSplit(splits.test),
    },
    reference: (seed, use) => ({
      shards: use === 'test' ? shards : shards.filter((shard) => !isTest(shard)),
      // Without drawn splits the seed has no effect, and studies with different seeds share their data.
      seed: isDrawn(spec) ? seed : 0,
      ...splits,
      stratify: spec.stratify,
    }),
    load: async () => testLast(await found.load()),
  };
}

function countRecords(shards: readonly ShardReference[]): number {
  return shards.reduce((sum, shard) => sum + shard.count, 0);
}

/** Refuses shards that the release has, but this copy does not. */
function refuseAbsentShards(
  located: LocatedDataset,
  found: DescribedShards,
  named: ReadonlyMap<string, string>,
): void {
  const absent = [...named].filter(([shard]) => !found.names.includes(shard));
  if (absent.length === 0) return;
  const wanted = absent.map(([shard, split]) => `${shard} (dataset.${split})`).join(', ');
  const present = found.names.length === 0 ? 'no shards' : found.names.join(', ');
  throw new RidgelineError(
    'DATASET_MISSING',
    `${located.location} contains ${present}, but not ${wanted}.`,
    'Add the missing files, or name other shards in the study file.',
  );
}

/**
 * Opening: reads the shards that the splits of a study need, checks that the splits are possible, and
 * describes them for workers. `catalogue.ts` describes data sets without a study.
 */
import { RidgelineError } from '../base/errors.ts';
import type { DatasetReference, ShardReference } from '../study/spec/dataset-reference.ts';
import type { CountedSelection, DatasetSpec } from '../study/spec/study-spec.ts';
import { locateDataset, type LocatedDataset } from './locate.ts';
import { collectGarbage } from './bytes/collect-garbage.ts';
import { encodedBytes, shardDigest, type Shard } from './shards/shard.ts';
import type { FoundShards } from './shards/shard-source.ts';
import {
  countedSplits,
  isDrawn,
  namedShards,
  refuseUnknownShards,
  shardNames,
  type CountedSplits,
} from './splits/selections.ts';

export interface OpenedDataset {
  /** For messages: the path it was read from. */
  readonly source: string;
  /** The shards that the study needs; those of the test split last. */
  readonly shards: readonly Shard[];
  /** Whether these shards are those of the official release, bit for bit; null if there is nothing to compare with. */
  readonly official: boolean | null;
  /** Number of records in each split; `test` is null without a test split. */
  readonly counts: {
    readonly train: number;
    readonly validation: number;
    readonly test: number | null;
  };
  /** The description that a worker gets. `search` leaves out shards that only the test split needs. */
  reference(seed: number, use: 'search' | 'test'): DatasetReference;
}

/** @throws RidgelineError DATASET_UNKNOWN, DATASET_MISSING, DATASET_INVALID, STUDY_INVALID */
export async function openDataset(
  spec: DatasetSpec,
  options: { readonly dataDir: string },
): Promise<OpenedDataset> {
  const named = namedShards(spec);
  const located = await locateDataset(spec, options.dataDir);
  const { knownShards } = located;
  if (knownShards !== null) refuseUnknownShards(located.name, named, knownShards);
  const isInPool = (shard: string): boolean =>
    isDrawn(spec) &&
    !named.has(shard) &&
    !located.isHeldBack(shard) &&
    (knownShards?.includes(shard) ?? true);

  collectGarbage();
  const isWanted = (shard: string): boolean => named.has(shard) || isInPool(shard);
  const found = await located.read(isWanted);
  refuseAbsentShards(located, found, named);
  const pool = found.shards.filter(({ name }) => isInPool(name));
  const splits = countedSplits(spec, located.name, countRecords(pool));
  return describe(spec, splits, located, found);
}

function describe(
  spec: DatasetSpec,
  splits: CountedSplits,
  located: LocatedDataset,
  found: FoundShards,
): OpenedDataset {
  const testShards = splits.test === null ? [] : (shardNames(splits.test) ?? []);
  const isTest = ({ name }: Shard): boolean => testShards.includes(name);
  const searchShards = found.shards.filter((shard) => !isTest(shard));
  const shards = [...searchShards, ...found.shards.filter(isTest)];
  const countSplit = (selection: CountedSelection): number =>
    'count' in selection
      ? selection.count
      : countRecords(shards.filter(({ name }) => selection.includes(name)));
  return {
    source: located.location,
    shards,
    official: found.official,
    counts: {
      train: countSplit(splits.train),
      validation: countSplit(splits.validation),
      test: splits.test === null ? null : countSplit(splits.test),
    },
    reference: (seed, use) => ({
      shards: (use === 'test' ? shards : searchShards).map(toReference),
      // Without drawn splits the seed has no effect, and studies with different seeds share their data.
      seed: isDrawn(spec) ? seed : 0,
      ...splits,
      stratify: spec.stratify,
    }),
  };
}

function toReference(shard: Shard): ShardReference {
  const { name, labels } = shard;
  return { name, digest: shardDigest(shard), bytes: encodedBytes(shard), count: labels.length };
}

function countRecords(shards: readonly Shard[]): number {
  return shards.reduce((sum, shard) => sum + shard.labels.length, 0);
}

/** Refuses shards that the release has, but this copy does not. */
function refuseAbsentShards(
  located: LocatedDataset,
  found: FoundShards,
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

/** Image reader: reads the images of a data set without splits, for predictions. */
import { RidgelineError } from '../base/errors.ts';
import type { DatasetReference } from '../study/spec/dataset-reference.ts';
import { locateDataset, type DatasetLocation } from './locate.ts';
import type { Shard } from './shards/shard.ts';
import { recordUses, type RecordUse } from './splits/record-uses.ts';

export interface ReadImages {
  /** For messages: the path they were read from. */
  readonly location: string;
  readonly shards: readonly ShardImages[];
  /** What a training used of the chosen images, and of those that were left out. */
  readonly chosen: UseCounts;
  readonly leftOut: UseCounts;
}

/** Some images of a shard. */
interface ShardImages {
  readonly shard: Shard;
  /** Indices in the shard, ascending. */
  readonly records: Uint32Array;
}

/** Numbers of images by their use in a training. */
type UseCounts = Readonly<Record<RecordUse, number>>;

export interface ImageChoice {
  /** The shards to read; null: those reserved for testing, or all if none are reserved. */
  readonly names: readonly string[] | null;
  /** The data of a training; null if unknown. */
  readonly reference: DatasetReference | null;
}

/**
 * Without named shards, images that a training used are left out: if its test images are among the
 * others, only those are chosen, else all that it did not use. If it used all, all are chosen.
 *
 * @throws RidgelineError DATASET_UNKNOWN, DATASET_MISSING, DATASET_INVALID
 */
export async function readImages(
  dataset: DatasetLocation,
  dataDir: string,
  { names, reference }: ImageChoice,
): Promise<ReadImages> {
  const located = await locateDataset(dataset, dataDir);
  const { location } = located;
  // Only reading shows which shards the user's own files have.
  const known =
    located.knownShards ?? (names === null ? (await located.read(() => false)).names : []);
  const heldBack = known.filter((shard) => located.isHeldBack(shard));
  const isDefault = (shard: string): boolean => heldBack.length === 0 || heldBack.includes(shard);
  const isChosen = (shard: string): boolean => names?.includes(shard) ?? isDefault(shard);
  // A stratified split depends on the labels of all shards.
  const isDrawnFrom = (shard: string): boolean =>
    reference?.stratify === true && reference.shards.some(({ name }) => name === shard);
  const found = await located.read((shard) => isChosen(shard) || isDrawnFrom(shard));
  const shards = found.shards.filter(({ labels }) => labels.length > 0);
  const absent = (names ?? []).filter((name) => !found.names.includes(name));
  if (absent.length > 0 || !shards.some(({ name }) => isChosen(name))) {
    throw new RidgelineError(
      'DATASET_MISSING',
      absent.length > 0
        ? `${location} has no shard ${absent.join(', ')}.`
        : `${location} contains no images.`,
      found.names.length > 0 ? `Name shards of ${found.names.join(', ')}.` : 'Name another path.',
    );
  }
  const uses = reference === null ? [] : recordUses(reference, shards);
  const all = shards
    .map((shard, index) => ({ shard, uses: uses[index] ?? null }))
    .filter(({ shard }) => isChosen(shard.name));
  return { location, ...chooseRecords(all, names === null) };
}

interface UsedShard {
  readonly shard: Shard;
  /** By record; null: the training did not have this shard. */
  readonly uses: readonly RecordUse[] | null;
}

function chooseRecords(
  all: readonly UsedShard[],
  areLeftOut: boolean,
): Omit<ReadImages, 'location'> {
  const counts: Record<RecordUse, number> = { train: 0, validation: 0, test: 0, none: 0 };
  const useOf = ({ uses }: UsedShard, record: number): RecordUse => uses?.[record] ?? 'none';
  for (const each of all)
    for (const record of each.shard.labels.keys()) counts[useOf(each, record)] += 1;
  const isSelective = areLeftOut && counts.train + counts.validation > 0;
  const only = isSelective ? (['test', 'none'] as const).find((use) => counts[use] > 0) : undefined;
  const shards = all.map((each) => {
    const records = Uint32Array.from(each.shard.labels.keys());
    return {
      shard: each.shard,
      records:
        only === undefined ? records : records.filter((record) => useOf(each, record) === only),
    };
  });
  const chosen = { train: 0, validation: 0, test: 0, none: 0 };
  const isChosen = (use: string): boolean => only === undefined || use === only;
  const pick = (isPicked: (use: string) => boolean): UseCounts => ({
    ...chosen,
    ...Object.fromEntries(Object.entries(counts).filter(([use]) => isPicked(use))),
  });
  return {
    shards: shards.filter(({ records }) => records.length > 0),
    chosen: pick(isChosen),
    leftOut: pick((use) => !isChosen(use)),
  };
}

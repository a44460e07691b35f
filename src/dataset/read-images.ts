/** Image reader: reads the images of a data set without splits, for predictions. */
import { RidgelineError } from '../base/errors.ts';
import { locateDataset, type DatasetLocation } from './locate.ts';
import type { Shard } from './shards/shard.ts';

export interface ReadImages {
  /** For messages: the path they were read from. */
  readonly location: string;
  readonly shards: readonly Shard[];
}

/**
 * @param names the shards to read; null: those reserved for testing, or all if none are reserved
 * @throws RidgelineError DATASET_UNKNOWN, DATASET_MISSING, DATASET_INVALID
 */
export async function readImages(
  dataset: DatasetLocation,
  dataDir: string,
  names: readonly string[] | null,
): Promise<ReadImages> {
  const located = await locateDataset(dataset, dataDir);
  // Only reading shows which shards the user's own files have.
  const known =
    located.knownShards ?? (names === null ? (await located.read(() => false)).names : []);
  const heldBack = known.filter((shard) => located.isHeldBack(shard));
  const isDefault = (shard: string): boolean => heldBack.length === 0 || heldBack.includes(shard);
  const isWanted = (shard: string): boolean => names?.includes(shard) ?? isDefault(shard);
  const found = await located.read(isWanted);
  const shards = found.shards.filter(({ labels }) => labels.length > 0);
  const absent = (names ?? []).filter((name) => !found.names.includes(name));
  if (absent.length === 0 && shards.length > 0) return { location: located.location, shards };
  throw new RidgelineError(
    'DATASET_MISSING',
    absent.length > 0
      ? `${located.location} has no shard ${absent.join(', ')}.`
      : `${located.location} contains no images.`,
    found.names.length > 0 ? `Name shards of ${found.names.join(', ')}.` : 'Name another path.',
  );
}

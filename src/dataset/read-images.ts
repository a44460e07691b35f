/** Parts of a data set without splits: images to be looked at, not to be trained on. */
import { RidgelineError } from '../base/errors.ts';
import type { DatasetSource } from '../study/spec/study-spec.ts';
import { locateDataset } from './locate.ts';
import type { Part } from './shards/shard.ts';
import { PixelMemory } from './shards/pixel-memory.ts';

export interface ReadImages {
  /** For people: where they were read. */
  readonly location: string;
  readonly parts: readonly Part[];
}

/**
 * @param names  the parts that are wanted; null: those that the data set holds back for testing, all where
 *   it holds none back
 * @throws RidgelineError DATASET_UNKNOWN, DATASET_MISSING, DATASET_INVALID
 */
export async function readImages(
  source: DatasetSource,
  dataDir: string,
  names: readonly string[] | null,
): Promise<ReadImages> {
  const located = await locateDataset(source, dataDir);
  // Which parts files of the user's own have, only reading tells.
  const known =
    located.knownParts ??
    (names === null ? (await located.read(() => false, new PixelMemory())).names : []);
  const heldBack = known.filter((part) => located.isHeldBack(part));
  const byDefault = (part: string): boolean => heldBack.length === 0 || heldBack.includes(part);
  const found = await located.read(
    (part) => names?.includes(part) ?? byDefault(part),
    new PixelMemory(),
  );
  const parts = found.parts.filter((part) => part.labels.length > 0);
  const absent = (names ?? []).filter((name) => !found.names.includes(name));
  if (absent.length === 0 && parts.length > 0) return { location: located.location, parts };
  throw new RidgelineError(
    'DATASET_MISSING',
    absent.length > 0
      ? `${located.location} has no part ${absent.join(', ')}.`
      : `${located.location} holds no images.`,
    found.names.length > 0 ? `Use parts of ${found.names.join(', ')}.` : 'Give another place.',
  );
}

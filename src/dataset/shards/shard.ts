/**
 * Shard: labelled images from one file of a data set, and their canonical encoding in bytes.
 *
 * The encoding is one line of ASCII text, then the labels, then the pixels:
 *
 *     ridgeline-part-1 COUNT CHANNELS HEIGHT WIDTH CLASSES PIXELMAX\n
 *     COUNT label bytes
 *     COUNT · CHANNELS · HEIGHT · WIDTH pixel bytes, record after record, each in C,H,W order
 *
 * Its SHA-256 is the shard's digest, which is the same whether the data came from an archive, a folder or
 * the cache. The names of the shard and its classes are left out: training does not use them.
 * `shard-decoder.ts` is the inverse.
 */
import { assert } from '../../base/assert.ts';
import { sha256 } from '../../base/digest.ts';
import type { Images } from '../../study/images.ts';
import { malformed } from '../bytes/malformed.ts';

/** Pixels are in [0, pixelMax], 1 ≤ pixelMax ≤ 255. There are at most 256 classes, since a label is one byte. */
export interface Shard extends Images {
  readonly name: string;
  /** Class names by index; null if unknown. */
  readonly classNames: readonly string[] | null;
}

export const shardMagic = 'ridgeline-part-1';

export function bytesPerImage(shape: Pick<Images, 'channels' | 'height' | 'width'>): number {
  return shape.channels * shape.height * shape.width;
}

/**
 * @param byteAt offset of a record's label in the file, for the message
 * @param fix    of the error; absent: that the file is damaged
 * @throws RidgelineError DATASET_INVALID for a label that is not a class index
 */
export function refuseLabels(
  file: string,
  labels: Uint8Array | readonly number[],
  classes: number,
  byteAt?: (record: number) => number,
  fix?: string,
): void {
  const record = labels.findIndex((label) => !(label >= 0 && label < classes));
  if (record === -1) return;
  const place = byteAt === undefined ? '' : `, at byte ${byteAt(record)}`;
  throw malformed(
    file,
    `has label ${labels[record]} in record ${record}${place}: labels are 0 to ${classes - 1}.`,
    fix,
  );
}

/** @returns the canonical bytes in pieces; labels and pixels are the shard's own arrays, not copies */
export function encodeShard(shard: Shard): Uint8Array[] {
  const { channels, height, width, classes, pixelMax } = shard;
  const count = shard.labels.length;
  assert(shard.pixels.length === count * bytesPerImage(shard), 'a shard has one label per image');
  const header = `${[shardMagic, count, channels, height, width, classes, pixelMax].join(' ')}\n`;
  return [new TextEncoder().encode(header), shard.labels, shard.pixels];
}

/** Length of the canonical bytes. */
export function encodedBytes(shard: Shard): number {
  return encodeShard(shard).reduce((sum, piece) => sum + piece.length, 0);
}

const digests = new WeakMap<Shard, string>();

/** SHA-256 of the canonical bytes. It is computed once per shard, so a shard's arrays must not change. */
export function shardDigest(shard: Shard): string {
  const known = digests.get(shard);
  if (known !== undefined) return known;
  const digest = sha256(...encodeShard(shard));
  digests.set(shard, digest);
  return digest;
}

/** Saves the computation for a shard whose bytes were verified while they were read. */
export function setShardDigest(shard: Shard, verified: string): void {
  digests.set(shard, verified);
}

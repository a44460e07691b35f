/**
 * A part of a data set: labelled images that lie in one file or came over the wire, and their one
 * canonical spelling in bytes.
 *
 * The bytes are one line of ASCII text, then the labels, then the pixels:
 *
 *     ridgeline-part-1 COUNT CHANNELS HEIGHT WIDTH CLASSES PIXELMAX\n
 *     COUNT label bytes
 *     COUNT · CHANNELS · HEIGHT · WIDTH pixel bytes, record after record, each in C,H,W order
 *
 * Their SHA-256 is the part's digest, so archive, folder and cache agree on what the data are. Names
 * are left out, the part's and the classes': they say nothing about what is trained on.
 * `part-decoder.ts` reads them.
 */
import { assert } from '../../base/assert.ts';
import { sha256 } from '../../base/digest.ts';

export interface Part {
  readonly name: string;
  /** (N, C, H, W) bytes in [0, pixelMax]. */
  readonly pixels: Uint8Array;
  /** (N) class indices in [0, classes). */
  readonly labels: Uint8Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** At most 256: a label is one byte. */
  readonly classes: number;
  /** The format's largest value, 1 … 255. */
  readonly pixelMax: number;
  /** By class index; null where nobody told. */
  readonly classNames: readonly string[] | null;
}

export const partMagic = 'ridgeline-part-1';

/** Bytes of one image. */
export function imageBytesOf(shape: Pick<Part, 'channels' | 'height' | 'width'>): number {
  return shape.channels * shape.height * shape.width;
}

/** @returns the canonical bytes in order; labels and pixels are the part's own arrays, not copies */
export function encodePart(part: Part): Uint8Array[] {
  const { channels, height, width, classes, pixelMax } = part;
  const count = part.labels.length;
  assert(part.pixels.length === count * imageBytesOf(part), 'a part has as many images as labels');
  const header = `${[partMagic, count, channels, height, width, classes, pixelMax].join(' ')}\n`;
  return [new TextEncoder().encode(header), part.labels, part.pixels];
}

/** Length of the canonical bytes. */
export function encodedBytes(part: Part): number {
  return encodePart(part).reduce((sum, piece) => sum + piece.length, 0);
}

const digests = new WeakMap<Part, string>();

/** SHA-256 of the canonical bytes; computed once for each part, whose bytes must not change. */
export function partDigest(part: Part): string {
  const known = digests.get(part);
  if (known !== undefined) return known;
  const digest = sha256(...encodePart(part));
  digests.set(part, digest);
  return digest;
}

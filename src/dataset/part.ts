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
 */
import { assert } from '../base/assert.ts';
import { sha256 } from '../base/digest.ts';
import { malformed } from './malformed.ts';

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

const magic = 'ridgeline-part-1';
const headerBytesMax = 128;
/** Far above any data set that this network is for; keeps sums of sizes exact. */
const partBytesMax = 2 ** 32;
const headerPattern =
  /^ridgeline-part-1 (?<count>\d{1,10}) (?<channels>\d{1,5}) (?<height>\d{1,5}) (?<width>\d{1,5}) (?<classes>\d{1,3}) (?<pixelMax>\d{1,3})\n/;

/** Bytes of one image. */
export function imageBytesOf(shape: Pick<Part, 'channels' | 'height' | 'width'>): number {
  return shape.channels * shape.height * shape.width;
}

/** @returns the canonical bytes in order; labels and pixels are the part's own arrays, not copies */
export function encodePart(part: Part): Uint8Array[] {
  const { channels, height, width, classes, pixelMax } = part;
  const count = part.labels.length;
  assert(part.pixels.length === count * imageBytesOf(part), 'a part has as many images as labels');
  const header = `${[magic, count, channels, height, width, classes, pixelMax].join(' ')}\n`;
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

/**
 * The inverse of `encodePart`, but for the class names, which are null. Trusts nothing in `bytes`;
 * the part's arrays are views of them.
 *
 * @throws RidgelineError DATASET_INVALID
 */
export function decodePart(name: string, bytes: Uint8Array): Part {
  const part = decodeHeader(name, bytes);
  const file = `Part ${name}`;
  part.labels.forEach((label, record) => {
    if (label >= part.classes) {
      throw malformed(
        file,
        `says label ${label} of record ${record}, but has ${part.classes} classes.`,
      );
    }
  });
  refuseBrightPixels(file, part);
  return part;
}

function decodeHeader(name: string, bytes: Uint8Array): Part {
  const file = `Part ${name}`;
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, headerBytesMax));
  const fields = headerPattern.exec(text);
  if (fields?.groups === undefined) {
    throw malformed(file, `does not start with "${magic}" and six numbers, so it is not a part.`);
  }
  const number = (field: string): number => Number(fields.groups?.[field]);
  const shape = {
    channels: number('channels'),
    height: number('height'),
    width: number('width'),
    classes: number('classes'),
    pixelMax: number('pixelMax'),
  };
  const count = number('count');
  const header = `${[magic, count, ...Object.values(shape)].join(' ')}\n`;
  if (header !== fields[0]) throw malformed(file, 'writes a number with leading zeros.');
  const { channels, height, width, classes, pixelMax } = shape;
  const imageBytes = imageBytesOf(shape);
  if (imageBytes < 1 || classes < 1 || classes > 256 || pixelMax < 1 || pixelMax > 255) {
    throw malformed(
      file,
      `describes images of ${channels}×${height}×${width} in ${classes} classes with pixels up to ${pixelMax}, which cannot be.`,
    );
  }
  const expectedBytes = header.length + count * (1 + imageBytes);
  if (expectedBytes > partBytesMax || bytes.length !== expectedBytes) {
    throw malformed(
      file,
      `has ${bytes.length} bytes, but ${count} records of 1 + ${imageBytes} bytes make ${expectedBytes}.`,
    );
  }
  return {
    name,
    labels: bytes.subarray(header.length, header.length + count),
    pixels: bytes.subarray(header.length + count),
    ...shape,
    classNames: null,
  };
}

function refuseBrightPixels(file: string, part: Part): void {
  if (part.pixelMax === 255) return;
  const imageBytes = imageBytesOf(part);
  part.pixels.forEach((pixel, index) => {
    if (pixel > part.pixelMax) {
      const record = Math.floor(index / imageBytes);
      throw malformed(
        file,
        `has pixel value ${pixel} in record ${record}, but its largest value is ${part.pixelMax}.`,
      );
    }
  });
}

/**
 * CIFAR-10, Python layout, as torchvision and Keras store it: `cifar-10-batches-py` with one pickled
 * dictionary per shard, which has `data` of N×3072 bytes in C,H,W order and a list of `labels`.
 *
 * No code of a pickle is ever run: see `unpickler.ts`.
 */
import { ParserSink } from '../bytes/byte-parser.ts';
import { readIntegers } from '../bytes/integers.ts';
import { malformed } from '../bytes/malformed.ts';
import { isKind, type PickleValue } from '../pickle/pickle-values.ts';
import { unpickle } from '../pickle/unpickler.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import {
  cifarImageBytes,
  cifarReaders,
  cifarRecordsMax,
  cifarShard,
  isCifar100,
  type OpenBatch,
} from './cifar.ts';

/** Largest file: protocol 0 writes up to four characters per pixel; 512 bytes per record for labels and names. */
const fileBytesMax = cifarRecordsMax * (cifarImageBytes * 4 + 512);

/** Receives one pickled batch. */
export const pickledBatch: OpenBatch = (file, name, bytes, memory) => {
  if (bytes > fileBytesMax) {
    throw malformed(file, `has ${bytes} bytes; the limit is ${fileBytesMax}.`);
  }
  return new ParserSink(file, function* (cursor) {
    const value = yield* unpickle({ file, bytes, memory }, cursor);
    if (!isKind(value, 'dict')) throw malformed(file, 'does not contain a dictionary.');
    if (value.entries.has('fine_labels')) throw isCifar100(file, 'has "fine_labels"');
    const pixels = toPixels(file, value.entries.get('data'), memory);
    const labels = toLabels(file, value.entries.get('labels'));
    const records = pixels.length / cifarImageBytes;
    if (labels.length !== records) {
      throw malformed(file, `has ${labels.length} labels for ${records} images.`);
    }
    return cifarShard(file, name, pixels, labels);
  });
};

// The pattern excludes batches.meta and readme.html.
export const cifarPython = cifarReaders(
  /^(?<name>[A-Za-z0-9][\w-]*)(?:\.pkl|\.pickle)?$/,
  pickledBatch,
);

function toPixels(file: string, data: PickleValue | undefined, memory: PixelMemory): Uint8Array {
  if (!isKind(data, 'array')) throw malformed(file, 'has no array named "data".');
  const { dtype, shape, isColumnOrder } = data;
  if (dtype?.code !== 'u1') {
    throw malformed(file, `has "data" of type ${dtype?.code ?? 'none'}; pixels are u1 (uint8).`);
  }
  const [records = 0, ...image] = shape;
  const isImage = ['3072', '3,32,32'].includes(image.join(','));
  if (!isImage || records < 1 || records > cifarRecordsMax) {
    throw malformed(file, `has "data" of shape ${shape.join('×')}; images are N×3072.`);
  }
  if (isColumnOrder) {
    throw malformed(file, 'has "data" in column order (Fortran); images are in row order.');
  }
  if (data.data.buffer instanceof SharedArrayBuffer) return data.data;
  // An array of a few images is small, so the unpickler did not put it into `memory`.
  const pixels = memory.take(data.data.length);
  pixels.set(data.data);
  return pixels;
}

function toLabels(file: string, value: PickleValue | undefined): readonly number[] {
  if (Array.isArray(value) && value.every((label) => typeof label === 'number')) return value;
  if (!isKind(value, 'array')) throw malformed(file, 'has no list of numbers named "labels".');
  const { shape, dtype, data } = value;
  const isList = dtype !== null && shape.length === 1;
  const labels = isList ? readIntegers(data, `${dtype.byteOrder}${dtype.code}`) : null;
  if (labels !== null) return labels;
  const type = `${shape.join('×')} ${dtype?.code ?? ''}`;
  throw malformed(file, `has "labels" of ${type}, which is not a list of whole numbers.`);
}

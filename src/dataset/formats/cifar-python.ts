/**
 * CIFAR-10's Python layout, as torchvision and Keras leave it: `cifar-10-batches-py`, one pickled
 * dictionary a part, with `data` of N×3072 bytes in C,H,W order and a list of `labels`.
 *
 * Nothing of a pickle is ever run: `unpickler.ts`.
 * Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Python / Matlab versions".
 */
import { basename } from 'node:path';
import { ParserSink } from '../bytes/byte-parser.ts';
import {
  cifarArchive,
  cifarClassNames,
  cifarFolder,
  cifarImageBytes,
  cifarRecordsMax,
  cifarShape,
  refuseLabel,
  type CifarLayout,
} from './cifar.ts';
import { readIntegers } from '../bytes/integers.ts';
import { malformed } from '../bytes/malformed.ts';
import type { Part } from '../shards/shard.ts';
import { isKind, type PickleValue } from '../pickle/pickle-values.ts';
import type { PixelMemory } from '../shards/pixel-memory.ts';
import { unpickle } from '../pickle/unpickler.ts';

/** Bytes of text that stand for one byte at the most (protocol 0), and the labels. */
const fileBytesMax = cifarRecordsMax * (cifarImageBytes * 4 + 512);

const layout: CifarLayout = {
  // batches.meta and readme.html lie beside the parts.
  partName: (path) =>
    /^(?<name>[A-Za-z0-9][A-Za-z0-9_-]*)(?:\.pkl|\.pickle)?$/.exec(basename(path))?.groups?.[
      'name'
    ] ?? null,
  open: pickledBatch,
};

export const readCifarPythonArchive = cifarArchive(layout);
export const readCifarPythonFolder = cifarFolder(layout);

/** One pickled batch on its way in. */
export function pickledBatch(
  file: string,
  name: string,
  bytes: number,
  memory: PixelMemory,
): ParserSink<Part> {
  if (bytes > fileBytesMax) {
    throw malformed(
      file,
      `has ${bytes} bytes; a pickled batch of CIFAR-10 has at most ${fileBytesMax}.`,
    );
  }
  return new ParserSink(file, function* (cursor) {
    const value = yield* unpickle({ file, bytes, memory }, cursor);
    if (!isKind(value, 'dict')) throw malformed(file, 'holds something else than a dictionary.');
    const pixels = pixelsOf(file, value.entries.get('data'), memory);
    const labels = labelsOf(file, value.entries.get('labels'));
    const records = pixels.length / cifarImageBytes;
    if (labels.length !== records) {
      throw malformed(file, `has ${labels.length} labels for ${records} images.`);
    }
    labels.forEach((label, record) => refuseLabel(file, record, label, null));
    return {
      name,
      pixels,
      labels: Uint8Array.from(labels),
      ...cifarShape,
      classNames: cifarClassNames,
    };
  });
}

function pixelsOf(file: string, data: PickleValue | undefined, memory: PixelMemory): Uint8Array {
  if (!isKind(data, 'array')) throw malformed(file, 'has no array called "data".');
  if (data.dtype?.code !== 'u1') {
    throw malformed(
      file,
      `has "data" of ${data.dtype?.code ?? 'nothing'}; pixels are u1, one byte.`,
    );
  }
  const [records = 0, ...image] = data.shape;
  const isImage = ['3072', '3,32,32'].includes(image.join(','));
  if (!isImage || records < 1 || records > cifarRecordsMax) {
    throw malformed(file, `has "data" of ${data.shape.join('×')}; images are N×3072.`);
  }
  if (data.isColumnOrder) {
    throw malformed(file, 'has "data" in column order (Fortran); images are read in row order.');
  }
  if (data.data.buffer instanceof SharedArrayBuffer) return data.data;
  // A few images: too short to have gone straight to their place.
  const pixels = memory.take(data.data.length);
  pixels.set(data.data);
  return pixels;
}

function labelsOf(file: string, value: PickleValue | undefined): readonly number[] {
  if (Array.isArray(value) && value.every((label) => typeof label === 'number')) return value;
  if (!isKind(value, 'array')) throw malformed(file, 'has no list of numbers called "labels".');
  const { shape, dtype, data } = value;
  const isList = dtype !== null && shape.length === 1;
  const labels = isList ? readIntegers(data, `${dtype.byteOrder}${dtype.code}`) : null;
  if (labels !== null) return labels;
  throw malformed(
    file,
    `has "labels" of ${shape.join('×')} ${dtype?.code ?? ''}, no list of whole numbers.`,
  );
}

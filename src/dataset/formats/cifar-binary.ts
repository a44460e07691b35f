/**
 * CIFAR-10's binary layout: records of 1 label byte and 3,072 pixel bytes, the red, green and blue
 * planes one after the other, so C,H,W already. Read from the official archive or an unpacked folder.
 *
 * A file's number of records is whatever it holds. Source: https://www.cs.toronto.edu/~kriz/cifar.html
 */
import { basename } from 'node:path';
import { ParserSink, type ByteParser, type Cursor } from '../bytes/byte-parser.ts';
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
import { malformed } from '../bytes/malformed.ts';
import type { Part } from '../shards/shard.ts';
import type { PixelMemory } from '../shards/pixel-memory.ts';

const imageBytes = cifarImageBytes;
const recordBytes = 1 + imageBytes;
const fileBytesMax = cifarRecordsMax * recordBytes;

const layout: CifarLayout = {
  partName: (path) =>
    /^(?<name>[A-Za-z0-9][A-Za-z0-9_-]*)\.bin$/.exec(basename(path))?.groups?.['name'] ?? null,
  open: binaryBatch,
};

export const readCifarArchive = cifarArchive(layout);
export const readCifarFolder = cifarFolder(layout);

/**
 * One file on its way in: labels and pixels are taken apart as the bytes come.
 *
 * @param file  what messages call it
 * @param bytes its size, as the folder or archive says
 * @throws RidgelineError DATASET_INVALID
 */
export function binaryBatch(
  file: string,
  name: string,
  bytes: number,
  memory: PixelMemory,
): ParserSink<Part> {
  const records = Math.floor(bytes / recordBytes);
  const over = bytes % recordBytes;
  if (records === 0 || over > 0) {
    throw malformed(
      file,
      `has ${bytes} bytes: ${records} records of ${recordBytes} bytes and ${over} bytes more, so it was cut off, padded, or is no CIFAR-10 binary file.`,
    );
  }
  if (bytes > fileBytesMax) {
    throw malformed(
      file,
      `has ${bytes} bytes; a file of CIFAR-10 records has at most ${fileBytesMax}.`,
    );
  }
  const labels = new Uint8Array(records);
  const pixels = memory.take(records * imageBytes);
  const part = { name, labels, pixels, ...cifarShape, classNames: cifarClassNames };
  return new ParserSink(file, (cursor) => readRecords(file, part, cursor));
}

function* readRecords(file: string, part: Part, cursor: Cursor): ByteParser<Part> {
  for (let record = 0; record < part.labels.length; record++) {
    const [label = 0] = yield 1;
    refuseLabel(file, record, label, cursor.offset - 1);
    part.labels[record] = label;
    yield part.pixels.subarray(record * imageBytes, (record + 1) * imageBytes);
  }
  return part;
}

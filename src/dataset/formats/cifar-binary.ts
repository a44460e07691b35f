/**
 * CIFAR-10, binary layout: records of 1 label byte and 3,072 pixel bytes, the red, green and blue planes
 * in this order, which is C,H,W. Read from the official archive or an unpacked folder; files may have any
 * number of records.
 *
 * Source: https://www.cs.toronto.edu/~kriz/cifar.html
 */
import { basename } from 'node:path';
import { ParserSink, type ByteParser, type Cursor } from '../bytes/byte-parser.ts';
import { malformed } from '../bytes/malformed.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import type { Shard } from '../shards/shard.ts';
import {
  cifarArchive,
  cifarFolder,
  cifarImageBytes,
  cifarRecordsMax,
  cifarShard,
  refuseLabel,
  type CifarLayout,
} from './cifar.ts';

const recordBytes = 1 + cifarImageBytes;
const fileBytesMax = cifarRecordsMax * recordBytes;

const layout: CifarLayout = {
  shardName: (path) =>
    /^(?<name>[A-Za-z0-9][A-Za-z0-9_-]*)\.bin$/.exec(basename(path))?.groups?.['name'] ?? null,
  open: binaryBatch,
};

export const readCifarArchive = cifarArchive(layout);
export const readCifarFolder = cifarFolder(layout);

/** Receives one file and separates labels from pixels; arguments as in `CifarLayout.open`. */
export function binaryBatch(
  file: string,
  name: string,
  bytes: number,
  memory: PixelMemory,
): ParserSink<Shard> {
  const records = Math.floor(bytes / recordBytes);
  const over = bytes % recordBytes;
  if (records === 0 || over > 0) {
    throw malformed(
      file,
      `has ${bytes} bytes, that is ${records} records of ${recordBytes} bytes and ${over} bytes more: it was cut off or padded, or is not a CIFAR-10 binary file.`,
    );
  }
  if (bytes > fileBytesMax) {
    throw malformed(file, `has ${bytes} bytes; the limit is ${fileBytesMax}.`);
  }
  const labels = new Uint8Array(records);
  const pixels = memory.take(records * cifarImageBytes);
  const shard = cifarShard(name, pixels, labels);
  return new ParserSink(file, (cursor) => readRecords(file, shard, cursor));
}

function* readRecords(file: string, shard: Shard, cursor: Cursor): ByteParser<Shard> {
  for (let record = 0; record < shard.labels.length; record++) {
    const [label = 0] = yield 1;
    refuseLabel(file, record, label, cursor.offset - 1);
    shard.labels[record] = label;
    yield shard.pixels.subarray(record * cifarImageBytes, (record + 1) * cifarImageBytes);
  }
  return shard;
}

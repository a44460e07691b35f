/**
 * CIFAR-10: its binary layout, and what `cifar-python.ts` has in common with it. Shards are files in a
 * folder or an archive, with any number of images of 3×32×32 in ten classes. The official release is
 * recognized by the hashes of its records in any layout.
 *
 * Binary layout: records of 1 label byte and 3,072 pixel bytes, the red, green and blue planes in this
 * order, which is C,H,W. Source: https://www.cs.toronto.edu/~kriz/cifar.html
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { ParserSink, type ByteParser } from '../bytes/byte-parser.ts';
import { folderEntries, type FileEntry } from '../bytes/file-stream.ts';
import type { RidgelineError } from '../../base/errors.ts';
import { malformed } from '../bytes/malformed.ts';
import { tarEntries } from '../bytes/tar.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import { refuseLabels, type Shard } from '../shards/shard.ts';
import type { FormatReaders, FoundShards, WantShard } from '../shards/shard-source.ts';

const shape = { channels: 3, height: 32, width: 32, classes: 10, pixelMax: 255 };
export const cifarImageBytes = 3072;
/** Most records of one file: more than three times those of the whole data set. */
export const cifarRecordsMax = 200_000;

const classNames = 'airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck'.split(',');

/**
 * @param byteAt offset of a record's label in the file, for the message
 * @throws RidgelineError DATASET_INVALID for a label that is not a class
 */
export function cifarShard(
  file: string,
  name: string,
  pixels: Uint8Array,
  labels: Uint8Array | readonly number[],
  byteAt?: (record: number) => number,
): Shard {
  refuseLabels(file, labels, shape.classes, byteAt);
  return { name, pixels, labels: Uint8Array.from(labels), ...shape, classNames };
}

/** Number of records by shard of the official release. */
export const cifarReleaseRecords: Readonly<Record<string, number>> = Object.fromEntries(
  ['1', '2', '3', '4', '5']
    .map((batch) => `data_batch_${batch}`)
    .concat('test_batch')
    .map((name) => [name, 10_000]),
);

/** SHA-256 of the files of the official binary release: label, pixels, label, pixels, … */
const officialFiles: Readonly<Record<string, string>> = {
  data_batch_1: 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5',
  data_batch_2: 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed',
  data_batch_3: 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67',
  data_batch_4: '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48',
  data_batch_5: '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add',
  test_batch: '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b',
};

/**
 * Opens one file of a shard.
 *
 * @param file  the file's name in messages
 * @param name  the shard's name
 * @param bytes the file's size
 * @throws RidgelineError DATASET_INVALID
 */
export type OpenBatch = (
  file: string,
  name: string,
  bytes: number,
  memory: PixelMemory,
) => ParserSink<Shard>;

/** @param fileName matches the files of shards; its group `name` is the shard's name */
export function cifarReaders(fileName: RegExp, openBatch: OpenBatch) {
  const layout = { fileName, openBatch };
  return {
    file: (path, want, memory) => readEntries(layout, path, tarEntries(path), want, memory),
    folder: async (path, want, memory) =>
      await readEntries(layout, path, await folderEntries(path), want, memory),
  } satisfies FormatReaders;
}

async function readEntries(
  { fileName, openBatch }: { readonly fileName: RegExp; readonly openBatch: OpenBatch },
  path: string,
  entries: Iterable<FileEntry> | AsyncIterable<FileEntry>,
  want: WantShard,
  memory: PixelMemory,
): Promise<FoundShards> {
  const names = new Set<string>();
  const shards: Shard[] = [];
  for await (const entry of entries) {
    const name = fileName.exec(basename(entry.name))?.groups?.['name'];
    if (name === undefined) continue;
    if (names.has(name)) throw malformed(path, `contains ${name} twice.`);
    names.add(name);
    if (!want(name)) continue;
    const sink = openBatch(entry.file, name, await entry.size(), memory);
    await entry.stream(sink);
    shards.push(sink.value());
  }
  return {
    names: [...names].toSorted(),
    shards: shards.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    official: shards.every(isOfficial),
  };
}

/** Whether the records are those of the official binary release. */
function isOfficial(shard: Shard): boolean {
  const expected = officialFiles[shard.name];
  if (expected === undefined) return false;
  const hash = createHash('sha256');
  for (let record = 0; record < shard.labels.length; record++) {
    hash.update(shard.labels.subarray(record, record + 1));
    const at = record * cifarImageBytes;
    hash.update(shard.pixels.subarray(at, at + cifarImageBytes));
  }
  return hash.digest('hex') === expected;
}

const recordBytes = 1 + cifarImageBytes;
const fileBytesMax = cifarRecordsMax * recordBytes;

/** @param what shows that it is CIFAR-100 */
export function isCifar100(file: string, what: string): RidgelineError {
  return malformed(
    file,
    `${what}, as CIFAR-100 has; only CIFAR-10 is read.`,
    'Save the images and one of the labels with numpy: np.savez("cifar100.npz", x_train=images, y_train=labels).',
  );
}

/** Receives one file and separates labels from pixels. */
export const binaryBatch: OpenBatch = (file, name, bytes, memory) => {
  const records = Math.floor(bytes / recordBytes);
  const over = bytes % recordBytes;
  if (over > 0 && bytes % (recordBytes + 1) === 0)
    throw isCifar100(file, `has records of ${recordBytes + 1} bytes, with two labels each`);
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
  return new ParserSink(file, function* (): ByteParser<Shard> {
    for (let record = 0; record < records; record++) {
      yield labels.subarray(record, record + 1);
      yield pixels.subarray(record * cifarImageBytes, (record + 1) * cifarImageBytes);
    }
    return cifarShard(file, name, pixels, labels, (record) => record * recordBytes);
  });
};

export const cifarBinary = cifarReaders(/^(?<name>[A-Za-z0-9][\w-]*)\.bin$/, binaryBatch);

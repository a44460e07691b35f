/**
 * CIFAR-10: what its layouts have in common. Shards are files in a folder or an archive, with images of
 * 3×32×32 in ten classes. The official release is recognized by the hashes of its records in any layout.
 *
 * Source: https://www.cs.toronto.edu/~kriz/cifar.html
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ParserSink } from '../bytes/byte-parser.ts';
import { fileSize, filesIn } from '../bytes/disk.ts';
import { streamFile } from '../bytes/file-stream.ts';
import { malformed } from '../bytes/malformed.ts';
import { streamTarGz } from '../bytes/tar.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import type { Shard } from '../shards/shard.ts';
import type { FoundShards, ReadShards, WantShard } from '../shards/shard-source.ts';

const shape = { channels: 3, height: 32, width: 32, classes: 10, pixelMax: 255 };
export const cifarImageBytes = 3072;
/** More than three times the records of the whole data set. */
export const cifarRecordsMax = 200_000;

const classNames = 'airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck'.split(',');

export function cifarShard(name: string, pixels: Uint8Array, labels: Uint8Array): Shard {
  return { name, pixels, labels, ...shape, classNames };
}

/** SHA-256 of the files of the official binary release: label, pixels, label, pixels, … */
const officialFiles: Readonly<Record<string, string>> = {
  data_batch_1: 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5',
  data_batch_2: 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed',
  data_batch_3: 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67',
  data_batch_4: '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48',
  data_batch_5: '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add',
  test_batch: '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b',
};

/** How shards are written into files. */
export interface CifarLayout {
  /** The shard's name, such as `data_batch_1`, in a path; null for other files. */
  shardName(path: string): string | null;
  /**
   * @param file  the file's name in messages
   * @param bytes its size, from the folder or archive
   * @throws RidgelineError DATASET_INVALID
   */
  open(file: string, name: string, bytes: number, memory: PixelMemory): ParserSink<Shard>;
}

/** Files of one folder or archive by shard; null for a shard that is not wanted. */
type Files = Map<string, ParserSink<Shard> | null>;

/** Reads the wanted shards in one pass over the archive. */
export function cifarArchive(layout: CifarLayout): ReadShards {
  return async (path, want, memory) => {
    const files: Files = new Map();
    await streamTarGz(path, (member, bytes) =>
      addFile(files, path, layout.shardName(member), want, (name) =>
        layout.open(`${path}, member ${member},`, name, bytes, memory),
      ),
    );
    return found(files);
  };
}

export function cifarFolder(layout: CifarLayout): ReadShards {
  return async (path, want, memory) => {
    const files: Files = new Map();
    for (const entry of await filesIn(path)) {
      const filePath = join(path, entry);
      const name = layout.shardName(entry);
      const bytes = name !== null && want(name) ? await fileSize(filePath) : 0;
      const sink = addFile(files, path, name, want, (shard) =>
        layout.open(filePath, shard, bytes, memory),
      );
      if (sink !== null) await streamFile(filePath, 'plain', sink);
    }
    return found(files);
  };
}

/** @returns the sink for a file; null if it is not a shard or is not wanted */
function addFile(
  files: Files,
  path: string,
  name: string | null,
  want: WantShard,
  open: (name: string) => ParserSink<Shard>,
): ParserSink<Shard> | null {
  if (name === null) return null;
  if (files.has(name)) throw malformed(path, `contains ${name} twice.`);
  const sink = want(name) ? open(name) : null;
  files.set(name, sink);
  return sink;
}

function found(files: Files): FoundShards {
  const shards = [...files.values()].filter((file) => file !== null).map((file) => file.value());
  return {
    names: [...files.keys()].toSorted(),
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

/**
 * @param at offset of the label in the file; null if unknown
 * @throws RidgelineError DATASET_INVALID
 */
export function refuseLabel(file: string, record: number, label: number, at: number | null): void {
  if (Number.isInteger(label) && label >= 0 && label < shape.classes) return;
  const place = at === null ? '' : `, at byte ${at}`;
  throw malformed(file, `has label ${label} in record ${record}${place}: labels are 0 to 9.`);
}

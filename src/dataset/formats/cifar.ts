/**
 * What all layouts of CIFAR-10 have in common: parts as files in a folder or an archive, images of
 * 3×32×32 in ten classes, and how the official release is known, whatever it was packed in.
 *
 * Source: https://www.cs.toronto.edu/~kriz/cifar.html
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ParserSink } from '../bytes/byte-parser.ts';
import { filesIn, sizeOf } from '../bytes/disk.ts';
import { streamFile, streamTarGz } from '../bytes/file-stream.ts';
import { malformed } from '../bytes/malformed.ts';
import type { Part } from '../shards/shard.ts';
import type { PixelMemory } from '../shards/pixel-memory.ts';
import type { FoundParts, ReadParts } from '../shards/shard-source.ts';

export const cifarShape = {
  channels: 3,
  height: 32,
  width: 32,
  classes: 10,
  pixelMax: 255,
} as const;
export const cifarImageBytes = 3072;
/** More than three times the whole data set. */
export const cifarRecordsMax = 200_000;

export const cifarClassNames = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

/** SHA-256 of the files of the official binary release: label, pixels, label, pixels, … */
const officialFiles: Readonly<Record<string, string>> = {
  data_batch_1: 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5',
  data_batch_2: 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed',
  data_batch_3: 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67',
  data_batch_4: '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48',
  data_batch_5: '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add',
  test_batch: '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b',
};

/** How parts are written into files. */
export interface CifarLayout {
  /** `data_batch_1` for a path that ends in that part's file; null for other files. */
  partName(path: string): string | null;
  /**
   * @param file  what messages call it
   * @param bytes its size, as the folder or archive says
   * @throws RidgelineError DATASET_INVALID
   */
  open(file: string, name: string, bytes: number, memory: PixelMemory): ParserSink<Part>;
}

/** Reads the wanted parts in one pass over the archive. */
export function cifarArchive(layout: CifarLayout): ReadParts {
  return async (path, want, memory) => {
    const files = new Map<string, ParserSink<Part> | null>();
    await streamTarGz(path, (member, bytes) => {
      const name = layout.partName(member);
      if (name === null) return null;
      if (files.has(name)) throw malformed(path, `holds ${name} twice.`);
      const file = want(name)
        ? layout.open(`${path}, member ${member},`, name, bytes, memory)
        : null;
      files.set(name, file);
      return file;
    });
    return found(files);
  };
}

export function cifarFolder(layout: CifarLayout): ReadParts {
  return async (path, want, memory) => {
    const files = new Map<string, ParserSink<Part> | null>();
    for (const entry of await filesIn(path)) {
      const name = layout.partName(entry);
      if (name === null) continue;
      if (files.has(name)) throw malformed(path, `holds ${name} twice.`);
      const filePath = join(path, entry);
      const file = want(name) ? layout.open(filePath, name, await sizeOf(filePath), memory) : null;
      files.set(name, file);
      if (file !== null) await streamFile(filePath, file);
    }
    return found(files);
  };
}

function found(files: ReadonlyMap<string, ParserSink<Part> | null>): FoundParts {
  const parts = [...files.values()].filter((file) => file !== null).map((file) => file.value());
  return {
    names: [...files.keys()].toSorted(),
    parts: parts.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    official: parts.every(isOfficial),
  };
}

/** Whether the binary release has these very records. */
function isOfficial(part: Part): boolean {
  const expected = officialFiles[part.name];
  if (expected === undefined) return false;
  const hash = createHash('sha256');
  for (let record = 0; record < part.labels.length; record++) {
    hash.update(part.labels.subarray(record, record + 1));
    const at = record * cifarImageBytes;
    hash.update(part.pixels.subarray(at, at + cifarImageBytes));
  }
  return hash.digest('hex') === expected;
}

/** @throws RidgelineError DATASET_INVALID @param at the byte where it stands */
export function refuseLabel(file: string, record: number, label: number, at: number | null): void {
  if (Number.isInteger(label) && label >= 0 && label < cifarShape.classes) return;
  const place = at === null ? '' : `, at byte ${at}`;
  throw malformed(file, `has label ${label} in record ${record}${place}: labels are 0 to 9.`);
}

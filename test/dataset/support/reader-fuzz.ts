/**
 * Fuzz test of all readers with valid files that were changed at random. Each run ends with a valid shard
 * or with an operating error that names the file, in bounded memory.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import type { ParserSink } from '../../../src/dataset/bytes/byte-parser.ts';
import { binaryBatch, cifarBinary } from '../../../src/dataset/formats/cifar.ts';
import { pickledBatch } from '../../../src/dataset/formats/cifar-python.ts';
import { guessFormat } from '../../../src/dataset/formats/formats.ts';
import { imageFolder } from '../../../src/dataset/formats/image-folder.ts';
import { idxReaders } from '../../../src/dataset/formats/idx.ts';
import { numpyReaders } from '../../../src/dataset/formats/numpy-files.ts';
import { encodeShard, bytesPerImage, type Shard } from '../../../src/dataset/shards/shard.ts';
import { PixelMemory } from '../../../src/dataset/bytes/pixel-memory.ts';
import { cifarFile, decodeShard, idx, smallShard } from './fixtures.ts';
import { greyPng, pillowImage } from './images.ts';
import { npyBytes, npyLabels, zip } from './npy.ts';
import { python2Batch } from './pickles.ts';

interface FuzzedReader {
  readonly name: string;
  readonly valid: () => readonly Uint8Array[];
  read(bytes: Uint8Array, dir: string): Promise<readonly Shard[]>;
}

const everything = (): boolean => true;

function pushed(sink: ParserSink<Shard>, bytes: Uint8Array): readonly Shard[] {
  for (let at = 0; at < bytes.length; at += 911) sink.write(bytes.subarray(at, at + 911));
  sink.end();
  return [sink.value()];
}

/** A CIFAR archive as tar makes it, once per folder. */
function archive(dir: string): Buffer {
  const folder = join(dir, 'cifar-10-batches-bin');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'data_batch_1.bin'), cifarFile(2, 1));
  const path = join(dir, 'valid.tar.gz');
  execFileSync('tar', ['czf', path, '-C', dir, 'cifar-10-batches-bin']);
  return readFileSync(path);
}

async function idxParts(dir: string, name: string, bytes: Uint8Array): Promise<readonly Shard[]> {
  const folder = join(dir, 'idx');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(join(folder, name), bytes);
  writeFileSync(join(folder, 'train-labels-idx1-ubyte'), idx([4], Uint8Array.of(1, 2, 3, 4)));
  return (await idxReaders.folder(folder, everything, new PixelMemory())).shards;
}

async function imageParts(dir: string, bytes: Uint8Array): Promise<readonly Shard[]> {
  const folder = join(dir, 'images');
  mkdirSync(join(folder, 'class'), { recursive: true });
  writeFileSync(join(folder, 'class', 'f.png'), bytes);
  return (await imageFolder.folder(folder, everything, new PixelMemory())).shards;
}

function readers(dir: string): readonly FuzzedReader[] {
  const images = idx(
    [4, 5, 3],
    Uint8Array.from({ length: 60 }, (_, i) => i),
  );
  const arrays = { 'x_train.npy': npyBytes([3, 4, 5], 1), 'y_train.npy': npyLabels([2, 0, 1]) };
  return [
    {
      name: 'CIFAR-10 binary',
      valid: () => [cifarFile(2, 1)],
      read: async (bytes) => pushed(binaryBatch('f', 'p', bytes.length, new PixelMemory()), bytes),
    },
    {
      name: 'CIFAR-10 python',
      valid: () => [python2Batch(cifarFile(1, 1)), python2Batch(cifarFile(12, 1))],
      read: async (bytes) => pushed(pickledBatch('f', 'p', bytes.length, new PixelMemory()), bytes),
    },
    {
      name: 'tar.gz',
      valid: () => [archive(dir)],
      read: async (bytes) => {
        const path = join(dir, 'f.tar.gz');
        writeFileSync(path, bytes);
        return (await cifarBinary.file(path, everything, new PixelMemory())).shards;
      },
    },
    {
      name: 'tar',
      valid: () =>
        [archive(dir)].map((packed) => {
          writeFileSync(join(dir, 't.gz'), packed);
          return execFileSync('gunzip', ['-c', join(dir, 't.gz')]);
        }),
      // The change is made before packing, so that the checksum of gzip does not detect it.
      read: async (bytes) => {
        const path = join(dir, 'f2.tar.gz');
        writeFileSync(path, gzipSync(bytes, { level: 1 }));
        return (await cifarBinary.file(path, everything, new PixelMemory())).shards;
      },
    },
    {
      name: 'IDX',
      valid: () => [images],
      read: (bytes) => idxParts(dir, 'train-images-idx3-ubyte', bytes),
    },
    {
      name: 'IDX, packed',
      valid: () => [gzipSync(images)],
      read: (bytes) => idxParts(dir, 'train-images-idx3-ubyte.gz', bytes),
    },
    {
      name: 'npz',
      valid: () => [zip(arrays), zip(arrays, { 'x_train.npy': { isDeflated: false } })],
      read: async (bytes) => {
        const path = join(dir, 'f.npz');
        writeFileSync(path, bytes);
        return (await numpyReaders.file(path, everything, new PixelMemory())).shards;
      },
    },
    {
      name: 'PNG',
      valid: () => [greyPng(9, 7, 3), pillowImage('palette.png'), pillowImage('bits.png')],
      read: (bytes) => imageParts(dir, bytes),
    },
    {
      name: 'JPEG',
      valid: () => [pillowImage('colour.jpg'), pillowImage('grey.jpg')],
      read: (bytes) => imageParts(dir, bytes),
    },
    {
      name: 'shard',
      valid: () => [Buffer.concat(encodeShard(smallShard('p', 4)))],
      read: async (bytes) => [decodeShard('p', bytes)],
    },
    {
      name: 'guess',
      valid: () => [zip(arrays), archive(dir), cifarFile(1, 1)],
      read: async (bytes) => {
        const path = join(dir, 'f.any');
        writeFileSync(path, bytes);
        await guessFormat(path, 'file');
        return [];
      },
    },
  ];
}

export const readerNames = [
  'CIFAR-10 binary',
  'CIFAR-10 python',
  'tar.gz',
  'tar',
  'IDX',
  'IDX, packed',
  'npz',
  'PNG',
  'JPEG',
  'shard',
  'guess',
] as const;

/** One change of a file: bytes replaced, removed, put in, repeated; or the end cut off. */
const change = fc.record({
  kind: fc.constantFrom('replace', 'remove', 'insert', 'repeat', 'cut', 'flip'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  /** Headers and directories are at the start or the end. */
  near: fc.constantFrom('anywhere', 'start', 'end'),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 9 }),
    fc.constantFrom(
      Uint8Array.of(0),
      Uint8Array.of(0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0xff, 0xff, 0xff, 0x7f),
      Uint8Array.of(0x80, 0, 0, 0),
      Buffer.from('cos\nsystem\n'),
      Buffer.from('(((((((('),
    ),
  ),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(file: Uint8Array, { kind, at, near, bytes }: Change): Uint8Array {
  const span = near === 'anywhere' ? file.length : Math.min(file.length, 300);
  const place = Math.floor(at * span) + (near === 'end' ? file.length - span : 0);
  const [head, tail] = [file.subarray(0, place), file.subarray(place)];
  switch (kind) {
    case 'replace':
      return Buffer.concat([head, bytes, tail.subarray(bytes.length)]);
    case 'remove':
      return Buffer.concat([head, tail.subarray(bytes.length)]);
    case 'insert':
      return Buffer.concat([head, bytes, tail]);
    case 'repeat':
      return Buffer.concat([head, tail.subarray(0, 700), tail]);
    case 'cut':
      return Buffer.from(head);
    case 'flip': {
      const copy = Buffer.from(file);
      if (place < copy.length) copy[place]! ^= 1 << (bytes[0]! & 7);
      return copy;
    }
  }
}

/** @param runs cases for this reader */
export async function fuzzReader(name: string, runs: number, dir: string): Promise<void> {
  const reader = readers(dir).find((candidate) => candidate.name === name);
  if (reader === undefined) throw new Error(`there is no reader called ${name}`);
  const valid = reader.valid();
  for (const bytes of valid) {
    if (name !== 'guess') expect(await reader.read(bytes, dir)).toHaveLength(1);
  }
  const before = process.memoryUsage().rss;
  const cases = fc.tuple(fc.nat(), fc.array(change, { minLength: 1, maxLength: 3 }));
  await fc.assert(
    fc.asyncProperty(cases, async ([which, changes]) => {
      const start: Uint8Array = valid[which % valid.length]!;
      const bytes = changes.reduce(changed, start);
      try {
        for (const shard of await reader.read(bytes, dir)) refuseInvalid(shard);
      } catch (error) {
        if (!(error instanceof RidgelineError)) throw error;
        expect(error.code).toBe('DATASET_INVALID');
        expect(error.what).toMatch(/^(?:f |f\b|Shard p |\/)/);
      }
    }),
    { numRuns: runs },
  );
  expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
}

function refuseInvalid(shard: Shard): void {
  expect(shard.pixels.length).toBe(shard.labels.length * bytesPerImage(shard));
  expect(shard.labels.every((label) => label < shard.classes)).toBe(true);
  expect(shard.labels.length).toBeGreaterThan(0);
}

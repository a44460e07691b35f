/** IDX files under the names that releases, libraries and unpacking programs give them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { PixelMemory } from '../../../src/dataset/bytes/pixel-memory.ts';
import { guessFormat } from '../../../src/dataset/formats/formats.ts';
import { idxReaders } from '../../../src/dataset/formats/idx.ts';
import { idx, refusal, temporaryFolder } from '../support/fixtures.ts';

interface Files {
  /** `%` is replaced by train-images-idx3, and so on. */
  readonly name?: (part: string, what: string, dimensions: number) => string;
  readonly below?: string;
  readonly pack?: (bytes: Buffer) => Buffer;
  readonly labels?: readonly number[];
}

const official = (part: string, what: string, dimensions: number): string =>
  `${part}-${what}-idx${dimensions}-ubyte`;

/** Three images of 2×2 in train and test. */
async function write(
  dir: string,
  { name = official, below = '.', pack = (bytes) => bytes, labels = [0, 1, 2] }: Files,
): Promise<void> {
  const folder = join(dir, below);
  await mkdir(folder, { recursive: true });
  for (const part of ['train', 't10k']) {
    const images = idx(
      [3, 2, 2],
      Uint8Array.from({ length: 12 }, (_, i) => i),
    );
    await writeFile(join(folder, name(part, 'images', 3)), pack(images));
    await writeFile(join(folder, name(part, 'labels', 1)), pack(idx([3], Uint8Array.from(labels))));
  }
}

const read = async (path: string) => await idxReaders.folder(path, () => true, new PixelMemory());

describe('IDX files are found and read', () => {
  test.each<[string, Files]>([
    ['with dots, as unpacking programs write', { name: (p, w, d) => `${p}-${w}.idx${d}-ubyte` }],
    [
      'with the prefix of EMNIST',
      {
        name: (p, w, d) => `emnist-digits-${official(p === 't10k' ? 'test' : p, w, d)}.gz`,
        pack: gzipSync,
      },
    ],
    ['in MNIST/raw, from the root of torchvision', { below: 'MNIST/raw' }],
    ['in raw', { below: 'raw' }],
    ['packed under a plain name', { pack: gzipSync }],
    ['plain under a packed name', { name: (...parts) => `${official(...parts)}.gz` }],
  ])('%s', async (_case, files) => {
    await using dir = await temporaryFolder();
    await write(dir.path, files);
    expect(await guessFormat(dir.path, 'folder')).toBe('idx');
    const { names, shards } = await read(dir.path);
    expect(names).toEqual(['train', 'test']);
    expect(shards.map(({ labels, classes }) => [[...labels], classes])).toEqual([
      [[0, 1, 2], 10],
      [[0, 1, 2], 10],
    ]);
    expect([...shards[0]!.pixels]).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(await idxReaders.files(dir.path)).toHaveLength(4);
  });
});

describe('the classes of IDX files', () => {
  test.each<[string, readonly number[], readonly number[], number, string[] | null]>([
    ['are ten for labels below 10', [9, 0, 3], [9, 0, 3], 10, null],
    ['are one more than the largest label from 10 on', [46, 0, 10], [46, 0, 10], 47, null],
    [
      'are numbered from 0 if the labels begin with 1, and have the labels as names',
      [1, 11, 3],
      [0, 10, 2],
      11,
      Array.from({ length: 11 }, (_, i) => String(i + 1)),
    ],
    [
      'stay those of files that were read before, with labels from 1 to 9',
      [1, 9, 2],
      [1, 9, 2],
      10,
      null,
    ],
  ])('%s', async (_case, given, labels, classes, classNames) => {
    await using dir = await temporaryFolder();
    await write(dir.path, { labels: given });
    const { shards } = await read(dir.path);
    expect(shards[0]).toMatchObject({ classes, classNames });
    expect([...shards[0]!.labels]).toEqual(labels);
  });
});

describe('the refusal of IDX files names', () => {
  test.each<[string, readonly string[], RegExp]>([
    [
      'a file whose name is nearly right',
      ['qmnist-train-labels-idx2-int'],
      /qmnist-train-labels-idx2-int has a name unlike those of IDX files/,
    ],
    [
      'images without labels',
      ['train-images-idx3-ubyte'],
      /train-images-idx3-ubyte has no file of labels next to it/,
    ],
    [
      'the data sets of a folder with several',
      ['a-train-images-idx3-ubyte', 'b-train-images-idx3-ubyte'],
      /files of several data sets: a, b/,
    ],
  ])('%s', async (_case, names, message) => {
    await using dir = await temporaryFolder();
    for (const name of names) await writeFile(join(dir.path, name), 'x');
    expect((await refusal(read(dir.path))).what).toMatch(message);
  });

  test('the type of numbers that are not bytes', async () => {
    await using dir = await temporaryFolder();
    await write(dir.path, {});
    const labels = idx([3], new Uint8Array(12));
    labels.writeUInt32BE(0x0c01);
    await writeFile(join(dir.path, 'train-labels-idx1-ubyte'), labels);
    expect((await refusal(read(dir.path))).what).toMatch(
      /has numbers of type int32; only unsigned bytes are read/,
    );
  });
});

import { createHash } from 'node:crypto';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { datasetInfo } from '../../../src/dataset/catalogue.ts';
import { imageFolder } from '../../../src/dataset/formats/image-folder.ts';
import { guessFormat } from '../../../src/dataset/formats/formats.ts';
import { PixelMemory } from '../../../src/dataset/bytes/pixel-memory.ts';
import { refusal, temporaryFolder } from '../support/fixtures.ts';
import { greyPng, pillowImage, pillowImages, pngChunk, writeTree } from '../support/images.ts';

const everything = (): boolean => true;
const read = (path: string, want: (name: string) => boolean = everything) =>
  imageFolder.folder(path, want, new PixelMemory());

describe('images in class folders', () => {
  test('PNG and JPEG images have the pixels that Pillow reads', async () => {
    await using dir = await temporaryFolder();
    const names = Object.keys(pillowImages) as (keyof typeof pillowImages)[];
    await writeTree(
      dir.path,
      Object.fromEntries(names.map((name) => [`c/${name}`, pillowImage(name)])),
    );
    const [shard] = (await read(dir.path)).shards;
    expect([shard!.channels, shard!.height, shard!.width]).toEqual([3, 6, 8]);
    // In H,W,C order, as Pillow has them.
    const digests = names.toSorted().map((_, index) => {
      const pixels = shard!.pixels.subarray(index * 144, (index + 1) * 144);
      const interleaved = Uint8Array.from(
        { length: 144 },
        (__, i) => pixels[(i % 3) * 48 + Math.floor(i / 3)]!,
      );
      return createHash('sha256').update(interleaved).digest('hex');
    });
    expect(digests).toEqual(names.toSorted().map((name) => pillowImages[name].pixels));
  });

  test('classes and images are numbered in the order of their names, and grey images have one channel', async () => {
    await using dir = await temporaryFolder();
    await writeTree(dir.path, {
      'dog/b.png': greyPng(3, 2, 30),
      'dog/a.PNG': greyPng(3, 2, 20),
      'Zebra/x.png': greyPng(3, 2, 10),
      'cat/.hidden/x.png': greyPng(9, 9, 1),
      'notes.txt': Buffer.from('x'),
      'dog/notes.txt': Buffer.from('x'),
    });
    await symlink('dog', join(dir.path, 'wolf'));
    const { names, shards, official } = await read(dir.path);
    expect([names, official]).toEqual([['all'], null]);
    const [shard] = shards;
    expect(shard!.classNames).toEqual(['Zebra', 'dog', 'wolf']);
    expect([...shard!.labels]).toEqual([0, 1, 1, 2, 2]);
    expect([shard!.channels, shard!.height, shard!.width]).toEqual([1, 2, 3]);
    expect([0, 6, 12].map((at) => shard!.pixels[at])).toEqual([10, 20, 30]);
  });

  test('a folder for each shard is detected, described, and read alone, with the classes of all shards', async () => {
    await using dir = await temporaryFolder();
    await writeTree(dir.path, {
      'train/cat/1.png': greyPng(3, 2, 10),
      'train/dog/1.png': greyPng(3, 2, 90),
      'test/dog/1.png': greyPng(3, 2, 70),
    });
    expect(await guessFormat(dir.path, 'folder')).toBe('images');
    const { names, shards } = await read(dir.path, (name) => name === 'test');
    expect(names.toSorted()).toEqual(['test', 'train']);
    expect(shards.map(({ name, classes, labels }) => [name, classes, ...labels])).toEqual([
      ['test', 2, 1],
    ]);
    const info = await datasetInfo(dir.path, '');
    expect([info.format, info.classNames, info.shards.map(({ count }) => count)]).toEqual([
      'images',
      ['cat', 'dog'],
      [1, 2],
    ]);
    expect((await imageFolder.files(dir.path)).toSorted()).toEqual(
      ['test/dog/1.png', 'train/cat/1.png', 'train/dog/1.png'].map((name) => join(dir.path, name)),
    );
  });
});

describe('an image folder is refused with the file and a fix', () => {
  const good = greyPng(8, 6, 5);
  const transparent = Buffer.alloc(6 * 17, 100);
  for (let row = 0; row < 6; row++) transparent[row * 17] = 0;
  test.each([
    [
      'of another size',
      greyPng(9, 6, 5),
      /has 9×6 pixels, but a\.png has 8×6.*1 of 2 differ/,
      /resize\(\(8, 6\)\)/,
    ],
    [
      'that is no image',
      Buffer.from('hello'),
      /is neither a PNG nor a JPEG/,
      /Convert it to PNG, or remove/,
    ],
    ['that is empty', Buffer.alloc(0), /is neither a PNG nor a JPEG/, /remove it/],
    ['that was cut off (PNG)', good.subarray(0, -5), /is cut off after/, /again/],
    [
      'that was cut off (JPEG)',
      pillowImage('colour.jpg').subarray(0, -20),
      /damaged JPEG image \(Premature end/,
      /again/,
    ],
    [
      'that is damaged',
      Buffer.concat([good.subarray(0, 45), Buffer.of(77), good.subarray(46)]),
      /checksum of IDAT is wrong/,
      /again/,
    ],
    [
      'with 16 bits per channel',
      greyPng(8, 6, 5, { depth: 16, rows: Buffer.alloc(6 * 17) }),
      /16 bits per channel/,
      /8 bits/,
    ],
    [
      'with transparent pixels',
      greyPng(8, 6, 5, { colourType: 4, rows: transparent }),
      /transparent pixels/,
      /convert\('RGB'\)/,
    ],
    [
      'with a transparent colour',
      greyPng(8, 6, 5, { extraChunks: [pngChunk('tRNS', Buffer.of(0, 5))] }),
      /transparent pixels/,
      /convert\('RGB'\)/,
    ],
    [
      'that announces too many pixels',
      greyPng(60_000, 60_000, 0),
      /60000×60000 pixels; the limit/,
      /Scale the images down/,
    ],
    [
      'that unpacks to gigabytes',
      greyPng(8, 6, 0, { rows: Buffer.alloc(70_000_000) }),
      /damaged PNG image/,
      /again/,
    ],
  ] as const)('for an image %s', async (_, bytes, what, fix) => {
    await using dir = await temporaryFolder();
    await writeTree(dir.path, { 'cat/a.png': good, 'dog/b.png': bytes });
    const error = await refusal(read(dir.path));
    expect([error.code, error.what, error.fix]).toEqual([
      'DATASET_INVALID',
      expect.stringMatching(what),
      expect.stringMatching(fix),
    ]);
    expect(error.what).toContain(join(dir.path, 'dog/b.png'));
  });

  test('for an image of another format', async () => {
    await using dir = await temporaryFolder();
    await writeTree(dir.path, { 'cat/a.png': good, 'cat/b.webp': good });
    expect((await refusal(read(dir.path))).what).toMatch(/cat\/b\.webp is an image of a format/);
  });

  test('for images without class folders', async () => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, 'a.png'), good);
    expect((await refusal(datasetInfo(dir.path, ''))).what).toMatch(/no folder for each class/);
  });
});

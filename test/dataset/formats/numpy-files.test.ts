import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { datasetInfo } from '../../../src/dataset/catalogue.ts';
import { numpyReaders } from '../../../src/dataset/formats/numpy-files.ts';
import { shardDigest } from '../../../src/dataset/shards/shard.ts';
import { PixelMemory } from '../../../src/dataset/bytes/pixel-memory.ts';
import { refusal, temporaryFolder } from '../support/fixtures.ts';
import { npy, npyBytes, npyLabels, npyLiteral, zip } from '../support/npy.ts';
import { hasNumpy, runPython } from '../support/pickles.ts';

const everything = (): boolean => true;
const readFile = (path: string) => numpyReaders.file(path, everything, new PixelMemory());

async function written(bytes: Uint8Array) {
  const dir = await temporaryFolder();
  const path = join(dir.path, 'x.npz');
  await writeFile(path, bytes);
  return { path, [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() };
}

describe('data sets saved with numpy', () => {
  test('arrays are matched to shards by the usual names', async () => {
    const labels = npyLabels([0, 1]);
    const images = npyBytes([2, 3, 4]);
    for (const [names, shardNames] of [
      [
        ['x_train', 'y_train', 'x_test', 'y_test'],
        ['test', 'train'],
      ],
      [
        ['train_images', 'train_labels', 'val_images', 'val_labels'],
        ['train', 'val'],
      ],
      [['X', 'Y'], ['all']],
      [['images', 'targets'], ['all']],
      [['data-a', 'labels-a', 'extra'], ['a']],
    ] as const) {
      const members = names.map((name) => [
        `${name}.npy`,
        /^[xX]|images|data|extra/.test(name) ? images : labels,
      ]);
      await using file = await written(zip(Object.fromEntries(members) as Record<string, Buffer>));
      expect((await readFile(file.path)).names).toEqual(shardNames);
    }
  });

  test('images are stored in C,H,W order whether channels are first, last or absent', async () => {
    const values = Uint8Array.from({ length: 2 * 5 * 6 * 3 }, (_, i) => i);
    const shape = async (sizes: readonly number[]) => {
      const members = {
        'x.npy': npy(npyLiteral('|u1', sizes), values),
        'y.npy': npyLabels([0, 6]),
      };
      await using file = await written(zip(members));
      return (await readFile(file.path)).shards[0]!;
    };
    const first = await shape([2, 3, 5, 6]);
    expect([first.channels, first.height, first.width, first.classes]).toEqual([3, 5, 6, 7]);
    expect([...first.pixels]).toEqual([...values]);
    const last = await shape([2, 5, 6, 3]);
    expect([last.channels, last.height, last.width]).toEqual([3, 5, 6]);
    // Image 1, channel 2, row 4, column 5.
    expect(last.pixels[90 + 2 * 30 + 4 * 6 + 5]).toBe(values[90 + (4 * 6 + 5) * 3 + 2]);
    const none = await shape([2, 9, 10]);
    expect([none.channels, none.height, none.width]).toEqual([1, 9, 10]);
  });

  test('archive and folder give the same shards, which `datasetInfo` describes', async () => {
    await using dir = await temporaryFolder();
    const folder = join(dir.path, 'folder');
    await mkdir(folder);
    const members = { 'x_train.npy': npyBytes([3, 4, 5], 1), 'y_train.npy': npyLabels([2, 0, 1]) };
    for (const [name, bytes] of Object.entries(members)) await writeFile(join(folder, name), bytes);
    const archive = join(dir.path, 'a.npz');
    await writeFile(archive, zip(members, { 'x_train.npy': { isDeflated: false } }));
    const [fromFolder, fromArchive] = [
      await numpyReaders.folder(folder, everything, new PixelMemory()),
      await readFile(archive),
    ];
    expect(fromArchive.shards.map(shardDigest)).toEqual(fromFolder.shards.map(shardDigest));
    const info = await datasetInfo(archive, '');
    expect([info.format, info.classes, info.shards[0]!.count]).toEqual(['numpy', 3, 3]);
    expect((await datasetInfo(folder, '')).shards[0]!.digest).toBe(
      shardDigest(fromFolder.shards[0]!),
    );
  });

  test.skipIf(!hasNumpy)(
    'archives that numpy itself saved are read (skipped without python3-numpy)',
    async () => {
      await using dir = await temporaryFolder();
      for (const save of ['savez', 'savez_compressed']) {
        const path = join(dir.path, `${save}.npz`);
        const sum = runPython(
          `x = np.random.default_rng(3).integers(0, 256, (50, 7, 8, 3), dtype=np.uint8)
y = np.arange(50) % 9
np.${save}(sys.argv[1], x_train=x, y_train=y.astype('>u2'), x_test=x[:9].transpose(0, 3, 1, 2).copy(), y_test=y[:9].reshape(-1, 1))
print(int(x.astype(np.int64)[:, :, :, 1].sum()), int(x[4, 5, 6, 2]))`,
          [path],
        );
        const { shards } = await readFile(path);
        const [test_, train] = shards;
        const green = train!.pixels.filter((_, i) => Math.floor(i / 56) % 3 === 1);
        const value = train!.pixels[4 * 168 + 2 * 56 + 5 * 8 + 6];
        expect(`${green.reduce((a, b) => a + b, 0)} ${value}`).toBe(sum.trim());
        expect([...train!.labels]).toEqual(Array.from({ length: 50 }, (_, i) => i % 9));
        expect(test_!.pixels).toEqual(train!.pixels.subarray(0, 9 * 168));
      }
    },
  );
});

describe('numpyReaders.file refuses', () => {
  const x = npyBytes([2, 3, 4]);
  const y = npyLabels([0, 1]);
  const values = new Uint8Array(24);
  const good = zip({ 'x.npy': x, 'y.npy': y });
  const ofImages = (images: Uint8Array): Buffer => zip({ 'x.npy': images, 'y.npy': y });
  const ofLabels = (labels: Uint8Array): Buffer => zip({ 'x.npy': x, 'y.npy': labels });
  const typed = (type: string, shape = [2, 3, 4], order = 'False'): Buffer =>
    ofImages(npy(npyLiteral(type, shape, order), values));
  const bomb = new Uint8Array(50_000_000);

  test.each([
    ['that was cut off', good.subarray(0, -1), /wrong format or is damaged.*is truncated/],
    ['that was padded', Buffer.concat([good, Buffer.of(0)]), /Invalid comment length/],
    ['without bytes', Buffer.alloc(0), /not a zip file/],
    ['of another type', typed('<f4', [2, 3]), /numbers of type <f4 from 0 to 0; pixels are u1/],
    ['of objects', typed('|O'), /values of type \|O, which are not numbers/],
    [
      'of records',
      ofImages(npy("{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (2,), }", values)),
      /does not describe a plain array/,
    ],
    [
      'of code',
      ofImages(npy("{'descr': __import__('os').system('true')}", values)),
      /does not describe a plain array/,
    ],
    [
      'in column order',
      typed('|u1', [2, 3, 4], 'True'),
      /member x.npy, is in column order \(Fortran\)/,
    ],
    ['of one axis', typed('|u1', [24]), /has the shape 24; images are N×H×W/],
    ['of two axes', typed('|u1', [2, 12]), /has the shape 2×12; images are/],
    [
      'with two possible axes of channels',
      typed('|u1', [2, 3, 4, 1]),
      /does not show whether channels/,
    ],
    ['with an empty array', typed('|u1', [0, 3, 4]), /which is empty or impossible/],
    [
      'with impossible sizes',
      typed('|u1', [2 ** 60, 3, 4]),
      /which is empty or impossible|bytes, but an array/,
    ],
    [
      'whose array is cut off',
      ofImages(x.subarray(0, -1)),
      /has 151 bytes, but an array of 2×3×4 \|u1 makes 152/,
    ],
    [
      'whose array is padded',
      ofImages(Buffer.concat([x, Buffer.of(0)])),
      /has 153 bytes, but an array/,
    ],
    [
      'whose member is not an array',
      ofImages(Buffer.from('hello, this is no array')),
      /is not a .npy file/,
    ],
    [
      'with a header of 4 GiB',
      ofImages(Buffer.from('\u0093NUMPY\u0002\0\u00ff\u00ff\u00ff\u00ff', 'latin1')),
      /a header of 4294967295 bytes/,
    ],
    ['with other labels', ofLabels(npyLabels([0, 1, 2])), /3 labels for the 2 images/],
    [
      'with too many labels',
      ofLabels(npy(npyLiteral('|u1', [2 ** 24 + 1]), new Uint8Array(2 ** 24 + 1))),
      /has 16777217 labels; the limit is 16777216/,
    ],
    ['with labels that are no list', ofLabels(npyBytes([2, 2])), /shape 2×2; labels are a list/],
    [
      'with labels of another type',
      ofLabels(npy(npyLiteral('<f8', [2]), new Uint8Array(16))),
      /numbers of type <f8; labels are whole/,
    ],
    [
      'with a label out of range',
      ofLabels(npyLabels([0, 256])),
      /label 256 in record 1: labels are 0 to 255/,
    ],
    ['with a label below 0', ofLabels(npyLabels([-1, 0])), /label -1 in record 0/],
    ['without labels', zip({ 'x.npy': x }), /no images with labels; its arrays are: x/],
    [
      'with two arrays of images for one shard',
      zip({ 'x.npy': x, 'data.npy': x, 'y.npy': y }),
      /both x and data for the shard all/,
    ],
    [
      'with a member outside its folder',
      zip({ '../x.npy': x, 'y.npy': y }),
      /invalid relative path: ..\/x.npy/,
    ],
    ['with an absolute member', zip({ '/x.npy': x }), /absolute path: \/x.npy/],
    [
      'with a member outside on Windows',
      zip({ 'a\\..\\x.npy': x }),
      /invalid characters in fileName/,
    ],
    [
      'with an encrypted member',
      zip({ 'x.npy': x, 'y.npy': y }, { 'x.npy': { flags: 1 } }),
      /member "x.npy" that is encrypted/,
    ],
    [
      'with another packing method',
      zip({ 'x.npy': x, 'y.npy': y }, { 'x.npy': { method: 12 } }),
      /packed by method 12/,
    ],
    [
      'with another checksum',
      zip({ 'x.npy': x, 'y.npy': y }, { 'x.npy': { crc32: 1 } }),
      /member x.npy, has another checksum/,
    ],
    [
      'with a damaged local header',
      zip({ 'x.npy': x, 'y.npy': y }, { 'y.npy': { localSignature: 0 } }),
      /member y.npy, .*invalid local file header signature/,
    ],
    [
      'that unpacks to more than it says',
      zip({ 'x.npy': bomb, 'y.npy': y }, { 'x.npy': { bytes: 152 } }),
      /too many bytes in the stream/,
    ],
    [
      'that unpacks to less than it says',
      zip({ 'x.npy': x, 'y.npy': y }, { 'x.npy': { bytes: 153 } }),
      /has 153 bytes, but/,
    ],
    [
      'with an impossible size of a member',
      zip({ 'x.npy': x, 'y.npy': y }, { 'x.npy': { bytes: 2 ** 31 } }),
      /of 2147483648 bytes, but its \d+ packed bytes cannot unpack to that/,
    ],
  ] as const)('a file %s', async (_, bytes, says) => {
    await using file = await written(bytes);
    const error = await refusal(readFile(file.path));
    expect([error.code, error.what]).toEqual(['DATASET_INVALID', expect.stringMatching(says)]);
    expect(error.what).toContain(file.path);
  });

  test('a folder without arrays, and one with a truncated file', async () => {
    await using dir = await temporaryFolder();
    const read = () => refusal(numpyReaders.folder(dir.path, everything, new PixelMemory()));
    expect((await read()).what).toMatch(/its arrays are: none/);
    await writeFile(join(dir.path, 'x.npy'), x.subarray(0, 100));
    await writeFile(join(dir.path, 'y.npy'), y);
    expect((await read()).what).toContain(join(dir.path, 'x.npy'));
  });
});

describe('files that other programs write are read', () => {
  test.each([
    [
      'sizes with L, as Python 2 writes',
      "{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 2L, 2L), }",
    ],
    ['keys in another order', "{'shape': (2, 2, 2), 'fortran_order': False, 'descr': '|u1'}"],
    ['double quotes', '{"descr": "|u1", "fortran_order": False, "shape": (2, 2, 2), }'],
  ])('a header with %s', async (_case, literal) => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, 'x.npy'), npy(literal, new Uint8Array(8)));
    await writeFile(join(dir.path, 'y.npy'), npyLabels([0, 1]));
    const { shards } = await numpyReaders.folder(dir.path, everything, new PixelMemory());
    expect(shards[0]).toMatchObject({ channels: 1, height: 2, width: 2, classes: 2 });
  });

  test('a folder with one .npz, whose members are in a folder of an archive', async () => {
    await using dir = await temporaryFolder();
    const members = {
      'data/x_train.npy': npyBytes([2, 2, 2]),
      'data/y_train.npy': npyLabels([0, 1]),
      '__MACOSX/data/._x_train.npy': Buffer.from('x'),
    };
    await writeFile(join(dir.path, 'images.npz'), zip(members));
    await writeFile(join(dir.path, 'README.md'), 'x');
    const read = async () => await numpyReaders.folder(dir.path, everything, new PixelMemory());
    expect((await read()).names).toEqual(['train']);
    await writeFile(join(dir.path, 'others.npz'), zip(members));
    expect((await refusal(read())).what).toContain('several .npz files: images.npz, others.npz');
  });
});

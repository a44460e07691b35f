import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { datasetInfo } from '../../../src/dataset/catalogue.ts';
import { readNpyFolder, readNpz } from '../../../src/dataset/formats/numpy-files.ts';
import { partDigest } from '../../../src/dataset/shards/shard.ts';
import { PixelMemory } from '../../../src/dataset/shards/pixel-memory.ts';
import { refusal, temporaryFolder } from '../support/fixtures.ts';
import { npy, npyBytes, npyLabels, npyLiteral, zip } from '../support/npy.ts';
import { hasNumpy, runPython } from '../support/pickles.ts';

const everything = (): boolean => true;
const readFile_ = (path: string) => readNpz(path, everything, new PixelMemory());

async function written(bytes: Uint8Array) {
  const dir = await temporaryFolder();
  const path = join(dir.path, 'x.npz');
  await writeFile(path, bytes);
  return { path, [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() };
}

describe('arrays saved from numpy', () => {
  test('make parts by their names, in the ways that people name them', async () => {
    const labels = npyLabels([0, 1]);
    const images = npyBytes([2, 3, 4]);
    for (const [names, parts] of [
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
      expect((await readFile_(file.path)).names).toEqual(parts);
    }
  });

  test('are laid out in C,H,W order, whether channels stand first, last or nowhere', async () => {
    const values = Uint8Array.from({ length: 2 * 5 * 6 * 3 }, (_, i) => i);
    const shape = async (sizes: readonly number[]) => {
      const members = {
        'x.npy': npy(npyLiteral('|u1', sizes), values),
        'y.npy': npyLabels([0, 6]),
      };
      await using file = await written(zip(members));
      return (await readFile_(file.path)).parts[0]!;
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

  test('are the same from an archive and from a folder, and told by `data info`', async () => {
    await using dir = await temporaryFolder();
    const folder = join(dir.path, 'folder');
    await mkdir(folder);
    const members = { 'x_train.npy': npyBytes([3, 4, 5], 1), 'y_train.npy': npyLabels([2, 0, 1]) };
    for (const [name, bytes] of Object.entries(members)) await writeFile(join(folder, name), bytes);
    const archive = join(dir.path, 'a.npz');
    await writeFile(archive, zip(members, { 'x_train.npy': { isDeflated: false } }));
    const [fromFolder, fromArchive] = [
      await readNpyFolder(folder, everything, new PixelMemory()),
      await readFile_(archive),
    ];
    expect(fromArchive.parts.map(partDigest)).toEqual(fromFolder.parts.map(partDigest));
    const info = await datasetInfo(archive, '');
    expect([info.format, info.classes, info.parts[0]!.count]).toEqual(['numpy', 3, 3]);
    expect((await datasetInfo(folder, '')).parts[0]!.digest).toBe(partDigest(fromFolder.parts[0]!));
  });

  test.skipIf(!hasNumpy)(
    'are read as numpy itself saves them (skipped without python3-numpy)',
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
        const { parts } = await readFile_(path);
        const [test_, train] = parts;
        const green = train!.pixels.filter((_, i) => Math.floor(i / 56) % 3 === 1);
        const value = train!.pixels[4 * 168 + 2 * 56 + 5 * 8 + 6];
        expect(`${green.reduce((a, b) => a + b, 0)} ${value}`).toBe(sum.trim());
        expect([...train!.labels]).toEqual(Array.from({ length: 50 }, (_, i) => i % 9));
        expect(test_!.pixels).toEqual(train!.pixels.subarray(0, 9 * 168));
      }
    },
  );
});

describe('a file that numpy would not have written so is refused:', () => {
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
    ['cut off', good.subarray(0, -1), /no directory at its end/],
    ['padded', Buffer.concat([good, Buffer.of(0)]), /no directory at its end/],
    ['empty', Buffer.alloc(0), /no directory at its end/],
    ['of another type', typed('<f4', [2, 3]), /numbers of type <f4; pixels are u1/],
    ['of objects', typed('|O'), /values of type \|O, no numbers/],
    [
      'of records',
      ofImages(npy("{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (2,), }", values)),
      /describes no plain array/,
    ],
    [
      'of code',
      ofImages(npy("{'descr': __import__('os').system('true')}", values)),
      /describes no plain array/,
    ],
    [
      'in column order',
      typed('|u1', [2, 3, 4], 'True'),
      /member x.npy, is in column order \(Fortran\)/,
    ],
    ['of one axis', typed('|u1', [24]), /has the shape 24; images are N×H×W/],
    ['of two axes', typed('|u1', [2, 12]), /has the shape 2×12; images are/],
    ['of channels in doubt', typed('|u1', [2, 3, 4, 1]), /does not tell whether channels/],
    ['of nothing', typed('|u1', [0, 3, 4]), /which holds nothing/],
    [
      'of sizes beyond numbers',
      typed('|u1', [2 ** 60, 3, 4]),
      /which holds nothing|bytes, but an array/,
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
      'whose array is none',
      ofImages(Buffer.from('hello, this is no array')),
      /does not start as a .npy file/,
    ],
    [
      'whose header never ends',
      ofImages(Buffer.from('\u0093NUMPY\u0002\0\u00ff\u00ff\u00ff\u00ff', 'latin1')),
      /a header of 4294967295 bytes/,
    ],
    ['with other labels', ofLabels(npyLabels([0, 1, 2])), /3 labels for the 2 images/],
    [
      'with more labels than images could be',
      ofLabels(npy(npyLiteral('|u1', [2 ** 24 + 1]), new Uint8Array(2 ** 24 + 1))),
      /has 16777217 labels; more than 16777216 are not read/,
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
    ['without labels', zip({ 'x.npy': x }), /no images with labels: its arrays are x/],
    [
      'of two kinds of images',
      zip({ 'x.npy': x, 'data.npy': x, 'y.npy': y }),
      /both x and data for the part all/,
    ],
    [
      'of a member outside',
      zip({ '../x.npy': x, 'y.npy': y }),
      /"..\/x.npy" that would lie outside/,
    ],
    ['of an absolute member', zip({ '/x.npy': x }), /would lie outside/],
    ['of a member outside on Windows', zip({ 'a\\..\\x.npy': x }), /would lie outside/],
    [
      'encrypted',
      zip({ 'x.npy': x, 'y.npy': y }, { 'x.npy': { flags: 1 } }),
      /encrypted member "x.npy"/,
    ],
    [
      'packed otherwise',
      zip({ 'x.npy': x, 'y.npy': y }, { 'x.npy': { method: 12 } }),
      /packed by method 12/,
    ],
    [
      'with another checksum',
      zip({ 'x.npy': x, 'y.npy': y }, { 'x.npy': { crc32: 1 } }),
      /member x.npy, does not have its checksum/,
    ],
    [
      'with another local name',
      zip({ 'x.npy': x, 'y.npy': y }, { 'y.npy': { localName: 'z.npy' } }),
      /member y.npy, has no header at byte/,
    ],
    [
      'that unpacks to more than it says',
      zip({ 'x.npy': bomb, 'y.npy': y }, { 'x.npy': { bytes: 152 } }),
      /unpacks to more than the 152 bytes|does not start/,
    ],
    [
      'that says more than it unpacks to',
      zip({ 'x.npy': x, 'y.npy': y }, { 'x.npy': { bytes: 153 } }),
      /bytes instead of 153|has 153 bytes, but/,
    ],
    [
      'that says more than deflate can',
      zip({ 'x.npy': x, 'y.npy': y }, { 'x.npy': { bytes: 2 ** 31 } }),
      /packed bytes cannot unpack to the 2147483648/,
    ],
  ] as const)('%s', async (_, bytes, says) => {
    await using file = await written(bytes);
    const error = await refusal(readFile_(file.path));
    expect([error.code, error.what]).toEqual(['DATASET_INVALID', expect.stringMatching(says)]);
    expect(error.what).toContain(file.path);
  });

  test('a folder without arrays, and one whose file is cut off', async () => {
    await using dir = await temporaryFolder();
    const read = () => refusal(readNpyFolder(dir.path, everything, new PixelMemory()));
    expect((await read()).what).toMatch(/its arrays are none/);
    await writeFile(join(dir.path, 'x.npy'), x.subarray(0, 100));
    await writeFile(join(dir.path, 'y.npy'), y);
    expect((await read()).what).toContain(join(dir.path, 'x.npy'));
  });
});

import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assembleData } from '../../src/dataset/splits/assemble.ts';
import { openDataset } from '../../src/dataset/open-dataset.ts';
import { partDigest } from '../../src/dataset/shards/shard.ts';
import { datasetKey } from '../../src/study/spec/dataset-reference.ts';
import type { DatasetFormat, DatasetSpec } from '../../src/study/spec/study-spec.ts';
import {
  cifarFile,
  cifarFolder,
  cifarSpec,
  count,
  idx,
  parts,
  refusal,
  temporaryFolder,
} from './support/fixtures.ts';

const digitsSpec = (train: number, validation: number, test: number | null): DatasetSpec => ({
  source: { kind: 'named', name: 'digits' },
  train: count(train),
  validation: count(validation),
  test: test === null ? null : count(test),
});

const threeFiles = {
  data_batch_1: cifarFile(6, 1),
  data_batch_2: cifarFile(5, 2),
  test_batch: cifarFile(4, 3),
};

describe('digits', () => {
  test('is embedded and is what scikit-learn loads', async () => {
    const opened = await openDataset(digitsSpec(1000, 397, 400), { dataDir: '/nonexistent' });
    const [part] = opened.parts;
    // numpy over sklearn.datasets.load_digits(): bincount(target), data.mean(), images[0][0], images[1796].sum()
    const classCounts = Array.from(
      { length: 10 },
      (_, c) => part!.labels.filter((label) => label === c).length,
    );
    expect(classCounts).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    expect(part!.pixels.reduce((a, b) => a + b, 0)).toBe(561_718);
    expect([...part!.pixels.subarray(0, 8)]).toEqual([0, 0, 5, 13, 9, 1, 0, 0]);
    expect([...part!.labels.subarray(0, 10)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([part!.channels, part!.height, part!.width, part!.pixelMax]).toEqual([1, 8, 8, 16]);
    expect([opened.official, opened.source]).toEqual([true, 'embedded in Ridgeline']);
  });

  test('is drawn by count, the same for search and test', async () => {
    const opened = await openDataset(digitsSpec(1000, 397, 400), { dataDir: '/nonexistent' });
    const search = assembleData(opened.reference(7, 'search'), opened.parts);
    const again = assembleData(opened.reference(7, 'test'), opened.parts);
    expect(again.train.records).toEqual(search.train.records);
    expect(
      new Set([...search.train.records, ...search.validation.records, ...search.test!.records])
        .size,
    ).toBe(1797);
  });
});

describe('a data set of named parts', () => {
  test('tells workers of the test parts only where the test set is measured', async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, threeFiles);
    const spec = cifarSpec(parts('data_batch_2'), parts('data_batch_1'), parts('test_batch'));
    const opened = await openDataset(spec, { dataDir: dir.path });
    expect(opened.source).toBe(folder);
    expect(opened.official).toBe(false);
    expect(opened.counts).toEqual({ train: 5, validation: 6, test: 4 });
    const names = (use: 'search' | 'test') =>
      opened.reference(1, use).parts.map((part) => part.name);
    expect(names('search')).toEqual(['data_batch_1', 'data_batch_2']);
    expect(names('test')).toEqual(['data_batch_1', 'data_batch_2', 'test_batch']);
    expect(opened.reference(1, 'test').parts.map((part) => part.digest)).toEqual(
      opened.parts.map(partDigest),
    );
    expect(opened.reference(1, 'test').parts.map((part) => part.bytes)).toEqual(
      [6, 5, 4].map(
        (records) => `ridgeline-part-1 ${records} 3 32 32 10 255\n`.length + records * 3073,
      ),
    );

    const searchParts = opened.parts.slice(0, 2);
    const data = assembleData(opened.reference(1, 'search'), searchParts);
    expect(data.test).toBeNull();
    expect([...data.train.records]).toEqual([6, 7, 8, 9, 10]);
    // Nothing is drawn: the seed must not make two data sets of one.
    expect(datasetKey(opened.reference(1, 'search'))).toBe(
      datasetKey(opened.reference(2, 'search')),
    );
  });

  test('is read from the folder rather than the archive, and from the archive where there is no folder', async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, threeFiles);
    const archive = join(dir.path, 'cifar-10-binary.tar.gz');
    execFileSync('tar', ['czf', archive, '-C', dir.path, 'cifar-10-batches-bin']);
    const spec = cifarSpec(parts('data_batch_1'), parts('data_batch_2'), parts('test_batch'));
    const fromFolder = await openDataset(spec, { dataDir: dir.path });
    await rm(folder, { recursive: true });
    const fromArchive = await openDataset(spec, { dataDir: dir.path });
    expect([fromFolder.source, fromArchive.source]).toEqual([folder, archive]);
    expect(datasetKey(fromArchive.reference(1, 'test'))).toBe(
      datasetKey(fromFolder.reference(1, 'test')),
    );
  });

  test("never draws counts from the release's test batch, nor from named parts", async () => {
    await using dir = await temporaryFolder();
    await cifarFolder(dir.path, threeFiles);
    const all = await openDataset(cifarSpec(count(8), count(3), null), { dataDir: dir.path });
    expect(all.parts.map((part) => part.name)).toEqual(['data_batch_1', 'data_batch_2']);
    const mixed = await openDataset(
      cifarSpec(count(5), parts('data_batch_1'), parts('test_batch')),
      { dataDir: dir.path },
    );
    const { train } = assembleData(mixed.reference(1, 'test'), mixed.parts);
    expect([...train.records].toSorted((a, b) => a - b)).toEqual([6, 7, 8, 9, 10]);
  });

  test("is read from a path of the user's own", async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, {
      mine: cifarFile(3, 1),
      yours: cifarFile(2, 2),
      test_extra: cifarFile(9, 3),
    });
    await mkdir(join(folder, 'before.bin')); // No file, whatever it is called.
    const source = { kind: 'path', path: folder, format: 'cifar10-binary' } as const;
    const named = await openDataset(
      { source, train: parts('mine'), validation: parts('yours'), test: null },
      { dataDir: '' },
    );
    expect([named.official, named.counts.train]).toEqual([false, 3]);
    const drawn = await openDataset(
      { source, train: count(4), validation: count(1), test: null },
      { dataDir: '' },
    );
    expect(drawn.parts.map((part) => part.name)).toEqual(['mine', 'yours']);
  });

  test('is read from IDX files, gzipped or not', async () => {
    await using dir = await temporaryFolder();
    const folder = join(dir.path, 'mnist');
    await mkdir(folder);
    const images = Uint8Array.from({ length: 60 }, (_, i) => i * 4);
    await writeFile(join(folder, 'train-images-idx3-ubyte'), idx([5, 4, 3], images));
    await writeFile(
      join(folder, 'train-labels-idx1-ubyte'),
      idx([5], new Uint8Array([9, 0, 1, 2, 3])),
    );
    execFileSync('gzip', [join(folder, 'train-images-idx3-ubyte')]);
    const spec = {
      source: { kind: 'named', name: 'mnist' },
      train: count(3),
      validation: count(2),
      test: null,
    } as const;
    const opened = await openDataset(spec, { dataDir: dir.path });
    const [part] = opened.parts;
    expect([part!.channels, part!.height, part!.width, part!.classes]).toEqual([1, 4, 3, 10]);
    expect([...part!.labels]).toEqual([9, 0, 1, 2, 3]);
    expect([...part!.pixels]).toEqual([...images]);
    expect(opened.official).toBeNull();

    for (const [labels, says] of [
      [idx([5], new Uint8Array([9, 0, 10, 2, 3])), /label 10 in record 2, at byte 10/],
      [
        idx([5], new Uint8Array(4)),
        /says that it has 5 values, 13 bytes with its header, but holds 12/,
      ],
      [idx([5], new Uint8Array(6)), /goes on behind its end, at byte 13/],
      [idx([4], new Uint8Array(4)), /4 labels for the 5 images/],
      [
        idx([5, 1], new Uint8Array(5)),
        /does not start as an IDX file of unsigned bytes in 1 dimensions/,
      ],
      [Buffer.from([0, 0, 8]), /cut off after 3 bytes: 5 more belong there/],
    ] as const) {
      await writeFile(join(folder, 'train-labels-idx1-ubyte'), labels);
      const error = await refusal(openDataset(spec, { dataDir: dir.path }));
      expect(error.code).toBe('DATASET_INVALID');
      expect(error.what).toMatch(says);
    }
  });
});

describe('a study whose data cannot be had is refused', () => {
  const open = (spec: DatasetSpec, dataDir = '/nonexistent') =>
    refusal(openDataset(spec, { dataDir }));
  const named = (name: string): DatasetSpec => ({
    ...digitsSpec(1, 1, null),
    source: { kind: 'named', name },
  });

  test.each([
    ['cifar-10', 'cifar10'],
    ['CIFAR10', 'cifar10'],
    ['digit', 'digits'],
    ['fashion_mnist', 'fashion-mnist'],
  ])('an unknown data set: %s is answered with %s', async (name, meant) => {
    const error = await open(named(name));
    expect([error.code, error.what]).toEqual([
      'DATASET_UNKNOWN',
      expect.stringContaining(`did you mean ${meant}?`),
    ]);
    expect(error.fix).toContain('digits, cifar10, fashion-mnist, mnist');
  });

  test('an unknown data set that is like no other gets the list alone', async () => {
    expect((await open(named('imagenet'))).what).not.toContain('did you mean');
  });

  test('a data set that is not there: both ways to get it, and where it was looked for', async () => {
    const error = await open(
      cifarSpec(parts('data_batch_1'), parts('data_batch_2'), null),
      '/nonexistent/data',
    );
    expect(error.code).toBe('DATASET_MISSING');
    expect(error.what).toContain('/nonexistent/data/cifar-10-batches-bin');
    expect(error.what).toContain('/nonexistent/data/cifar-10-binary.tar.gz');
    expect(error.fix).toMatch(/ridgeline data fetch cifar10.*--data-dir or RIDGELINE_DATA/);
  });

  test('parts that overlap, before anything is read', async () => {
    const both = await open(cifarSpec(parts('data_batch_1'), parts('data_batch_1'), null));
    expect([both.code, both.what]).toEqual([
      'STUDY_INVALID',
      expect.stringContaining('dataset.train and dataset.validation both name data_batch_1'),
    ]);
    const test_ = await open(
      cifarSpec(parts('data_batch_1'), parts('test_batch'), parts('test_batch')),
    );
    expect(test_.what).toContain('dataset.validation and dataset.test both name test_batch');
    const twice = await open(
      cifarSpec(parts('data_batch_1', 'data_batch_1'), parts('test_batch'), null),
    );
    expect(twice.what).toContain('dataset.train names data_batch_1 twice');
  });

  test('a part that the release does not have, and one that this copy does not have', async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, threeFiles);
    const unknown = await open(
      cifarSpec(parts('data_batch_6'), parts('data_batch_2'), null),
      dir.path,
    );
    expect([unknown.code, unknown.what]).toEqual([
      'STUDY_INVALID',
      expect.stringContaining('dataset.train names "data_batch_6"'),
    ]);
    expect(unknown.what).toContain(
      'data_batch_1, data_batch_2, data_batch_3, data_batch_4, data_batch_5, test_batch',
    );
    const absent = await open(
      cifarSpec(parts('data_batch_4'), parts('data_batch_2'), null),
      dir.path,
    );
    expect(absent.code).toBe('DATASET_MISSING');
    expect(absent.what).toContain(
      `${folder} holds data_batch_1, data_batch_2, test_batch, but not data_batch_4 (dataset.train)`,
    );
  });

  test('more records than there are', async () => {
    const error = await open(digitsSpec(1500, 298, null));
    expect(error.code).toBe('STUDY_INVALID');
    expect(error.what).toMatch(
      /ask for 1798 records \(train 1500, validation 298\), but digits has 1797 to draw from/,
    );
    expect(error.fix).toMatch(/^Lower the counts to 1797 records/);
    expect((await openDataset(digitsSpec(1500, 297, null), { dataDir: '' })).counts.train).toBe(
      1500,
    );
  });

  test('a path that is not there, of the wrong kind, or in no format that is known', async () => {
    await using dir = await temporaryFolder();
    const at = (path: string, format: DatasetFormat): DatasetSpec => ({
      ...digitsSpec(1, 1, null),
      source: { kind: 'path', path, format },
    });
    expect((await open(at(join(dir.path, 'absent'), 'cifar10-binary'))).code).toBe(
      'DATASET_MISSING',
    );
    const unknown = await open(at(dir.path, 'auto'));
    expect(unknown.what).toContain('holds no files of a format that is known');
    expect(unknown.fix).toContain('cifar10-binary, cifar10-python, idx, numpy');
    await writeFile(join(dir.path, 'file'), 'x');
    expect((await open(at(join(dir.path, 'file'), 'idx'))).what).toMatch(
      /is a file, but the format idx is read from a folder/,
    );
  });
});

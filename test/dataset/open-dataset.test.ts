import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assembleData } from '../../src/dataset/splits/assemble.ts';
import { openDataset } from '../../src/dataset/open-dataset.ts';
import { shardDigest } from '../../src/dataset/shards/shard.ts';
import { datasetKey } from '../../src/study/spec/dataset-reference.ts';
import type { DatasetFormat, DatasetSpec } from '../../src/study/spec/study-spec.ts';
import {
  cifarFile,
  cifarFolder,
  cifarSpec,
  count,
  idx,
  shards,
  refusal,
  temporaryFolder,
} from './support/fixtures.ts';

const digitsSpec = (train: number, validation: number, test?: number): DatasetSpec => ({
  name: 'digits',
  train: count(train),
  validation: count(validation),
  test: test === undefined ? undefined : count(test),
  stratify: false,
});

const threeFiles = {
  data_batch_1: cifarFile(6, 1),
  data_batch_2: cifarFile(5, 2),
  test_batch: cifarFile(4, 3),
};

describe('openDataset of digits', () => {
  test('digits is embedded and equals the data that scikit-learn loads', async () => {
    const opened = await openDataset(digitsSpec(1000, 397, 400), { dataDir: '/nonexistent' });
    const [shard] = opened.shards;
    // numpy over sklearn.datasets.load_digits(): bincount(target), data.mean(), images[0][0], images[1796].sum()
    const classCounts = Array.from(
      { length: 10 },
      (_, c) => shard!.labels.filter((label) => label === c).length,
    );
    expect(classCounts).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    expect(shard!.pixels.reduce((a, b) => a + b, 0)).toBe(561_718);
    expect([...shard!.pixels.subarray(0, 8)]).toEqual([0, 0, 5, 13, 9, 1, 0, 0]);
    expect([...shard!.labels.subarray(0, 10)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([shard!.channels, shard!.height, shard!.width, shard!.pixelMax]).toEqual([1, 8, 8, 16]);
    expect([opened.official, opened.source]).toEqual([true, 'embedded in Ridgeline']);
  });

  test('splits of digits by count are the same for search and test', async () => {
    const opened = await openDataset(digitsSpec(1000, 397, 400), { dataDir: '/nonexistent' });
    const search = assembleData(opened.reference(7, 'search'), opened.shards);
    const again = assembleData(opened.reference(7, 'test'), opened.shards);
    expect(again.train.records).toEqual(search.train.records);
    expect(
      new Set([...search.train.records, ...search.validation.records, ...search.test!.records])
        .size,
    ).toBe(1797);
  });
});

describe('openDataset of files', () => {
  test('the reference has the test shards only if the test set is measured', async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, threeFiles);
    const spec = cifarSpec(shards('data_batch_2'), shards('data_batch_1'), shards('test_batch'));
    const opened = await openDataset(spec, { dataDir: dir.path });
    expect(opened.source).toBe(folder);
    expect(opened.official).toBe(false);
    expect(opened.counts).toEqual({ train: 5, validation: 6, test: 4 });
    const names = (use: 'search' | 'test') =>
      opened.reference(1, use).shards.map((shard) => shard.name);
    expect(names('search')).toEqual(['data_batch_1', 'data_batch_2']);
    expect(names('test')).toEqual(['data_batch_1', 'data_batch_2', 'test_batch']);
    expect(opened.reference(1, 'test').shards.map((shard) => shard.digest)).toEqual(
      opened.shards.map(shardDigest),
    );
    expect(opened.reference(1, 'test').shards.map((shard) => shard.bytes)).toEqual(
      [6, 5, 4].map(
        (records) => `ridgeline-part-1 ${records} 3 32 32 10 255\n`.length + records * 3073,
      ),
    );

    const searchParts = opened.shards.slice(0, 2);
    const data = assembleData(opened.reference(1, 'search'), searchParts);
    expect(data.test).toBeNull();
    expect([...data.train.records]).toEqual([6, 7, 8, 9, 10]);
    // Nothing is drawn, so the seed must not change the key.
    expect(datasetKey(opened.reference(1, 'search'))).toBe(
      datasetKey(opened.reference(2, 'search')),
    );
  });

  test('a folder is preferred to an archive, which is read if there is no folder', async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, threeFiles);
    const archive = join(dir.path, 'cifar-10-binary.tar.gz');
    execFileSync('tar', ['czf', archive, '-C', dir.path, 'cifar-10-batches-bin']);
    const spec = cifarSpec(shards('data_batch_1'), shards('data_batch_2'), shards('test_batch'));
    const fromFolder = await openDataset(spec, { dataDir: dir.path });
    await rm(folder, { recursive: true });
    const fromArchive = await openDataset(spec, { dataDir: dir.path });
    expect([fromFolder.source, fromArchive.source]).toEqual([folder, archive]);
    expect(datasetKey(fromArchive.reference(1, 'test'))).toBe(
      datasetKey(fromFolder.reference(1, 'test')),
    );
  });

  test('counts are never drawn from reserved or named shards', async () => {
    await using dir = await temporaryFolder();
    await cifarFolder(dir.path, threeFiles);
    const all = await openDataset(cifarSpec(count(8), count(3)), { dataDir: dir.path });
    expect(all.shards.map((shard) => shard.name)).toEqual(['data_batch_1', 'data_batch_2']);
    const mixed = await openDataset(
      cifarSpec(count(5), shards('data_batch_1'), shards('test_batch')),
      { dataDir: dir.path },
    );
    const { train } = assembleData(mixed.reference(1, 'test'), mixed.shards);
    expect([...train.records].toSorted((a, b) => a - b)).toEqual([6, 7, 8, 9, 10]);
  });

  test("a data set is read from the user's own path", async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, {
      mine: cifarFile(3, 1),
      yours: cifarFile(2, 2),
      test_extra: cifarFile(9, 3),
    });
    await mkdir(join(folder, 'before.bin')); // A folder is not a file, whatever its name.
    const place = { path: folder, format: 'cifar10-binary', stratify: false } as const;
    const named = await openDataset(
      { ...place, train: shards('mine'), validation: shards('yours') },
      { dataDir: '' },
    );
    expect([named.official, named.counts.train]).toEqual([false, 3]);
    const drawn = await openDataset(
      { ...place, train: count(4), validation: count(1) },
      { dataDir: '' },
    );
    expect(drawn.shards.map((shard) => shard.name)).toEqual(['mine', 'yours']);
  });

  test('IDX files are read plain and gzipped, and damaged ones are refused', async () => {
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
      name: 'mnist',
      train: count(3),
      validation: count(2),
      stratify: false,
    } as const;
    const opened = await openDataset(spec, { dataDir: dir.path });
    const [shard] = opened.shards;
    expect([shard!.channels, shard!.height, shard!.width, shard!.classes]).toEqual([1, 4, 3, 10]);
    expect([...shard!.labels]).toEqual([9, 0, 1, 2, 3]);
    expect([...shard!.pixels]).toEqual([...images]);
    expect(opened.official).toBeNull();

    for (const [labels, says] of [
      [
        idx([5], new Uint8Array(4)),
        /header for 5 values, 13 bytes with the header, but contains at most 12/,
      ],
      [idx([5], new Uint8Array(6)), /has extra bytes after its end, at byte 13/],
      [idx([4], new Uint8Array(4)), /4 labels for the 5 images/],
      [idx([5, 1], new Uint8Array(5)), /has 2 dimensions; labels have 1/],
      [Buffer.from([0, 0, 8]), /cut off after 3 bytes: 5 more are missing/],
    ] as const) {
      await writeFile(join(folder, 'train-labels-idx1-ubyte'), labels);
      const error = await refusal(openDataset(spec, { dataDir: dir.path }));
      expect(error.code).toBe('DATASET_INVALID');
      expect(error.what).toMatch(says);
    }
  });
});

describe('openDataset refuses', () => {
  const open = (spec: DatasetSpec, dataDir = '/nonexistent') =>
    refusal(openDataset(spec, { dataDir }));
  // A study file with an unknown name is refused earlier; other callers pass any text.
  const named = (name: string): DatasetSpec => ({
    ...digitsSpec(1, 1),
    name: name as 'digits',
  });

  test.each([
    ['cifar-10', 'cifar10'],
    ['CIFAR10', 'cifar10'],
    ['digit', 'digits'],
    ['fashion_mnist', 'fashion-mnist'],
  ])('an unknown data set %s with the suggestion %s', async (name, meant) => {
    const error = await open(named(name));
    expect([error.code, error.what]).toEqual([
      'DATASET_UNKNOWN',
      expect.stringContaining(`Did you mean ${meant}?`),
    ]);
    expect(error.fix).toContain('digits, cifar10, fashion-mnist, mnist');
  });

  test('an unknown data set without a similar name with the list of all', async () => {
    expect((await open(named('imagenet'))).what).not.toContain('Did you mean');
  });

  test('an absent data set with the searched paths, and suggests `data fetch` or --data-dir', async () => {
    await using dir = await temporaryFolder();
    const spec = cifarSpec(shards('data_batch_1'), shards('data_batch_2'));
    const error = await open(spec, dir.path);
    expect(error.code).toBe('DATASET_MISSING');
    expect(error.what).toContain(`${dir.path}/cifar-10-batches-bin`);
    expect(error.what).toContain(`${dir.path}/cifar-10-binary.tar.gz`);
    expect(error.fix).toMatch(/ridgeline data fetch cifar10.*--data-dir or RIDGELINE_DATA/);
  });

  test('a data directory that does not exist, or that is the archive or folder of the data set itself', async () => {
    const spec = cifarSpec(shards('data_batch_1'), shards('data_batch_2'));
    const absent = await open(spec, '/nonexistent/data');
    expect(absent.what).toContain('the data directory /nonexistent/data does not exist');
    await using dir = await temporaryFolder();
    const archive = join(dir.path, 'cifar-10-binary.tar.gz');
    await writeFile(archive, 'x');
    for (const [path, kind] of [
      [archive, 'archive'],
      [await cifarFolder(dir.path, threeFiles), 'folder'],
    ] as const) {
      const error = await open(spec, path);
      expect(error.what).toContain(`${path} is the ${kind} of cifar10 itself`);
      expect(error.fix).toContain(`--data-dir ${dir.path} `);
    }
  });

  test('files that are not where the study has them, unless the data directory has them', async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, threeFiles);
    const spec = { ...cifarSpec(shards('data_batch_1'), shards('data_batch_2')), name: undefined };
    const gone = { ...spec, path: '/nonexistent/cifar-10-batches-bin' };
    expect((await openDataset(gone, { dataDir: dir.path })).source).toBe(folder);
    const error = await open(gone, '/nonexistent/other');
    expect(error).toMatchObject({
      code: 'DATASET_MISSING',
      what: expect.stringContaining('/nonexistent/other/cifar-10-batches-bin'),
      fix: expect.stringContaining('--data-dir'),
    });
  });

  test('overlapping shards before anything is read', async () => {
    const both = await open(cifarSpec(shards('data_batch_1'), shards('data_batch_1')));
    expect([both.code, both.what]).toEqual([
      'STUDY_INVALID',
      expect.stringContaining('dataset.train and dataset.validation both name data_batch_1'),
    ]);
    const test_ = await open(
      cifarSpec(shards('data_batch_1'), shards('test_batch'), shards('test_batch')),
    );
    expect(test_.what).toContain('dataset.validation and dataset.test both name test_batch');
    const twice = await open(
      cifarSpec(shards('data_batch_1', 'data_batch_1'), shards('test_batch')),
    );
    expect(twice.what).toContain('dataset.train names data_batch_1 twice');
  });

  test('shards that the release or the local copy does not have', async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, threeFiles);
    const unknown = await open(cifarSpec(shards('data_batch_6'), shards('data_batch_2')), dir.path);
    expect([unknown.code, unknown.what]).toEqual([
      'STUDY_INVALID',
      expect.stringContaining('dataset.train names "data_batch_6"'),
    ]);
    expect(unknown.what).toContain(
      'data_batch_1, data_batch_2, data_batch_3, data_batch_4, data_batch_5, test_batch',
    );
    const absent = await open(cifarSpec(shards('data_batch_4'), shards('data_batch_2')), dir.path);
    expect(absent.code).toBe('DATASET_MISSING');
    expect(absent.what).toContain(
      `${folder} contains data_batch_1, data_batch_2, test_batch, but not data_batch_4 (dataset.train)`,
    );
  });

  test('counts above the number of records', async () => {
    const error = await open(digitsSpec(1500, 298));
    expect(error.code).toBe('STUDY_INVALID');
    expect(error.what).toMatch(
      /request 1798 records \(train 1500, validation 298\), but digits has 1797 records to draw from/,
    );
    expect(error.fix).toMatch(/^Lower the counts to 1797 records/);
    expect((await openDataset(digitsSpec(1500, 297), { dataDir: '' })).counts.train).toBe(1500);
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, threeFiles);
    const missing = await open(cifarSpec(count(45_000), count(5000)), dir.path);
    expect([missing.code, missing.what]).toEqual([
      'DATASET_MISSING',
      expect.stringContaining(
        `to draw from: data_batch_3, data_batch_4 and data_batch_5 are missing from ${folder}.`,
      ),
    ]);
    expect(missing.fix).toMatch(/^Add the missing files, or lower the counts to \d+ records/);
  });

  test('a path that is absent, of the wrong kind, or of an unknown format', async () => {
    await using dir = await temporaryFolder();
    const at = (path: string, format: DatasetFormat): DatasetSpec => ({
      ...digitsSpec(1, 1),
      path,
      format,
    });
    expect((await open(at(join(dir.path, 'absent'), 'cifar10-binary'))).code).toBe(
      'DATASET_MISSING',
    );
    const unknown = await open(at(dir.path, 'auto'));
    expect(unknown.what).toContain('contains no files of a known format');
    expect(unknown.fix).toContain('cifar10-binary, cifar10-python, idx, numpy');
    await writeFile(join(dir.path, 'file'), 'x');
    expect((await open(at(join(dir.path, 'file'), 'idx'))).what).toMatch(
      /is a file, but the format idx is read from a folder/,
    );
  });
});

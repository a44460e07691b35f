import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { datasetInfo, listDatasets } from '../../src/dataset/catalogue.ts';
import { importDataset } from '../../src/dataset/download/import.ts';
import { python2Batch } from './support/pickles.ts';
import { cifarFile, cifarFolder, refusal, temporaryFolder } from './support/fixtures.ts';

const files = { data_batch_1: cifarFile(20, 1), test_batch: cifarFile(10, 2) };

describe('listDatasets', () => {
  test('tells what is there, what is not, and where it was looked for', async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, files);
    const [digits, cifar10, fashion, mnist, ...more] = await listDatasets(dir.path);
    expect(more).toEqual([]);
    expect(digits).toMatchObject({
      name: 'digits',
      source: 'embedded in Ridgeline',
      official: true,
      problem: null,
      parts: ['digits'],
    });
    expect(cifar10).toMatchObject({
      name: 'cifar10',
      source: folder,
      official: false,
      parts: ['data_batch_1', 'test_batch'],
      fetchable: true,
    });
    expect(mnist!.source).toBeNull();
    // Debian's package may be installed here.
    expect([null, '/usr/share/datasets/fashion-mnist']).toContain(fashion!.source);
    expect(mnist!.paths).toEqual([join(dir.path, 'mnist'), join(dir.path, 'MNIST/raw')]);
  });

  test('goes on after a damaged one, and says what is wrong with it', async () => {
    await using dir = await temporaryFolder();
    await cifarFolder(dir.path, { data_batch_1: new Uint8Array(10) });
    const list = await listDatasets(dir.path);
    expect(list.map((entry) => entry.name)).toEqual([
      'digits',
      'cifar10',
      'fashion-mnist',
      'mnist',
    ]);
    expect(list[1]!.problem).toMatch(/data_batch_1.bin has 10 bytes/);
    expect(list[1]!.official).toBeNull();
  });
});

describe('what the system refuses', () => {
  test('is said of the one data set that it is about, with its path', async () => {
    await using dir = await temporaryFolder();
    const loop = join(dir.path, 'cifar-10-batches-bin');
    await symlink(loop, loop);
    const list = await listDatasets(dir.path);
    expect(list[1]).toMatchObject({ name: 'cifar10', source: null, official: null });
    expect(list[1]!.problem).toContain(`${loop} could not be read: ELOOP`);
    expect(list[0]!.problem).toBeNull();
  });

  test('is an operating problem also where a file is only looked at', async () => {
    await using dir = await temporaryFolder();
    const path = join(dir.path, 'x.npz'); // Not even root opens a socket.
    const server = createServer().listen(path);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const error = await refusal(datasetInfo(path, dir.path));
    expect([error.code, error.what]).toEqual([
      'DATASET_MISSING',
      expect.stringContaining(`${path} could not be read: ENXIO`),
    ]);
    expect((await refusal(importDataset(path, { dataDir: dir.path, name: 'cifar10' }))).code).toBe(
      'DATASET_MISSING',
    );
  });
});

test('a pipe that nobody writes to keeps nobody waiting', async () => {
  await using dir = await temporaryFolder();
  const folder = join(dir.path, 'cifar-10-batches-py');
  await mkdir(folder);
  const pipe = join(folder, 'data_batch_1');
  execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
  for (const path of [pipe, folder])
    expect((await refusal(datasetInfo(path, ''))).what).toContain(pipe);
});

describe('datasetInfo', () => {
  test('counts the classes and averages the pixels of each part', async () => {
    const info = await datasetInfo('digits', '/nonexistent');
    const [part] = info.parts;
    expect(part).toMatchObject({
      name: 'digits',
      count: 1797,
      classCounts: [178, 182, 177, 183, 181, 182, 181, 179, 174, 180],
    });
    expect(part!.pixelMean).toBeCloseTo(4.884164579855314, 12); // sklearn.datasets.load_digits().data.mean()
    expect(info).toMatchObject({
      official: true,
      channels: 1,
      height: 8,
      width: 8,
      classes: 10,
      pixelMax: 16,
    });
  });

  test('refuses a folder without any of the parts', async () => {
    await using dir = await temporaryFolder();
    await cifarFolder(dir.path, {});
    expect((await refusal(datasetInfo('cifar10', dir.path))).code).toBe('DATASET_MISSING');
  });
});

describe('importDataset', () => {
  test('takes an archive under any name, or a folder, or the folder that holds one', async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, files);
    const archive = join(dir.path, 'cifar (1).tgz');
    execFileSync('tar', ['czf', archive, '-C', dir.path, 'cifar-10-batches-bin']);
    await writeFile(join(folder, 'holiday.jpeg'), 'not ours');
    for (const [source, target] of [
      [archive, 'cifar-10-binary.tar.gz'],
      [folder, 'cifar-10-batches-bin'],
      [dir.path, 'cifar-10-batches-bin'],
    ] as const) {
      await using data = await temporaryFolder();
      const dataDir = join(data.path, 'new');
      const imported = await importDataset(source, { dataDir, name: 'cifar10' });
      expect(imported).toEqual({
        path: join(dataDir, target),
        official: false,
        parts: [
          { name: 'data_batch_1', count: 20 },
          { name: 'test_batch', count: 10 },
        ],
      });
      expect(await readdir(dataDir)).toEqual([target]);
      expect((await datasetInfo('cifar10', dataDir)).parts.map((part) => part.count)).toEqual([
        20, 10,
      ]);
    }
    await using data = await temporaryFolder();
    await importDataset(folder, { dataDir: data.path, name: 'cifar10' });
    expect(await readdir(join(data.path, 'cifar-10-batches-bin'))).toEqual([
      'data_batch_1.bin',
      'test_batch.bin',
    ]);
  });

  test('copies what it has read, also where files have the endings that some give pickles', async () => {
    await using dir = await temporaryFolder();
    const folder = join(dir.path, 'cifar-10-batches-py');
    await mkdir(folder);
    await writeFile(join(folder, 'data_batch_1.pkl'), python2Batch(files.data_batch_1));
    await writeFile(join(folder, 'test_batch.pickle'), python2Batch(files.test_batch));
    const dataDir = join(dir.path, 'data');
    const imported = await importDataset(folder, { dataDir, name: 'cifar10' });
    const info = await datasetInfo('cifar10', dataDir);
    expect(info.parts.map(({ name, count }) => ({ name, count }))).toEqual(imported.parts);
  });

  test('copies nothing that is malformed, foreign or missing', async () => {
    await using dir = await temporaryFolder();
    const dataDir = join(dir.path, 'data');
    const broken = await cifarFolder(join(dir.path, 'broken'), {
      data_batch_1: cifarFile(3, 0).subarray(1),
    });
    await mkdir(join(dir.path, 'empty'));
    for (const [source, name, code] of [
      [broken, 'cifar10', 'DATASET_INVALID'],
      [join(dir.path, 'empty'), 'cifar10', 'DATASET_INVALID'],
      [join(dir.path, 'absent'), 'cifar10', 'DATASET_MISSING'],
      [broken, 'digits', 'USAGE'],
      [broken, 'cifar', 'DATASET_UNKNOWN'],
    ] as const) {
      expect((await refusal(importDataset(source, { dataDir, name }))).code).toBe(code);
    }
    expect(await readdir(dir.path)).not.toContain('data');
  });

  test('overwrites nothing', async () => {
    await using dir = await temporaryFolder();
    await using other = await temporaryFolder();
    await cifarFolder(dir.path, files);
    const theirs = await cifarFolder(other.path, { data_batch_1: cifarFile(2, 9) });
    await rename(theirs, join(other.path, 'theirs'));
    const error = await refusal(
      importDataset(join(other.path, 'theirs'), { dataDir: dir.path, name: 'cifar10' }),
    );
    expect([error.code, error.what]).toEqual([
      'OUTPUT_UNWRITABLE',
      expect.stringContaining('is there already'),
    ]);
    const kept = await readFile(join(dir.path, 'cifar-10-batches-bin/data_batch_1.bin'));
    expect(kept.equals(files.data_batch_1)).toBe(true);
  });
});

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { datasetInfo, listDatasets } from '../../src/dataset/catalogue.ts';
import { namedDatasets } from '../../src/dataset/named-datasets.ts';
import { importDataset } from '../../src/dataset/download/import.ts';
import { cifarFile, cifarFolder, refusal, temporaryFolder } from './support/fixtures.ts';

const files = { data_batch_1: cifarFile(20, 1), test_batch: cifarFile(10, 2) };

/** Debian's package of Fashion-MNIST, which may be installed here, has 30 MB. */
const withoutSystem = namedDatasets.map((dataset) => ({
  ...dataset,
  places: dataset.places.filter(({ path }) => !path.startsWith('/')),
}));

describe('listDatasets', () => {
  test('each data set has its place, or the searched paths if absent', async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, files);
    const [digits, cifar10, fashion, mnist, ...more] = await listDatasets(dir.path, withoutSystem);
    expect(more).toEqual([]);
    expect(digits).toMatchObject({
      name: 'digits',
      source: 'embedded in Ridgeline',
      official: true,
      problem: null,
      shards: ['digits'],
    });
    expect(cifar10).toMatchObject({
      name: 'cifar10',
      source: folder,
      official: false,
      shards: ['data_batch_1', 'test_batch'],
      fetchable: true,
    });
    expect(mnist!.source).toBeNull();
    expect(fashion!.source).toBeNull();
    expect(mnist!.paths).toEqual([join(dir.path, 'mnist'), join(dir.path, 'MNIST/raw')]);
  });

  test('a damaged data set is listed with its problem', async () => {
    await using dir = await temporaryFolder();
    await cifarFolder(dir.path, { data_batch_1: new Uint8Array(10) });
    const list = await listDatasets(dir.path, withoutSystem);
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

describe('errors of the file system', () => {
  test('an unreadable path is the problem of its data set only', async () => {
    await using dir = await temporaryFolder();
    const loop = join(dir.path, 'cifar-10-batches-bin');
    await symlink(loop, loop);
    const list = await listDatasets(dir.path, withoutSystem);
    expect(list[1]).toMatchObject({ name: 'cifar10', source: null, official: null });
    expect(list[1]!.problem).toContain(`${loop} could not be read: ELOOP`);
    expect(list[0]!.problem).toBeNull();
  });

  test('a file that cannot be opened is refused with its path', async () => {
    await using dir = await temporaryFolder();
    const path = join(dir.path, 'x.npz'); // Even root cannot open a socket as a file.
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

test('a named pipe without a writer does not block', async () => {
  await using dir = await temporaryFolder();
  const folder = join(dir.path, 'cifar-10-batches-py');
  await mkdir(folder);
  const pipe = join(folder, 'data_batch_1');
  execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
  for (const path of [pipe, folder])
    expect((await refusal(datasetInfo(path, ''))).what).toContain(pipe);
});

describe('datasetInfo', () => {
  test('each shard has its class counts and mean pixel', async () => {
    const info = await datasetInfo('digits', '/nonexistent');
    const [shard] = info.shards;
    expect(shard).toMatchObject({
      name: 'digits',
      count: 1797,
      classCounts: [178, 182, 177, 183, 181, 182, 181, 179, 174, 180],
    });
    expect(shard!.pixelMean).toBeCloseTo(4.884164579855314, 12); // sklearn.datasets.load_digits().data.mean()
    expect(info).toMatchObject({
      official: true,
      channels: 1,
      height: 8,
      width: 8,
      classes: 10,
      pixelMax: 16,
    });
  });

  test('a folder without shards is refused', async () => {
    await using dir = await temporaryFolder();
    await cifarFolder(dir.path, {});
    expect((await refusal(datasetInfo('cifar10', dir.path))).code).toBe('DATASET_MISSING');
  });
});

import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { datasetInfo } from '../../../src/dataset/catalogue.ts';
import { importDataset } from '../../../src/dataset/download/import.ts';
import { cifarFile, cifarFolder, refusal, temporaryFolder } from '../support/fixtures.ts';
import { python2Batch } from '../support/pickles.ts';

const files = { data_batch_1: cifarFile(20, 1), test_batch: cifarFile(10, 2) };

describe('importDataset', () => {
  test('an archive of any name, a folder, or a folder that contains one is imported', async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, files);
    const archive = join(dir.path, 'cifar (1).tgz');
    execFileSync('tar', ['czf', archive, '-C', dir.path, 'cifar-10-batches-bin']);
    await writeFile(join(folder, 'holiday.jpeg'), 'another file');
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
        shards: [
          { name: 'data_batch_1', count: 20 },
          { name: 'test_batch', count: 10 },
        ],
      });
      expect(await readdir(dataDir)).toEqual([target]);
      expect((await datasetInfo('cifar10', dataDir)).shards.map((shard) => shard.count)).toEqual([
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

  test('pickles with a file extension are imported', async () => {
    await using dir = await temporaryFolder();
    const folder = join(dir.path, 'cifar-10-batches-py');
    await mkdir(folder);
    await writeFile(join(folder, 'data_batch_1.pkl'), python2Batch(files.data_batch_1));
    await writeFile(join(folder, 'test_batch.pickle'), python2Batch(files.test_batch));
    const dataDir = join(dir.path, 'data');
    const imported = await importDataset(folder, { dataDir, name: 'cifar10' });
    const info = await datasetInfo('cifar10', dataDir);
    expect(info.shards.map(({ name, count }) => ({ name, count }))).toEqual(imported.shards);
  });

  test('malformed, unknown or absent data is not copied', async () => {
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

  test('an existing data set is not overwritten', async () => {
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
      expect.stringContaining('exists already'),
    ]);
    const kept = await readFile(join(dir.path, 'cifar-10-batches-bin/data_batch_1.bin'));
    expect(kept.equals(files.data_batch_1)).toBe(true);
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readImages } from '../../src/dataset/read-images.ts';
import { openDataset } from '../../src/dataset/open-dataset.ts';
import { assembleData } from '../../src/dataset/splits/assemble.ts';
import { cifarFile, cifarFolder, refusal, temporaryFolder } from './support/fixtures.ts';
import { npyBytes, npyLabels, zip } from './support/npy.ts';

const shardNames = async (reading: ReturnType<typeof readImages>): Promise<string[]> =>
  (await reading).shards.map(({ shard }) => shard.name);
const pick = (names: readonly string[] | null) => ({ names, reference: null });

describe('readImages', () => {
  test('reserved shards are read by default, all shards if none are reserved, or the named ones', async () => {
    await using dir = await temporaryFolder();
    await cifarFolder(dir.path, { data_batch_1: cifarFile(4, 1), test_batch: cifarFile(3, 2) });
    const cifar = { name: 'cifar10' };
    expect(await shardNames(readImages(cifar, dir.path, pick(null)))).toEqual(['test_batch']);
    expect(await shardNames(readImages(cifar, dir.path, pick(['data_batch_1'])))).toEqual([
      'data_batch_1',
    ]);
    const digits = { name: 'digits' };
    expect(await shardNames(readImages(digits, dir.path, pick(null)))).toEqual(['digits']);
    expect((await refusal(readImages(digits, dir.path, pick(['x'])))).what).toMatch(
      /has no shard x/,
    );
  });

  test("test shards of the user's own files are read by default", async () => {
    await using dir = await temporaryFolder();
    const x = npyBytes([2, 3, 4]);
    const y = npyLabels([0, 1]);
    for (const [shards, chosen] of [
      [['train', 'test'], ['test']],
      [
        ['train', 'val'],
        ['train', 'val'],
      ],
    ] as const) {
      const path = join(dir.path, `${shards.join('-')}.npz`);
      const members = shards.flatMap((shard) => [
        [`x_${shard}.npy`, x] as const,
        [`y_${shard}.npy`, y] as const,
      ]);
      await writeFile(path, zip(Object.fromEntries(members)));
      const source = { path };
      expect(await shardNames(readImages(source, '', pick(null)))).toEqual(chosen);
      expect(await shardNames(readImages(source, '', pick(['train'])))).toEqual(['train']);
    }
  });
});

describe('readImages with the data of a training', () => {
  const digits = { name: 'digits' } as const;
  async function trained(stratify: boolean, testCount: number) {
    const test_ = testCount === 0 ? {} : { test: { count: testCount } };
    const splits = { train: { count: 1000 }, validation: { count: 400 }, ...test_ };
    const opened = await openDataset({ ...digits, ...splits, stratify }, { dataDir: '' });
    return { opened, reference: opened.reference(7, 'test') };
  }

  test.each([false, true])(
    'only the test images of the training are chosen (stratified: %s)',
    async (stratify) => {
      const { opened, reference } = await trained(stratify, 300);
      const split = assembleData(reference, opened.shards).test!;
      const { shards, chosen, leftOut } = await readImages(digits, '', { names: null, reference });
      expect([...shards[0]!.records]).toEqual([...split.records].toSorted((a, b) => a - b));
      expect(chosen).toEqual({ train: 0, validation: 0, test: 300, none: 0 });
      expect(leftOut).toEqual({ train: 1000, validation: 400, test: 0, none: 97 });
    },
  );

  test('images that the training did not use are chosen if it had no test images', async () => {
    const { reference } = await trained(false, 0);
    const { chosen } = await readImages(digits, '', { names: null, reference });
    expect(chosen).toEqual({ train: 0, validation: 0, test: 0, none: 397 });
  });

  test('named shards are chosen whole, and their use is counted', async () => {
    const { reference } = await trained(false, 300);
    const { chosen, leftOut } = await readImages(digits, '', { names: ['digits'], reference });
    expect(chosen).toEqual({ train: 1000, validation: 400, test: 300, none: 97 });
    expect(leftOut).toEqual({ train: 0, validation: 0, test: 0, none: 0 });
  });

  test('another data set is chosen whole', async () => {
    await using dir = await temporaryFolder();
    await cifarFolder(dir.path, { test_batch: cifarFile(3, 2) });
    const { reference } = await trained(true, 300);
    const { chosen } = await readImages({ name: 'cifar10' }, dir.path, { names: null, reference });
    expect(chosen).toEqual({ train: 0, validation: 0, test: 0, none: 3 });
  });
});

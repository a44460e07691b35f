import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readImages } from '../../src/dataset/read-images.ts';
import { cifarFile, cifarFolder, refusal, temporaryFolder } from './support/fixtures.ts';
import { npyBytes, npyLabels, zip } from './support/npy.ts';

const shardNames = async (reading: ReturnType<typeof readImages>): Promise<string[]> =>
  (await reading).shards.map(({ name }) => name);

describe('readImages', () => {
  test('reserved shards are read by default, all shards if none are reserved, or the named ones', async () => {
    await using dir = await temporaryFolder();
    await cifarFolder(dir.path, { data_batch_1: cifarFile(4, 1), test_batch: cifarFile(3, 2) });
    const cifar = { name: 'cifar10' };
    expect(await shardNames(readImages(cifar, dir.path, null))).toEqual(['test_batch']);
    expect(await shardNames(readImages(cifar, dir.path, ['data_batch_1']))).toEqual([
      'data_batch_1',
    ]);
    const digits = { name: 'digits' };
    expect(await shardNames(readImages(digits, dir.path, null))).toEqual(['digits']);
    expect((await refusal(readImages(digits, dir.path, ['x']))).what).toMatch(/has no shard x/);
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
      expect(await shardNames(readImages(source, '', null))).toEqual(chosen);
      expect(await shardNames(readImages(source, '', ['train']))).toEqual(['train']);
    }
  });
});

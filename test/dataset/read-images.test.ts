import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readImages } from '../../src/dataset/read-images.ts';
import { cifarFile, cifarFolder, refusal, temporaryFolder } from './support/fixtures.ts';
import { npyBytes, npyLabels, zip } from './support/npy.ts';

const names = async (reading: ReturnType<typeof readImages>): Promise<string[]> =>
  (await reading).parts.map(({ name }) => name);

describe('images without a study', () => {
  test('are those held back for testing where a data set has such, else all, or the parts that are named', async () => {
    await using dir = await temporaryFolder();
    await cifarFolder(dir.path, { data_batch_1: cifarFile(4, 1), test_batch: cifarFile(3, 2) });
    const cifar = { kind: 'named', name: 'cifar10' } as const;
    expect(await names(readImages(cifar, dir.path, null))).toEqual(['test_batch']);
    expect(await names(readImages(cifar, dir.path, ['data_batch_1']))).toEqual(['data_batch_1']);
    const digits = { kind: 'named', name: 'digits' } as const;
    expect(await names(readImages(digits, dir.path, null))).toEqual(['digits']);
    expect((await refusal(readImages(digits, dir.path, ['x']))).what).toMatch(/has no part x/);
  });

  test('of files of the user are chosen by the same rule: what a network was trained on is not tested', async () => {
    await using dir = await temporaryFolder();
    const x = npyBytes([2, 3, 4]);
    const y = npyLabels([0, 1]);
    for (const [parts, chosen] of [
      [['train', 'test'], ['test']],
      [
        ['train', 'val'],
        ['train', 'val'],
      ],
    ] as const) {
      const path = join(dir.path, `${parts.join('-')}.npz`);
      const members = parts.flatMap((part) => [
        [`x_${part}.npy`, x] as const,
        [`y_${part}.npy`, y] as const,
      ]);
      await writeFile(path, zip(Object.fromEntries(members)));
      const source = { kind: 'path', path, format: 'auto' } as const;
      expect(await names(readImages(source, '', null))).toEqual(chosen);
      expect(await names(readImages(source, '', ['train']))).toEqual(['train']);
    }
  });
});

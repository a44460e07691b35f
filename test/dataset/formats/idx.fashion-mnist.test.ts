/** The files of Debian's package dataset-fashion-mnist, if it is installed. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { datasetInfo } from '../../../src/dataset/catalogue.ts';

const folder = '/usr/share/datasets/fashion-mnist';

describe.skipIf(!existsSync(folder))(
  `Fashion-MNIST in ${folder} (skipped without Debian's dataset-fashion-mnist)`,
  () => {
    test('fashion-mnist is found by its name in the folder of the Debian package', async () => {
      const info = await datasetInfo('fashion-mnist', '/nonexistent');
      expect(info.source).toBe(folder);
      const [train, test_] = info.shards;
      // numpy: images.mean(), np.bincount(labels)
      expect([train!.count, test_!.count]).toEqual([60_000, 10_000]);
      expect(train!.pixelMean).toBeCloseTo(72.940_352_232_142_86, 9);
      expect(test_!.classCounts).toEqual(Array.from({ length: 10 }, () => 1000));
    });
  },
);

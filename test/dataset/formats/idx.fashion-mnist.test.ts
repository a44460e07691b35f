/** The files of Debian's package dataset-fashion-mnist, where it is installed. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { datasetInfo } from '../../../src/dataset/catalogue.ts';

const folder = '/usr/share/datasets/fashion-mnist';

describe.skipIf(!existsSync(folder))(
  `Fashion-MNIST in ${folder} (skipped where Debian's dataset-fashion-mnist is not installed)`,
  () => {
    test('is found by its name without being moved, and is what Zalando published', async () => {
      const info = await datasetInfo('fashion-mnist', '/nonexistent');
      expect(info.source).toBe(folder);
      const [train, test_] = info.parts;
      // numpy: images.mean(), np.bincount(labels)
      expect([train!.count, test_!.count]).toEqual([60_000, 10_000]);
      expect(train!.pixelMean).toBeCloseTo(72.940_352_232_142_86, 9);
      expect(test_!.classCounts).toEqual(Array.from({ length: 10 }, () => 1000));
    });
  },
);

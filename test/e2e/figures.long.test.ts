/** The two figures of the report that the settings come from; needs CIFAR-10 in RIDGELINE_DATA. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ridgeline, scratchDir } from './support/processes.ts';

const data = process.env['RIDGELINE_DATA'] ?? '';
const hasData = ['cifar-10-binary.tar.gz', 'cifar-10-batches-bin'].some((name) =>
  existsSync(join(data, name)),
);

describe.skipIf(!hasData)('with CIFAR-10 in RIDGELINE_DATA', () => {
  test.each([
    ['figure-3', { train: 0.6195, validation: 0.4519, test: 0.4589 }],
    ['figure-4', { train: 0.7825, validation: 0.4465, test: 0.4665 }],
  ])(
    'the mean of five seeds of %s is within 0.02 of the report',
    async (name, report) => {
      const { stdout } = await ridgeline([
        'train',
        `configs/${name}.yaml`,
        '--seeds',
        '5',
        '--format',
        'json',
        '--quiet',
        '--state',
        join(scratchDir(), 'state'),
        '--data-dir',
        data,
      ]);
      const mean = JSON.parse(stdout) as Record<string, number>;
      expect(Math.abs(mean['train_accuracy']! - report.train)).toBeLessThanOrEqual(0.02);
      expect(Math.abs(mean['validation_accuracy']! - report.validation)).toBeLessThanOrEqual(0.02);
      expect(Math.abs(mean['test_accuracy']! - report.test)).toBeLessThanOrEqual(0.02);
    },
    1_800_000,
  );
});

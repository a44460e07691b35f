/**
 * Baseline: the (trial, λ, digest) table of two studies as version 0.1.0 computed it. Refactoring must
 * not change a bit of it; a deliberate change of the arithmetic or of the sampling needs a new table.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ridgeline, scratchDir, type ResultsJson } from './support/processes.ts';

type Row = readonly [trial: string, lambda: number, digest: string | null];

const baseline = JSON.parse(
  readFileSync(join(import.meta.dirname, 'baseline-digests.json'), 'utf8'),
) as Readonly<Record<string, readonly Row[]>>;

const data = process.env['RIDGELINE_DATA'] ?? '';
const hasCifar10 = ['cifar-10-binary.tar.gz', 'cifar-10-batches-bin'].some((name) =>
  existsSync(join(data, name)),
);

async function runRows(study: string, ...options: string[]): Promise<Row[]> {
  const state = join(scratchDir(), 'state');
  const { code, stdout, stderr } = await ridgeline([
    'run',
    `configs/${study}.yaml`,
    '--state',
    state,
    '--format',
    'json',
    '--quiet',
    ...options,
  ]);
  expect(code, stderr).toBe(0);
  const results = JSON.parse(stdout) as ResultsJson;
  return results.stages
    .flatMap((stage) => stage.trials)
    .map(({ trial, lambda, digest }): Row => [trial, lambda, digest])
    .toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
}

describe('the baseline of version 0.1.0', () => {
  test('quickstart.yaml gives the same trials, λ and digests as version 0.1.0', async () => {
    expect(await runRows('quickstart')).toEqual(baseline['quickstart']);
  });

  test.skipIf(!hasCifar10)(
    'coarse-to-fine.yaml gives the same trials, λ and digests as version 0.1.0 (needs CIFAR-10 in RIDGELINE_DATA)',
    async () => {
      const rows = await runRows('coarse-to-fine', '--data-dir', data);
      expect(rows).toEqual(baseline['coarse-to-fine']);
    },
    600_000,
  );
});

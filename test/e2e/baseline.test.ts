/**
 * Baseline: the results of the quickstart, and the (trial, λ, digest) table of two studies as version 0.1.0
 * computed it. Refactoring must not change a bit of it; a deliberate change of the arithmetic or of the
 * sampling needs a new table.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { onFileEnd, ridgeline, scratchDir, type ResultsJson } from './support/processes.ts';

type Row = readonly [trial: string, lambda: number, digest: string | null];

const baseline = JSON.parse(
  readFileSync(join(import.meta.dirname, 'baseline-digests.json'), 'utf8'),
) as Readonly<Record<string, readonly Row[]>>;

const data = process.env['RIDGELINE_DATA'] ?? '';
const hasCifar10 = ['cifar-10-binary.tar.gz', 'cifar-10-batches-bin'].some((name) =>
  existsSync(join(data, name)),
);

const onEnd = onFileEnd();

async function runStudy(study: string, ...options: string[]) {
  const state = join(scratchDir(onEnd), 'state');
  const args = ['run', `configs/${study}.yaml`, '--state', state, '--format', 'json', ...options];
  const { code, stdout, stderr } = await ridgeline(args, { onEnd });
  if (code !== 0) throw new Error(stderr);
  return { results: JSON.parse(stdout) as ResultsJson, stderr };
}

function rows({ stages }: ResultsJson): Row[] {
  return stages
    .flatMap(({ trials }) => trials)
    .map(({ trial, lambda, digest }): Row => [trial, lambda, digest])
    .toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
}

let quickstart: Awaited<ReturnType<typeof runStudy>>;
beforeAll(async () => {
  quickstart = await runStudy('quickstart');
});

describe('the baseline of version 0.1.0', () => {
  test('quickstart.yaml gives the same trials, λ and digests as version 0.1.0', () => {
    expect(rows(quickstart.results)).toEqual(baseline['quickstart']);
  });

  test.skipIf(!hasCifar10)(
    'coarse-to-fine.yaml gives the same trials, λ and digests as version 0.1.0 (needs CIFAR-10 in RIDGELINE_DATA)',
    async () => {
      const { results } = await runStudy('coarse-to-fine', '--data-dir', data, '--quiet');
      expect(rows(results)).toEqual(baseline['coarse-to-fine']);
    },
    600_000,
  );
});

test('run prints two ranked stages and a tested winner of the quickstart, and only results on stdout', () => {
  const { results, stderr } = quickstart;
  expect(results.stages.map((stage) => stage.name)).toEqual(['coarse', 'fine']);
  for (const stage of results.stages) expect(stage.trials.length).toBeGreaterThanOrEqual(12);
  expect(results.winner?.test_accuracy).toBeGreaterThanOrEqual(0.9);
  expect(
    results.stages
      .flatMap((stage) => stage.trials)
      .filter((row) => row.test_accuracy !== null && row.trial !== results.winner?.trial),
  ).toEqual([]);
  // Narrowing starts at the best trial that was sampled first; the table lists the selected one first.
  const equal = results.stages[0]!.trials.filter(({ rank }) => rank === 1);
  const best = equal.toSorted((a, b) => a.index - b.index)[0]!;
  expect(results.stages[1]!.lambda.min).toBeLessThanOrEqual(best.lambda);
  expect(results.stages[1]!.lambda.max).toBeGreaterThanOrEqual(best.lambda);
  expect(results.stages[1]!.lambda.reason).toContain(best.trial);
  expect(stderr).toMatch(/coarse/);
});

/**
 * Own trainers, slowly: a PyTorch script that knows nothing but the contract, searched with stopping.
 * `RIDGELINE_TEST_PYTHON` names a Python with PyTorch and scikit-learn.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ridgeline, scratchDir, start, type ResultsJson } from './support/processes.ts';

const run = promisify(execFile);
const python = process.env['RIDGELINE_TEST_PYTHON'] ?? 'python3';
const study = 'examples/trainers/pytorch/study.yaml';

interface Row {
  readonly trial: string;
  readonly status: string;
  readonly reason: string | null;
  readonly digest: string | null;
}

async function rowsIn(state: string, env: Readonly<Record<string, string>>): Promise<Row[]> {
  const words = ['results', 'pytorch-trainer', '--all', '--format', 'json', '--state', state];
  const results = JSON.parse((await ridgeline(words, { env })).stdout) as ResultsJson;
  return results.stages
    .flatMap(({ trials }) => trials as unknown as Row[])
    .map(({ trial, status, reason, digest }) => ({ trial, status, reason, digest }))
    .toSorted((a, b) => (a.trial < b.trial ? -1 : 1));
}

test('a PyTorch script is searched over three worker processes with the decisions and digests of run (skipped without torch)', async ({
  skip,
}) => {
  const probe = await run(python, ['-c', 'import torch, sklearn']).catch(() => null);
  if (probe === null) return skip(`${python} has no torch and sklearn`);
  const dir = scratchDir();
  const bin = join(dir, 'python3'); // The study names python3.
  writeFileSync(bin, `#!/bin/sh\nexec '${python}' "$@"\n`, { mode: 0o755 });
  const env = { PATH: `${dirname(bin)}${delimiter}${process.env['PATH'] ?? ''}` };
  const [alone, cluster] = [join(dir, 'alone'), join(dir, 'cluster')];
  const done = await ridgeline(['run', study, '--state', alone], { env });
  expect(done.code, done.stderr).toBe(0);

  const coordinator = start(['coordinator', '--listen', '127.0.0.1:0', '--state', cluster], {
    env,
  });
  await coordinator.prints(/ridgeline worker --join/);
  const join_ = ['--join', `@${join(cluster, 'worker.join')}`, '--threads', '1'];
  for (const name of ['one', 'two', 'three'])
    start(['worker', '--name', name, ...join_, '--allow-any-command'], { env });
  const at = ['--state', cluster];
  expect(await ridgeline(['submit', study, ...at], { env })).toMatchObject({ code: 0 });
  const watched = await ridgeline(['watch', 'pytorch-trainer', ...at], { env });
  expect(watched.code, watched.stderr).toBe(0);

  const rows = await rowsIn(cluster, env);
  expect(rows).toEqual(await rowsIn(alone, env));
  expect(rows).toHaveLength(9);
  const stopped = rows.filter(({ status }) => status === 'stopped');
  expect(stopped.length).toBeGreaterThan(0);
  expect(stopped.length).toBeLessThan(9);
});

/** The cache of decoded data: one machine decodes and sends a data set once. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cifarFile, cifarFolder } from '../dataset/support/fixtures.ts';
import {
  fingerprint,
  ridgeline,
  scratchDir,
  start,
  type ResultsJson,
} from './support/processes.ts';

const oneThread = ['--workers', '1', '--threads', '1'];
const fetching = /fetching a shard that is not in the cache/;

async function smallStudy(dir: string): Promise<string> {
  const names = ['data_batch_1', 'data_batch_2', 'test_batch'];
  await cifarFolder(dir, Object.fromEntries(names.map((name, i) => [name, cifarFile(40, i)])));
  const path = join(dir, 'small.yaml');
  writeFileSync(
    path,
    `study: small
seed: 1
dataset: { name: cifar10, train: [data_batch_1], validation: [data_batch_2], test: [test_batch] }
trainer:
  hidden: 4
  batch: 10
  learning_rate: { min: 1.0e-4, max: 0.01, step_size: 4 }
  cycles: 1
objective: { metric: validation_accuracy, direction: maximize }
stages:
  - { name: coarse, trials: 4, lambda: { distribution: log_uniform, min: 1.0e-6, max: 1.0e-2 } }
`,
  );
  return path;
}

test('local workers read the data set from the cache, also after a shard was damaged, and results are equal', async () => {
  const dir = scratchDir();
  const study = await smallStudy(dir);
  const cache = join(dir, 'cache');
  const folders = ['--data-dir', dir, '--state', join(dir, 'state'), '--cache', cache];
  const run = async () => {
    const options = ['--fresh', '--format', 'json', '--debug', ...oneThread];
    const { code, stdout, stderr } = await ridgeline(['run', study, ...folders, ...options]);
    expect(code, stderr).toBe(0);
    return { rows: fingerprint(JSON.parse(stdout) as ResultsJson), stderr };
  };
  const first = await run();
  // The first run decodes the files before its workers need them.
  expect(first.stderr).not.toMatch(fetching);
  const shard = readdirSync(cache).find((name) => name.endsWith('.part'))!;
  const bytes = readFileSync(join(cache, shard));
  const damaged = Buffer.from(bytes);
  damaged[2_000] = damaged[2_000]! ^ 1;
  writeFileSync(join(cache, shard), damaged);
  const second = await run();
  expect(second.rows).toEqual(first.rows);
  expect(second.stderr).toContain(`${shard} was damaged`);
  expect(second.stderr).toMatch(fetching);
  expect(readFileSync(join(cache, shard)).equals(bytes)).toBe(true);
  const third = await run();
  expect(third.rows).toEqual(first.rows);
  expect(third.stderr).not.toMatch(/damaged|fetching a shard/);
});

test('a worker with another cache receives the data set from a coordinator that has not read it', async () => {
  const dir = scratchDir();
  const study = await smallStudy(dir);
  const options = ['--data-dir', dir, '--cache', join(dir, 'cache'), '--format', 'json'];
  const run = async (...more: string[]) => await ridgeline(['run', study, ...options, ...more]);
  const first = await run('--state', join(dir, 'one'), ...oneThread);
  expect(first.code, first.stderr).toBe(0);
  const state = join(dir, 'two');
  const serving = start(['run', study, ...options, '--state', state, '--workers', '0']);
  await serving.prints(/--join/);
  const worker = start([
    'worker',
    '--join',
    `@${join(state, 'worker.join')}`,
    '--cache',
    join(dir, 'other'),
    '--debug',
  ]);
  const second = await serving.finished;
  expect(second.code, second.stderr).toBe(0);
  const rows = ({ stdout }: { readonly stdout: string }): string[] =>
    fingerprint(JSON.parse(stdout) as ResultsJson);
  expect(rows(second)).toEqual(rows(first));
  const { code, stderr } = await worker.finished;
  expect(stderr).toMatch(fetching);
  // The coordinator drained the worker before it ended.
  expect(code, stderr).toBe(0);
});

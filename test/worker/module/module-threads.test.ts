import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ThreadPool } from '../../../src/worker/thread-pool.ts';
import { ModuleThreads } from '../../../src/worker/module/module-threads.ts';
import { moduleRequest, moduleText } from './support/small-module.ts';

const directory = mkdtempSync(join(tmpdir(), 'ridgeline-modules-'));
const options = {
  directory,
  own: { PATH: process.env['PATH'], TOKEN: 'secret-value', OTHER: 'no' },
  passed: ['TOKEN'],
  processors: 1,
};
const threads = new ModuleThreads(options);
afterAll(async () => {
  await threads[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

async function train(code: Parameters<typeof moduleText>[0], more = {}) {
  return await threads.start(moduleRequest(moduleText(code), more), () => undefined).finished;
}

test('a module trains a trial in a thread, measures it at each rung, and leaves no files', async () => {
  const [result] = (await train({})) ?? [];
  expect(result).toMatchObject({
    kind: 'complete',
    steps: 4,
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(result?.curve.map(({ step }) => step)).toEqual([2, 4]);
  expect(await train({})).toMatchObject([{ digest: result?.kind === 'complete' && result.digest }]);
  expect(readdirSync(directory)).toEqual([]);
});

test('variables of a module start anew in each trial', async () => {
  const code = { top: 'let trials = 0;', step: 'if (++trials > 4) throw new Error("kept");' };
  for (let trial = 0; trial < 2; trial++)
    expect(await train(code)).toMatchObject([{ kind: 'complete' }]);
});

describe('a module fails its trial, and not the process,', () => {
  test.each([
    [
      'if it throws',
      { step: 'throw new TypeError("boom");' },
      {},
      /threw TypeError: boom \(trainer\.ts:14:\d+\)/,
    ],
    ['if it exits', { step: 'process.exit(3);' }, {}, /ended its thread with process\.exit\(3\)/],
    ['if it hangs', { step: 'for (;;);' }, { silence: '1s' }, /made no step for 1 s/],
    [
      'if it runs too long',
      { step: 'count -= 1; onStep(count);' },
      { timeout: '1s' },
      /ran longer than 1 s/,
    ],
    [
      'if it uses too much memory',
      { step: 'const all = []; for (;;) all.push(new Array(1e6).fill(0.5));' },
      { heap_mb: 64 },
      /used more memory than trainer\.heap_mb: 64/,
    ],
    [
      'if it rejects a promise',
      { top: 'await Promise.reject(new Error("later"));' },
      {},
      /threw Error: later/,
    ],
    [
      'if it uses an enum',
      { top: 'enum Mode { Fast }' },
      {},
      /uses syntax that cannot be erased \(trainer\.ts:1\): TypeScript enum .*replace enum/,
    ],
    [
      'if it imports a file that did not travel',
      { top: 'import "./helper.ts";' },
      {},
      /imports helper\.ts, which is not in trainer\.files\. Add it: files: \[helper\.ts\]/,
    ],
    [
      'if it imports a package',
      { top: 'import "ml-matrix";' },
      {},
      /imports the package ml-matrix, which workers do not have/,
    ],
  ])('%s', async (_, code, more, reason) => {
    await expect(train(code, more)).rejects.toThrow(reason);
  });
});

test('types of Ridgeline are imported without an installation', async () => {
  const top =
    "import type { TrainerModule } from 'ridgeline/trainer';\nexport type Mine = TrainerModule;";
  expect(await train({ top })).toMatchObject([{ kind: 'complete' }]);
});

test('a module sees the variables that the operator passes, and no others; their values are blanked', async () => {
  const step = 'throw new Error(Object.entries(process.env).flat().sort().join(" "));';
  const failure = await train({ step }).catch((error: unknown) => String(error));
  expect(failure).toContain('TOKEN');
  expect(failure).not.toMatch(/OTHER|secret-value/);
});

test('what a module prints is the output of its attempt, also if it fails', async () => {
  const prints = 'console.log(`step ${count}`); console.error("warning\\rsecret-value");';
  const training = threads.start(moduleRequest(moduleText({ step: prints })), () => undefined);
  expect(await training.finished).toHaveLength(1);
  const output = training.output?.() ?? '';
  expect(output.match(/^out step \d$/gm)).toEqual([
    'out step 1',
    'out step 2',
    'out step 3',
    'out step 4',
  ]);
  expect(output.match(/^err \[TOKEN\]$/gm)).toHaveLength(4);
  const step = `${prints} if (count === 2) throw new Error("boom");`;
  const failed = threads.start(moduleRequest(moduleText({ step })), () => undefined);
  await expect(failed.finished).rejects.toMatchObject({
    output: expect.stringMatching(/^out step 2$/m),
  });
});

test('a trial whose pack is stopped ends its thread, also if the module hangs', async () => {
  const pool = new ThreadPool(threads);
  const hangs = moduleText({ step: 'if (count === 3) for (;;);' });
  const measured = Promise.withResolvers<void>();
  const training = pool.train('pack', moduleRequest(hangs), () => measured.resolve());
  await measured.promise;
  expect(pool.progress().get('pack')).toBeGreaterThan(0);
  pool.stop('pack', 'the study was cancelled');
  expect(await training).toEqual({ kind: 'stopped', reason: 'the study was cancelled' });
});

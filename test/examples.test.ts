/** Examples: every command of examples/README.md runs, and prints what the example is about. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ridgeline, scratchDir } from './e2e/support/processes.ts';

const run = promisify(execFile);

describe('the examples', () => {
  test('are all listed in their README', () => {
    const readme = readFileSync('examples/README.md', 'utf8');
    const listed = readdirSync('examples').filter((name) => name !== 'README.md');
    expect(listed.filter((name) => !readme.includes(`[${name}`))).toEqual([]);
  });

  test('minimal.yaml finds a best λ, and query-store.mjs reads it from the store', async () => {
    const state = join(scratchDir(), 'state');
    const done = await ridgeline(['run', 'examples/minimal.yaml', '--state', state]);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toMatch(/only\/\d/);
    const query = await run(process.execPath, ['examples/query-store.mjs', state, 'minimal']);
    expect(query.stdout).toMatch(/only\/\d.*0\.9\d/);
  });

  test('own-images makes NumPy files, and its study trains on them', async () => {
    const folder = scratchDir();
    await run(process.execPath, ['examples/own-images/make-images.mjs', join(folder, 'images')]);
    expect(existsSync(join(folder, 'images', 'x_train.npy'))).toBe(true);
    const study = join(folder, 'study.yaml');
    await run('cp', ['examples/own-images/study.yaml', study]);
    const done = await ridgeline(['run', study, '--state', join(folder, 'state')]);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toMatch(/coarse\/\d/);
  });

  test('cluster.sh runs a study over two workers and prints its table', async () => {
    const { stdout } = await run('bash', ['examples/cluster.sh'], {
      env: { ...process.env, PATH: `${join(process.execPath, '..')}:${process.env['PATH']}` },
    });
    expect(stdout).toMatch(/only\/\d/);
    expect(stdout).toMatch(/node[12]/);
  });
});

/** Examples: every command of examples/README.md runs, and prints what the example is about. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ridgeline, scratchDir, start } from './e2e/support/processes.ts';

const run = promisify(execFile);
const oneThread = ['--workers', '1', '--threads', '1'];
/** `RIDGELINE_TEST_PYTHON` names a Python with libraries. */
const python = process.env['RIDGELINE_TEST_PYTHON'] ?? 'python3';

describe('the examples', () => {
  test('are all listed in their README', () => {
    const readme = readFileSync('examples/README.md', 'utf8');
    const listed = readdirSync('examples').filter((name) => name !== 'README.md');
    expect(listed.filter((name) => !readme.includes(`[${name}`))).toEqual([]);
  });

  test('minimal.yaml finds a best λ, and query-store.mjs reads it from the store', async () => {
    const state = join(scratchDir(), 'state');
    const done = await ridgeline(['run', 'examples/minimal.yaml', '--state', state, ...oneThread]);
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
    const done = await ridgeline(['run', study, '--state', join(folder, 'state'), ...oneThread]);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toMatch(/coarse\/\d/);
  });

  test('trainers/shell searches with a shell script', async () => {
    const state = join(scratchDir(), 'state');
    const done = await ridgeline(['run', 'examples/trainers/shell/study.yaml', '--state', state]);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stderr).toMatch(/winner {2}only\/4 /);
  });

  for (const [name, modules] of [
    ['scikit-learn', 'sklearn'],
    ['pytorch', 'torch, sklearn'],
  ] as const)
    test(`trainers/${name} searches a model of Python (skipped without ${modules})`, async ({
      skip,
    }) => {
      const probe = await run(python, ['-c', `import ${modules}`]).catch(() => null);
      if (probe === null) return skip(`${python} has no ${modules}`);
      const folder = scratchDir();
      await cp(`examples/trainers/${name}`, folder, { recursive: true });
      const study = join(folder, 'study.yaml');
      // Most of the time of a trial, Python loads the libraries.
      writeFileSync(study, readFileSync(study, 'utf8').replace('trials: 8', 'trials: 4'));
      // The study names python3.
      const bin = join(scratchDir(), 'python3');
      writeFileSync(bin, `#!/bin/sh\nexec '${python}' "$@"\n`, { mode: 0o755 });
      const done = await ridgeline(['run', study, '--state', join(folder, 'state')], {
        env: { PATH: `${dirname(bin)}:${process.env['PATH'] ?? ''}` },
      });
      expect(done.code, done.stderr).toBe(0);
      expect(done.stderr).toMatch(/validation 9\d\.\d\d ± \d\.\d\d %/);
    });

  test('python-client submits a study, watches it and reads its results (skipped without grpcio)', async ({
    skip,
  }) => {
    const probe = await run(python, ['-c', 'import grpc, grpc_tools']).catch(() => null);
    if (probe === null) return skip(`${python} has no grpcio and grpcio-tools`);
    const state = join(scratchDir(), 'state');
    const coordinator = start(['coordinator', '--listen', '127.0.0.1:0', '--state', state]);
    await coordinator.prints(/ridgeline worker --join/);
    start(['worker', '--join', `@${join(state, 'worker.join')}`, '--threads', '1']);
    const client = (...args: string[]) =>
      run(python, ['examples/python-client/client.py', ...args]);
    const admin = `@${join(state, 'admin.join')}`;
    const done = await client(admin, 'examples/minimal.yaml');
    expect(done.stderr).toContain('minimal: created');
    expect(done.stdout).toMatch(/^1 only\/\d+ \{'lambda': [\d.e-]+\} 0\.9\d+$/m);
    expect(done.stdout).toMatch(/^winner: only\/\d+$/m);
    const wrong = join(scratchDir(), 'wrong.yaml');
    writeFileSync(wrong, 'study: wrong\ndataset: { path: images.npz }\n');
    const refused = await client(admin, wrong).catch((error: { stderr: string }) => error);
    expect(refused.stderr).toMatch(/^INVALID_ARGUMENT: .*problems/);
    expect(refused.stderr).toContain("must be an absolute path on the coordinator's machine");
    const worker = `@${join(state, 'worker.join')}`;
    const denied = await client(worker, 'examples/minimal.yaml').catch(
      (error: { stderr: string }) => error,
    );
    expect(denied.stderr).toMatch(/^PERMISSION_DENIED: Token .* has the role worker/);
  });

  test('cluster.sh runs a study over two workers and prints its table', async () => {
    const { stdout } = await run('bash', ['examples/cluster.sh'], {
      env: { ...process.env, PATH: `${join(process.execPath, '..')}:${process.env['PATH']}` },
    });
    expect(stdout).toMatch(/only\/\d/);
    expect(stdout).toMatch(/node[12]/);
  });

  test('optuna-drives-the-cluster.py trains what Optuna proposes, and the last study repeats it (skipped without optuna)', async ({
    skip,
  }) => {
    const probe = await run(python, ['-c', 'import grpc, grpc_tools, optuna']).catch(() => null);
    if (probe === null) return skip(`${python} has no optuna, grpcio and grpcio-tools`);
    const state = join(scratchDir(), 'state');
    const coordinator = start(['coordinator', '--listen', '127.0.0.1:0', '--state', state]);
    await coordinator.prints(/ridgeline worker --join/);
    start(['worker', '--join', `@${join(state, 'worker.join')}`, '--threads', '1']);
    const program = ['examples/optuna-drives-the-cluster.py', `@${join(state, 'admin.join')}`];
    const last = join(state, 'last.yaml');
    const done = await run(python, [...program, 'examples/asked.yaml', last]);
    expect(done.stdout).toMatch(/^best: 0\.9\d* \{.*'hidden': (20|40)/m);
    const columns = ['--all', '--columns', 'trial,lambda,hidden,digest', '--format', 'tsv'];
    const results = await ridgeline(['results', 'asked', ...columns, '--state', state]);
    expect(results.stdout.match(/^proposed\/also-\d+\t/gm), results.stderr).toHaveLength(12);
    const elsewhere = join(scratchDir(), 'state');
    const again = await ridgeline(['run', last, '--state', elsewhere, '--workers', '1']);
    expect(again.code, again.stderr).toBe(0);
    const repeated = await ridgeline(['results', 'asked', ...columns, '--state', elsewhere]);
    expect(repeated.stdout).toBe(results.stdout);
  });
});

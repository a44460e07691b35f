/** Secrets are in files of the state directory only. */
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseJoin } from '../../src/rpc/credentials/join-string.ts';
import { processTree, readProcess } from './support/process-tree.ts';
import { ridgeline, scratchDir, start, writeStudy } from './support/processes.ts';

/** The secret parts of tokens and keys. */
function readSecrets(state: string): string[] {
  const text = (...path: string[]): string => readFileSync(join(state, ...path), 'utf8');
  const joins = ['admin.join', 'worker.join'].map((name) => text(name));
  const keys = ['ca.key', 'server.key'].map((name) => text('tls', name));
  return [
    ...joins.map((text) => parseJoin(text).secret),
    ...keys.map((pem) => pem.split('\n')[1] ?? ''),
  ];
}

describe.skipIf(process.platform !== 'linux')('secrets', () => {
  test('secrets are in no command line, environment or output of a run and its workers', async () => {
    const dir = scratchDir();
    const state = join(dir, 'state');
    const study = writeStudy(dir, { name: 'secret', trials: 4, cycles: 8 });
    const run = start(['run', study, '--state', state, '--workers', '2', '--debug']);
    // Both processes are running by then; under load, one may train all trials before the other joins.
    await run.prints(/worker local-\d joined/);
    const secrets = readSecrets(state);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9+/_-]{43,64}$/);
    const tree = processTree(run.child.pid ?? 0);
    expect(tree.length).toBeGreaterThanOrEqual(3);
    const seen = tree.map((pid) => readProcess(pid, 'cmdline') + readProcess(pid, 'environ'));
    expect(seen.join('\n')).toContain('local-2');
    const done = await run.finished;
    expect(done.code, done.stderr).toBe(0);
    const all = [...seen, done.stdout, done.stderr].join('\n');
    for (const secret of secrets) expect(all.includes(secret)).toBe(false);
  });

  test('secrets are printed neither by a refused worker nor by a coordinator', async () => {
    const dir = scratchDir();
    const state = join(dir, 'state');
    const coordinator = start([
      'coordinator',
      '--listen',
      '127.0.0.1:0',
      '--state',
      state,
      '--debug',
    ]);
    const file = (await coordinator.prints(/--join @(\S+)/))[1]!;
    const line = readFileSync(file, 'utf8').trim();
    const { secret } = parseJoin(line);
    const wrong = (secret.startsWith('A') ? 'B' : 'A') + secret.slice(1);
    const common = ['--wait', '0', '--debug', '--cache', join(dir, 'cache')];
    const refused = await ridgeline(['worker', '--join', '-', ...common], {
      input: `${line.replace(secret, wrong)}\n`,
    });
    expect(refused.code).toBe(5);
    const cutOff = await ridgeline(['worker', '--join', '-', ...common], {
      input: `${line.slice(0, -1)}\n`,
    });
    expect(cutOff.code).toBe(2);
    const shown = await ridgeline(['worker', '--join', line.replace(secret, wrong), ...common]);
    expect(shown.stderr).toMatch(/`ps` shows the token to other users/);
    coordinator.kill('SIGTERM');
    const done = await coordinator.finished;
    const said = [refused, cutOff, shown, done]
      .map(({ stdout, stderr }) => stdout + stderr)
      .join('');
    for (const each of [...readSecrets(state), wrong, secret.slice(0, -1)])
      expect(said.includes(each)).toBe(false);
  });

  test('files with secrets are readable by their owner only, and wider permissions are narrowed at the next start', async () => {
    const dir = scratchDir();
    const state = join(dir, 'state');
    const serve = () => start(['coordinator', '--listen', '127.0.0.1:0', '--state', state]);
    const first = serve();
    await first.prints(/--join @/);
    const entries = readdirSync(state, { recursive: true, withFileTypes: true });
    const wide = entries
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => (statSync(path).mode & 0o077) !== 0);
    expect([wide, statSync(state).mode & 0o777]).toEqual([[], 0o700]);
    first.kill('SIGTERM');
    await first.finished;

    const mode = (path: string) => statSync(path).mode & 0o777;
    for (const name of ['tokens.json', 'admin.join', 'tls/ca.key'])
      chmodSync(join(state, name), 0o664);
    for (const name of ['', 'tls']) chmodSync(join(state, name), 0o2775);
    const keys = join(dir, 'keys');
    mkdirSync(keys, { mode: 0o755 });
    const second = serve();
    await second.prints(/--join @/);
    expect(
      ['tokens.json', 'admin.join', 'tls/ca.key'].map((name) => mode(join(state, name))),
    ).toEqual([0o600, 0o600, 0o600]);
    expect([mode(state), mode(join(state, 'tls'))]).toEqual([0o700, 0o700]);
    second.kill('SIGTERM');
    await second.finished;

    // A directory of keys leaves that of the state as it is.
    const made = join(dir, 'made-by-hand');
    mkdirSync(made, { mode: 0o755 });
    const args = ['coordinator', '--listen', '127.0.0.1:0', '--state', made, '--keys', keys];
    const third = start(args);
    await third.prints(new RegExp(`--join @${keys}/worker.join`));
    expect([mode(made), mode(keys)]).toEqual([0o755, 0o700]);
    expect(readdirSync(made).filter((name) => /join|tls|tokens/.test(name))).toEqual([]);
    const listed = await ridgeline(['token', 'list', '--state', made, '--keys', keys]);
    expect([listed.code, listed.stderr]).toEqual([0, '']);
    third.kill('SIGTERM');
    await third.finished;
    const other = await ridgeline([...args.slice(0, 4), state, '--keys', keys]);
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining(`are those of the state directory ${made}, not of ${state}`),
    ]);
  });
});

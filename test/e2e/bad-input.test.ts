/**
 * Command lines and environments that nobody means: one clear line, the documented exit code, no
 * stack, nothing done. Study files are in `test/config`, what comes over the network in
 * `bad-peer.test.ts`.
 *
 * Left out, since they do not fit: an option given twice (the last one counts, as everywhere), unknown
 * `RIDGELINE_…` variables (a newer version's must not stop an older one), `NODE_OPTIONS=--inspect`
 * (asked for by whoever set it), SLURM and Kubernetes variables (nothing reads them).
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ridgeline, scratchDir } from './support/processes.ts';

interface Row {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly code: number;
  readonly says: RegExp;
}

const serve = (...more: string[]): string[] => ['coordinator', '--state', 'state', ...more];
const joinAs = (...more: string[]): string[] => ['worker', '--wait', '0', ...more];
const listen = ['--listen', '127.0.0.1:0'];
const nobody = `ridgeline:1:127.0.0.1:1:${'p'.repeat(43)}:id:${'s'.repeat(43)}`;

const rows: readonly Row[] = [
  { args: serve('--listen', '127.0.0.1:70000'), code: 2, says: /--listen must be HOST:PORT/ },
  { args: serve('--listen', '127.0.0.1:1e3'), code: 2, says: /--listen must be HOST:PORT/ },
  { args: serve('--listen', '192.0.2.1:0'), code: 2, says: /cannot listen on 192\.0\.2\.1:0/ },
  { args: serve(...listen, '--advertise', 'head'), code: 2, says: /--advertise must be HOST:PORT/ },
  {
    args: serve(...listen, '--lease', '0'),
    code: 2,
    says: /--lease must be a whole number from 1/,
  },
  { args: ['coordinator', ...listen, '--state', '/dev/null'], code: 1, says: /\/dev\/null/ },
  { args: ['coordinator', ...listen, '--state', 'file'], code: 1, says: /file/ },
  { args: joinAs('--join', nobody, '--threads', '0'), code: 2, says: /--threads must be a whole/ },
  { args: joinAs('--join', nobody, '--threads', '100000'), code: 2, says: /from 1 to 256/ },
  { args: joinAs('--join', nobody, '--pack', '9'), code: 2, says: /--pack must be a whole/ },
  {
    args: joinAs('--join', '@none'),
    code: 2,
    says: /cannot be read from none: there is no such file\./,
  },
  {
    args: ['predict', 'none.npz', 'digits'],
    code: 2,
    says: /none\.npz .*: there is no such file\./,
  },
  { args: joinAs('--join', '@file'), code: 2, says: /not a join string/ },
  { args: joinAs('--join', '/dev/zero'), code: 2, says: /not a join string/ },
  { args: joinAs('--join', nobody), code: 4, says: /nobody listens there/ },
  { args: joinAs('--join', nobody, '--name', ''), code: 2, says: /--name/ },
  { args: ['token', 'new', '--expires', '0h'], code: 2, says: /--expires must be a whole number/ },
  { args: ['token', 'new', '--role', 'root'], code: 2, says: /Allowed choices are worker/ },
  {
    args: ['status', '--coordinator', nobody],
    code: 4,
    says: /nobody listens there/,
  },
  {
    args: ['status', '--state', 'empty'],
    env: { RIDGELINE_LOG_LEVEL: 'loud' },
    code: 2,
    says: /RIDGELINE_LOG_LEVEL must be one of/,
  },
  {
    args: ['status', '--state', 'empty'],
    env: { GRPC_TRACE: 'all' },
    code: 0,
    says: /GRPC_TRACE is set: what it prints contains tokens/,
  },
  {
    args: joinAs('--join', nobody),
    env: { http_proxy: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' },
    code: 4,
    says: /nobody listens there/,
  },
  // Empty counts as unset: not the folder one stands in.
  {
    args: ['status'],
    env: { XDG_STATE_HOME: '', RIDGELINE_LOG_LEVEL: '', HOME: 'home' },
    code: 0,
    says: /no study yet/,
  },
];

/** What is wrong with how a row ended; null when all is right. */
async function verdict({ args, env, code, says }: Row): Promise<string | null> {
  const cwd = scratchDir();
  writeFileSync(join(cwd, 'file'), 'not a join string\n');
  mkdirSync(join(cwd, 'empty'), { mode: 0o700 });
  const done = await ridgeline(args, { cwd, env: env ?? {} });
  const left = readdirSync(cwd).filter(
    (name) => !['file', 'empty', 'home', 'state'].includes(name),
  );
  const errors = done.stderr.match(/^(ridgeline|error): /gm) ?? [];
  const isRight =
    done.code === code &&
    says.test(done.stderr) &&
    errors.length === (code === 0 ? 0 : 1) &&
    !/^\s+at /m.test(done.stderr) &&
    done.stdout === '' &&
    left.length === 0;
  return isRight ? null : JSON.stringify({ args, env, ...done, left }, null, 2);
}

test('a command that nobody means ends with one clear line', { timeout: 180_000 }, async () => {
  const waiting = [...rows];
  const wrong: string[] = [];
  const lane = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      const said = await verdict(row);
      if (said !== null) wrong.push(said);
    }
  };
  await Promise.all([lane(), lane()]);
  expect(wrong.join('\n')).toBe('');
});

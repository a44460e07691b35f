/**
 * Invalid command lines and environments: one line, the documented exit code, no stack, no effect.
 * Study files are tested in `test/config`, network input in `bad-peer.test.ts`.
 *
 * Not tested: an option given twice (the last one counts), unknown `RIDGELINE_…` variables (ignored),
 * `NODE_OPTIONS=--inspect` (intended by the user), SLURM and Kubernetes variables (not read).
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inProcess } from '../cli/support/in-process.ts';
import { ridgeline, scratchDir } from './support/processes.ts';

interface Row {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly code: number;
  readonly prints: RegExp;
}

const serve = (...more: string[]): string[] => ['coordinator', '--state', 'state', ...more];
const joinAs = (...more: string[]): string[] => ['worker', '--wait', '0', ...more];
const listen = ['--listen', '127.0.0.1:0'];
const absent = `ridgeline:1:127.0.0.1:1:${'p'.repeat(43)}:id:${'s'.repeat(43)}`;

const rows: readonly Row[] = [
  { args: serve('--listen', '127.0.0.1:70000'), code: 2, prints: /--listen must be HOST:PORT/ },
  { args: serve('--listen', '127.0.0.1:1e3'), code: 2, prints: /--listen must be HOST:PORT/ },
  { args: serve('--listen', '192.0.2.1:0'), code: 2, prints: /cannot listen on 192\.0\.2\.1:0/ },
  {
    args: serve(...listen, '--advertise', 'head'),
    code: 2,
    prints: /--advertise must be HOST:PORT/,
  },
  {
    args: serve(...listen, '--lease', '0'),
    code: 2,
    prints: /--lease must be a whole number from 1/,
  },
  { args: ['coordinator', ...listen, '--state', '/dev/null'], code: 1, prints: /\/dev\/null/ },
  { args: ['coordinator', ...listen, '--state', 'file'], code: 1, prints: /file/ },
  {
    args: joinAs('--join', absent, '--threads', '0'),
    code: 2,
    prints: /--threads must be a whole/,
  },
  { args: joinAs('--join', absent, '--threads', '100000'), code: 2, prints: /from 1 to 256/ },
  { args: joinAs('--join', absent, '--pack', '9'), code: 2, prints: /--pack must be a whole/ },
  {
    args: joinAs('--join', '@none'),
    code: 2,
    prints: /cannot be read from none: there is no such file\./,
  },
  {
    args: ['predict', 'none.npz', 'digits'],
    code: 2,
    prints: /none\.npz .*: there is no such file\./,
  },
  { args: joinAs('--join', '@file'), code: 2, prints: /not a join string/ },
  { args: joinAs('--join', '/dev/zero'), code: 2, prints: /not a join string/ },
  { args: joinAs('--join', absent), code: 4, prints: /no program listens on that port/ },
  { args: joinAs('--join', absent, '--name', ''), code: 2, prints: /--name/ },
  {
    args: ['token', 'new', '--expires', '0h'],
    code: 2,
    prints: /--expires must be a duration/,
  },
  { args: ['token', 'new', '--role', 'root'], code: 2, prints: /Allowed choices are worker/ },
  {
    args: ['status', '--coordinator', absent],
    code: 4,
    prints: /no program listens on that port/,
  },
  {
    args: ['status', '--state', 'empty'],
    env: { RIDGELINE_LOG_LEVEL: 'loud' },
    code: 2,
    prints: /RIDGELINE_LOG_LEVEL must be one of/,
  },
  {
    args: ['status', '--state', 'empty'],
    env: { GRPC_TRACE: 'all' },
    code: 0,
    prints: /GRPC_TRACE is set: its output contains tokens/,
  },
  {
    args: joinAs('--join', absent),
    env: { http_proxy: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' },
    code: 4,
    prints: /no program listens on that port/,
  },
  // An empty variable counts as unset; it does not mean the current folder.
  {
    args: ['status'],
    env: { XDG_STATE_HOME: '', RIDGELINE_LOG_LEVEL: '', HOME: 'home' },
    code: 0,
    prints: /no study yet/,
  },
];

/** Whether the parser of options refuses it, before a file is read or a folder is created. */
function isRefused({ args, env, code }: Row): boolean {
  const readsFile = args.some((word) => /^@|\/dev/.test(word));
  return code === 2 && env === undefined && args[0] === 'worker' && !readsFile;
}

/** Describes an unexpected outcome; null if it is as expected. */
async function findProblem(row: Row): Promise<string | null> {
  const { args, env, code, prints } = row;
  const cwd = scratchDir();
  writeFileSync(join(cwd, 'file'), 'not a join string\n');
  mkdirSync(join(cwd, 'empty'), { mode: 0o700 });
  const done = isRefused(row)
    ? await inProcess(args)
    : await ridgeline(args, { cwd, env: env ?? {} });
  const left = readdirSync(cwd).filter(
    (name) => !['file', 'empty', 'home', 'state'].includes(name),
  );
  const errors = done.stderr.match(/^(ridgeline|error): /gm) ?? [];
  const isRight =
    done.code === code &&
    prints.test(done.stderr) &&
    errors.length === (code === 0 ? 0 : 1) &&
    !/^\s+at /m.test(done.stderr) &&
    done.stdout === '' &&
    left.length === 0;
  return isRight ? null : JSON.stringify({ args, env, ...done, left }, null, 2);
}

test('each invalid command line or environment is reported in one line with the documented exit code', async () => {
  const waiting = [...rows];
  const wrong: string[] = [];
  const lane = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      const problem = await findProblem(row);
      if (problem !== null) wrong.push(problem);
    }
  };
  await Promise.all([lane(), lane()]);
  expect(wrong.join('\n')).toBe('');
});

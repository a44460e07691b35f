/** Odd hosts: limits of addresses and files, no home directory, folders that cannot be created. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ridgeline, scratchDir, start, writeStudy, type ResultsJson } from './support/processes.ts';

const isLinux = process.platform === 'linux';
const isRoot = isLinux && process.getuid?.() === 0;
/** Starts the command under `ulimit`. */
const limited = (limit: string): readonly string[] => [
  'bash',
  '-c',
  `ulimit ${limit}; exec "$@"`,
  'bash',
];

describe.runIf(isLinux).concurrent('a limit of addresses (ulimit -v)', () => {
  test('cuts the threads of workers to those that fit, and changes no digest', async ({
    onTestFinished,
  }) => {
    const dir = scratchDir(onTestFinished);
    const study = writeStudy(dir, { name: 'narrow', coarseOnly: true });
    const run = async (state: string, prefix: readonly string[]) => {
      const flags = ['--workers', '1', '--threads', '8', '--format', 'json'];
      const directories = ['--state', join(dir, state), '--cache', join(dir, `${state}-cache`)];
      return await ridgeline(['run', study, ...flags, ...directories], {
        prefix,
        onEnd: onTestFinished,
      });
    };
    const [free, cut] = await Promise.all([run('free', []), run('cut', limited('-v 2000000'))]);
    expect([free.code, cut.code], cut.stderr).toEqual([0, 0]);
    expect(cut.stderr).toMatch(
      /Training with \d of 8 threads: the limit of addresses, `ulimit -v 2000000`, leaves no room for more\./,
    );
    expect(free.stderr).not.toContain('Training with');
    const digests = ({ stdout }: { readonly stdout: string }) =>
      (JSON.parse(stdout) as ResultsJson).stages[0]?.trials.map(({ digest }) => digest);
    expect(digests(cut)).toEqual(digests(free));
  });

  test('does not keep several seeds from being trained', async ({ onTestFinished }) => {
    const dir = scratchDir(onTestFinished);
    const study = writeStudy(dir, { name: 'seeds' });
    const flags = ['--lambda', '0.1', '--seeds', '4', '--threads', '4', '--kernel', 'portable'];
    const ended = await ridgeline(['train', study, ...flags, '--state', join(dir, 'state')], {
      prefix: limited('-v 2000000'),
      onEnd: onTestFinished,
    });
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('mean of 4 seeds') });
  });
});

describe.runIf(isLinux).concurrent('a limit of open files (ulimit -n)', () => {
  test('is reported when a coordinator starts, with the workers for which there is room', async ({
    onTestFinished,
  }) => {
    const dir = scratchDir(onTestFinished);
    const state = ['--state', dir];
    const coordinator = start(['coordinator', '--listen', '127.0.0.1:0', ...state], {
      prefix: limited('-n 64'),
      onEnd: onTestFinished,
    });
    await coordinator.prints(/there is room for 20 workers: `ulimit -n 64` limits open files/);
    await coordinator.prints(/ridgeline worker --join/);
    const status = await ridgeline(['status', ...state], { onEnd: onTestFinished });
    expect(status).toMatchObject({ code: 0 });
  });
});

describe.runIf(isLinux)('a folder that cannot be created', () => {
  test.each([
    [
      'the cache of run',
      ['run', 'configs/quickstart.yaml', '--cache', '/proc/none'],
      1,
      /The cache of decoded data cannot be written: ENOENT.*\n {2}fix: Give a writable directory with --cache/,
    ],
    [
      'the checkpoints of train',
      ['train', 'configs/quickstart.yaml', '--lambda', '0.1', '--state', '/proc/none'],
      1,
      /\/proc\/none.* cannot be written.*\n {2}fix: .*--state/,
    ],
  ])('%s ends with an error instead of an endless loop', async (_what, args, code, text) => {
    const ended = await ridgeline(args, { env: { XDG_STATE_HOME: scratchDir(onTestFinished) } });
    expect(ended.code, ended.stderr).toBe(code);
    expect(ended.stdout + ended.stderr).toMatch(text);
  });
});

test.runIf(isLinux)('the launcher starts the command with a home directory below /proc', () => {
  // An empty variable counts as unset.
  const env = { PATH: process.env['PATH'], HOME: '/proc', XDG_CACHE_HOME: '' };
  const version = execFileSync(process.execPath, ['scripts/ridgeline.mjs', '--version'], { env });
  expect(version.toString()).toMatch(/^ridgeline/);
});

/** A user without an entry in the password database. */
const homeless = ['setpriv', '--reuid', '54321', '--clear-groups', 'env', '-u', 'HOME'];
const canReadProgram = isRoot && canRun(['test', '-x', process.execPath]);

function canRun(command: readonly string[]): boolean {
  try {
    const [program = '', ...args] = [...homeless, ...command];
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.runIf(canReadProgram).concurrent('a user without a home directory', () => {
  const env = { XDG_CACHE_HOME: '', XDG_STATE_HOME: '', XDG_CONFIG_HOME: '' };

  test('gets the help, and one error that names --state and --cache', async ({
    onTestFinished,
  }) => {
    const options = { prefix: homeless, env, onEnd: onTestFinished };
    expect(await ridgeline(['--help'], options)).toMatchObject({ code: 0, stderr: '' });
    const ended = await ridgeline(['run', 'configs/quickstart.yaml'], options);
    expect(ended).toMatchObject({
      code: 2,
      stderr: `ridgeline: This user has no home directory (HOME is not set), but the default state directory is in it.
  fix: Give --state DIR, and for workers --cache DIR; or set HOME to a writable directory.
`,
    });
  });

  test('runs a study with --state alone', async ({ onTestFinished }) => {
    const dir = scratchDir(onTestFinished);
    chmodSync(dir, 0o777);
    const study = writeStudy(dir, { name: 'homeless', trials: 3, coarseOnly: true });
    mkdirSync(join(dir, 'state'));
    chmodSync(join(dir, 'state'), 0o777);
    const state = join(dir, 'state/own');
    const ended = await ridgeline(['run', study, '--workers', '1', '--state', state], {
      prefix: homeless,
      env,
      onEnd: onTestFinished,
    });
    expect(ended.code, ended.stderr).toBe(0);
  });
});

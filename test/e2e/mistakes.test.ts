/** Mistakes of users: one error, the documented exit code, no partial work. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inProcess } from '../cli/support/in-process.ts';
import { ridgeline, scratchDir, start, writeStudy } from './support/processes.ts';

/** Runs a study without worker processes, which the mistakes of these tests do not reach. */
const runAlone = async (...args: readonly string[]) =>
  await ridgeline(['run', ...args, '--workers', '0']);

/** Expects exactly one error, with a fix and without a stack. */
function expectError(
  done: { code: number | null; stdout: string; stderr: string },
  code: number,
  what: RegExp,
): void {
  expect(done.stderr).toMatch(what);
  expect(done.stderr.match(/^ridgeline: /gm), done.stderr).toHaveLength(1);
  expect(done.stderr).toMatch(/^ {2}fix: \S/m);
  expect(done.stderr).not.toMatch(/^ {4}at /m);
  expect(done.stdout).toBe('');
  expect(done.code).toBe(code);
}

describe('a wrong study file', () => {
  test('all mistakes of a study file are reported with file, line and column, and nothing is stored', async () => {
    const dir = scratchDir();
    const study = writeStudy(dir, { name: 'wrong' });
    writeFileSync(
      study,
      readFileSync(study, 'utf8').replace('hidden:', 'hiden:').replace('min: 1.0e-6', 'min: -6'),
    );
    const state = join(dir, 'state');
    const done = await ridgeline(['run', study, '--state', state]);
    expectError(
      done,
      2,
      /wrong\.yaml:\d+:\d+ {2}trainer\.hiden: unknown key; did you mean hidden\?/,
    );
    expect(done.stderr).toMatch(/wrong\.yaml:\d+:\d+ {2}stages\.0\.lambda\.min: must be /);
    expect(existsSync(state)).toBe(false);
  });

  test('a missing study file and an unknown data set are reported', async () => {
    const dir = scratchDir();
    expectError(
      await runAlone(join(dir, 'none.yaml'), '--state', dir),
      2,
      /none\.yaml cannot be read: there is no such file/,
    );
    const study = writeStudy(dir, { name: 'data' });
    writeFileSync(study, readFileSync(study, 'utf8').replace('name: digits', 'name: digist'));
    expectError(await runAlone(study, '--state', dir), 2, /digist/);
  });

  test('a missing data set is reported with the command that fetches it and the searched paths', async () => {
    const dir = scratchDir();
    const study = 'configs/coarse-to-fine.yaml';
    const done = await runAlone(study, '--state', dir, '--data-dir', dir);
    expectError(done, 2, /cifar10/);
    expect(done.stderr).toMatch(/ridgeline data fetch cifar10/);
    expect(done.stderr).toContain(join(dir, 'cifar-10-binary.tar.gz'));
  });

  test('a damaged data file is reported with its name and the place', async () => {
    const dir = scratchDir();
    const folder = join(dir, 'cifar-10-batches-bin');
    mkdirSync(folder);
    const whole = Buffer.alloc(3073 * 20, 7);
    for (let record = 0; record < 20; record++) whole[record * 3073] = record % 10;
    const badLabel = Buffer.from(whole);
    badLabel[3073 * 4] = 10;
    const cases = [
      [whole.subarray(0, -100), /data_batch_1\.bin/],
      [Buffer.concat([whole, Buffer.alloc(5)]), /data_batch_1\.bin/],
      [badLabel, /label 10/],
    ] as const;
    for (const [bytes, what] of cases) {
      writeFileSync(join(folder, 'data_batch_1.bin'), bytes);
      for (const other of ['data_batch_2', 'test_batch'])
        writeFileSync(join(folder, `${other}.bin`), whole);
      expectError(
        await runAlone('configs/coarse-to-fine.yaml', '--state', dir, '--data-dir', dir, '--quiet'),
        2,
        what,
      );
    }
  });
});

test('a state directory that cannot be created is reported, and the command ends', async () => {
  if (process.platform !== 'linux') return;
  const done = await ridgeline(['run', 'configs/quickstart.yaml', '--state', '/proc/none/state']);
  expectError(done, 1, /The state in \/proc\/none\/state cannot be used/);
});

describe('a wrong command line', () => {
  test.each([
    [['rnu'], /Unknown command 'rnu'\. Did you mean run\?/],
    // Reported before a search that may take hours, not when its results are printed.
    [['run', 'configs/quickstart.yaml', '--format', 'xml'], /xml.*Allowed choices/],
  ])('%s ends with exit code 2 and names the mistake', async (args, what) => {
    expectError(await inProcess(args), 2, what);
  });

  test('an unknown study, a wrong join string and a missing file are reported with a fix', async () => {
    const dir = scratchDir();
    expectError(
      await inProcess(['results', 'nothing', '--state', dir]),
      1,
      /There is no study "nothing"/,
    );
    const byFile = await inProcess(['results', 'configs/quickstart.yaml', '--state', dir]);
    expectError(byFile, 1, /There is no study "configs\/quickstart\.yaml"/);
    expect(byFile.stderr).toContain('after `study:`');
    expectError(await inProcess(['worker', '--join', 'nonsense']), 2, /join/);
    const noFile = await inProcess(['data', 'info', './none.npz']);
    expectError(noFile, 2, /There is no file or folder \.\/none\.npz\./);
    expect(noFile.stderr).toContain('ridgeline data list');
  });

  test('help about a misspelled command suggests the right one', async () => {
    const shown = await inProcess(['help', 'results']);
    expect(shown.stdout).toMatch(/Examples?:\n {2}ridgeline results/);
    const mistyped = await inProcess(['help', 'reslts']);
    expectError(mistyped, 2, /There is no help about "reslts"\. Did you mean results\?/);
    expect(mistyped.stdout).toBe('');
  });
});

describe('a coordinator', () => {
  test('a coordinator whose port or state directory is in use reports the user and a fix, and ends when `stop` asks it to', async () => {
    const dir = scratchDir();
    const state = join(dir, 'state');
    const log = join(dir, 'coordinator.log');
    const first = start(['coordinator', '--listen', '127.0.0.1:0', '--state', state, '--log', log]);
    await first.prints(/ridgeline worker --join/);
    const study = writeStudy(dir, { name: 'second', trials: 3 });
    const locked = await ridgeline(['run', study, '--state', state]);
    expectError(locked, 1, /pid \d+/);
    expect(locked.stderr).toMatch(/ridgeline submit/);

    const taken = createServer();
    await new Promise<void>((listening) => {
      taken.listen(0, '127.0.0.1', listening);
    });
    const { port } = taken.address() as AddressInfo;
    const other = await ridgeline([
      'coordinator',
      '--listen',
      `127.0.0.1:${port}`,
      '--state',
      join(dir, 'other'),
    ]);
    taken.close();
    expectError(other, 1, new RegExp(`127\\.0\\.0\\.1:${port}`));

    const file = join(dir, 'file');
    writeFileSync(file, '');
    expectError(
      await ridgeline(['coordinator', '--listen', '127.0.0.1:0', '--state', file]),
      1,
      /file/,
    );

    const drained = await ridgeline(['drain', 'vm-9', '--state', state]);
    expectError(drained, 1, /There is no worker "vm-9": no worker has joined/);
    const submitted = await ridgeline(['submit', study, '--state', state]);
    expect(submitted.code, submitted.stderr).toBe(0);
    const status = await ridgeline(['status', '--state', state, '--format', 'json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      studies: [{ study: 'second', status: 'waiting' }],
    });
    const byName = await ridgeline(['submit', 'second', '--state', state]);
    expectError(byName, 2, /There is no file second; it is the name of a stored study/);
    const stopped = await ridgeline(['stop', '--drain', '--state', state]);
    expect(stopped.code, stopped.stderr).toBe(0);
    expect(stopped.stderr).toContain('the coordinator has ended');
    expect((await first.finished).code).toBe(0);
    expect(readFileSync(log, 'utf8')).toMatch(
      /^\d{4}-\S+Z listening on [^]*Z stopping; no worker is connected/m,
    );
    expect((await ridgeline(['workers', '--state', state])).code).toBe(4);
  });

  test('a worker with a wrong token or another authority is refused, and a worker without a coordinator stops', async () => {
    const dir = scratchDir();
    const coordinator = start([
      'coordinator',
      '--listen',
      '127.0.0.1:0',
      '--state',
      join(dir, 'a'),
    ]);
    const stranger = start(['coordinator', '--listen', '127.0.0.1:0', '--state', join(dir, 'b')]);
    const readJoinLine = async (running: typeof coordinator): Promise<string> =>
      readFileSync((await running.prints(/--join @(\S+)/))[1]!, 'utf8').trim();
    const [right, other] = [await readJoinLine(coordinator), await readJoinLine(stranger)];
    const worker = async (line: string) =>
      await ridgeline(['worker', '--join', '-', '--wait', '0', '--cache', join(dir, 'cache')], {
        input: `${line}\n`,
      });
    const secret = right.split(':').at(-1)!;
    const wrongSecret = (secret[0] === 'A' ? 'B' : 'A') + secret.slice(1);
    expectError(await worker(right.replace(secret, wrongSecret)), 5, /token/i);
    const [address, otherAddress] = [
      /\d+\.\d+\.\d+\.\d+:\d+/.exec(right)![0],
      /\d+\.\d+\.\d+\.\d+:\d+/.exec(other)![0],
    ];
    expectError(
      await worker(right.replace(address, otherAddress)),
      5,
      /its CA has the pin .* No token was sent/,
    );
    coordinator.kill('SIGTERM');
    await coordinator.finished;
    expectError(await worker(right), 4, new RegExp(address));
  });
});

/**
 * Signals to `run`: finished trials are kept, and no worker outlives it.
 *
 * Workers inherit the standard error of their run. So `finished`, which waits until it is closed, waits for
 * them too.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formatJoin } from '../../src/rpc/credentials/join-string.ts';
import { childPids } from './support/process-tree.ts';
import { ridgeline, scratchDir, start, writeStudy, type Running } from './support/processes.ts';

const nobodyThere = formatJoin({
  address: '127.0.0.1:1',
  caPin: 'p'.repeat(43),
  tokenId: 'none',
  secret: 's'.repeat(43),
});

/** A run with two workers, which have trained some trials. */
async function startedRun(cycles = 15): Promise<Running> {
  const dir = scratchDir();
  const study = writeStudy(dir, { name: 'stopped', trials: 40, cycles, hidden: 64 });
  const run = start(['run', study, '--state', dir, '--pack', '1']);
  await run.prints(/coarse\/2\b/);
  expect(childPids(run.child.pid!)).toHaveLength(2);
  return run;
}

describe.skipIf(process.platform !== 'linux')('run', () => {
  test.each([
    ['run', (study: string, dir: string) => ['run', study, '--state', dir]],
    [
      'coordinator',
      (study: string, dir: string) => [
        'coordinator',
        study,
        '--state',
        dir,
        '--listen',
        '127.0.0.1:0',
      ],
    ],
  ])('%s ends when the wrapper script that started it is killed', async (_, args) => {
    const dir = scratchDir();
    const study = writeStudy(dir, { name: 'launched', trials: 40, cycles: 300 });
    // As `scripts/ridgeline.mjs` does if the system's Node is too old.
    const code = `require('child_process').spawn(process.execPath, process.argv.slice(1),
      { stdio: 'inherit', env: { ...process.env, RIDGELINE_LAUNCHER: process.pid } })`;
    const launcher = start(args(study, dir), { node: [process.execPath, '-e', code] });
    await launcher.prints(/ridgeline worker --join|joined with/);
    launcher.child.kill('SIGKILL');
    await launcher.finished;
  });

  test('a run whose wrapper script has ended before its start ends too', async () => {
    const { signal } = await ridgeline(['coordinator', '--state', scratchDir()], {
      env: { RIDGELINE_LAUNCHER: '1' },
    });
    expect(signal).toBe('SIGKILL');
  });

  test('a local worker that is still starting ends with its run', async () => {
    const main = resolve('src/cli/main.ts');
    const args = [main, 'worker', '--join', '-', '--local', '--wait', '86400'];
    const worker = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'ignore', 'ipc'] });
    worker.stdin!.end(nobodyThere);
    onTestFinished(() => void worker.kill('SIGKILL'));
    worker.disconnect();
    const [code] = await once(worker, 'exit');
    expect(code).toBe(1);
  });

  test('a run without a terminal ignores a hang-up; Ctrl-C drains it, prints how to resume, and exits with 130', async () => {
    const run = await startedRun();
    run.kill('SIGHUP');
    await run.prints(/SIGHUP ignored: no terminal is attached/);
    run.kill('SIGINT');
    await run.prints(/draining: (?:no|\d+) packs? of trials still running/);
    const done = await run.finished;
    expect(done.stderr).toMatch(/ridgeline run \S*stopped\.yaml --state \S+ --pack 1/);
    expect(done.code).toBe(130);
  });

  test('a draining run waits for trials on other machines too', async () => {
    const dir = scratchDir();
    const study = writeStudy(dir, { name: 'elsewhere', trials: 40, cycles: 15, hidden: 64 });
    const run = start(['run', study, '--state', dir, '--workers', '0', '--listen', '127.0.0.1:0']);
    const [, join] = await run.prints(/worker --join (@\S+)/);
    const cache = ['--cache', scratchDir()];
    const worker = start(['worker', '--join', join!, '--threads', '1', '--pack', '1', ...cache]);
    await run.prints(/coarse\/2\b/);
    run.kill('SIGINT');
    await run.prints(/draining: 1 pack of trials still running/);
    const [{ code }, left] = await Promise.all([run.finished, worker.finished]);
    expect({ run: code, worker: left.code }).toEqual({ run: 130, worker: 0 });
    const { stdout } = await ridgeline([
      'results',
      'elsewhere',
      '--state',
      dir,
      '--format',
      'json',
    ]);
    const { stages } = JSON.parse(stdout) as { stages: { trials: { status: string }[] }[] };
    expect(stages[0]!.trials.map(({ status }) => status)).not.toContain('running');
  });

  test('SIGUSR1 drains a run and opens no debugger; a second signal returns running trials', async () => {
    // Trials take longer than the time between two signals.
    const run = await startedRun(200);
    run.kill('SIGUSR1');
    await run.prints(/draining/);
    // Signals within a quarter of a second count as one.
    const again = setInterval(() => run.kill('SIGINT'), 300);
    await run.prints(/returning (?:no|\d+) packs? of trials/);
    clearInterval(again);
    const done = await run.finished;
    expect(done.stderr).toMatch(/ended without a result: stopped by a second Ctrl-C/);
    expect(done.stderr).not.toContain('Debugger');
    expect(done.code).toBe(138);
  });

  test('the workers of a killed run end with it', async () => {
    const run = await startedRun();
    run.kill('SIGKILL');
    await run.finished;
  });
});

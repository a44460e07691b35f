/** Ctrl-C and worse, at `run`: nothing that was finished is lost, and no worker outlives it. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { scratchDir, start, writeStudy, type Running } from './processes.ts';

/** The processes that a process has started, by /proc. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return (
          readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1] ===
          String(pid)
        );
      } catch {
        return false; // It ended while we looked.
      }
    })
    .map(Number);
}

const isThere = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

/** A process that is not ours gives no event when it ends: looks until it has. */
async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(isThere)) await new Promise((looked) => setImmediate(looked));
}

async function startedRun(cycles = 30): Promise<{ run: Running; workers: number[]; dir: string }> {
  const dir = scratchDir();
  const study = writeStudy(dir, { name: 'stopped', trials: 40, cycles, hidden: 64 });
  const run = start(['run', study, '--state', dir, '--pack', '1']);
  await run.says(/coarse\/2\b/);
  const workers = childrenOf(run.child.pid!);
  expect(workers).toHaveLength(2);
  return { run, workers, dir };
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
  ])('%s under a launcher that is killed does not stay', async (_, args) => {
    const dir = scratchDir();
    const study = writeStudy(dir, { name: 'launched', trials: 40, cycles: 300 });
    // What `scripts/ridgeline.mjs` does where the system's Node is too old.
    const code = `require('child_process').spawn(process.execPath, process.argv.slice(1),
      { stdio: 'inherit', env: { ...process.env, RIDGELINE_LAUNCHER: process.pid } })`;
    const launcher = start(args(study, dir), { node: [process.execPath, '-e', code] });
    await launcher.says(/ridgeline worker --join|joined with/);
    const [child] = childrenOf(launcher.child.pid!);
    const pids = [child!, ...childrenOf(child!)];
    launcher.child.kill('SIGKILL');
    await gone(pids);
  });

  test('drains at the first Ctrl-C, says how to go on, and ends with 0', async () => {
    const { run, workers } = await startedRun();
    run.kill('SIGINT');
    await run.says(/draining: \d+ packs? of trials still running/);
    const done = await run.finished;
    expect(done.stderr).toMatch(/ridgeline run \S*stopped\.yaml --state \S+ --pack 1/);
    expect(done.code).toBe(0);
    await gone(workers);
  });

  test('cancels at the second and ends with 130', async () => {
    const { run, workers } = await startedRun(300);
    run.kill('SIGINT');
    await run.says(/draining/);
    // Signals within a quarter of a second count as one.
    const again = setInterval(() => run.kill('SIGINT'), 300);
    const done = await run.finished;
    clearInterval(again);
    expect(done.stderr).toMatch(/cancelling/);
    expect(done.code).toBe(130);
    await gone(workers);
  });

  test('takes its workers with it when it is killed', async () => {
    const { run, workers } = await startedRun();
    run.kill('SIGKILL');
    await run.finished;
    await gone(workers);
    expect(workers.some(isThere)).toBe(false);
  });
});

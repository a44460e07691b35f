import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { CommandSettings } from '../../../src/trainers/command/settings.ts';
import { runTrial, type TrialRun } from '../../../src/worker/command/run-trial.ts';

const folder = mkdtempSync(join(tmpdir(), 'ridgeline-command-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const settings: CommandSettings = {
  command: ['sh', 'train.sh'],
  files: [],
  parameters: {},
  rungs: [3],
  metrics: { loss: 'minimize' },
  resumes: false,
  repeatable: false,
  timeout: '1h',
  silence: '1h',
};

const task = {
  contract: 1,
  trial: 'coarse/1',
  attempt: 1,
  replicate: 1,
  seed: 7,
  parameters: { rate: 0.25, word: 'a b; $(c)' },
  from: null,
  to: 3,
  end: 3,
  test: false,
  data: null,
  out: 'out',
} as const;

const done = `echo '{"done":3,"metrics":{"loss":0.5}}'`;
const host = {
  own: { PATH: process.env['PATH'], TOKEN: 'secret-value', OTHER: 'no' },
  passed: ['TOKEN'],
  processors: 2,
};

function run(script: string, more: Partial<TrialRun> = {}) {
  const files = new Map([['train.sh', Buffer.from(script)]]);
  const { command } = settings;
  const words = 'name' in command ? [] : command;
  return runTrial(
    { settings, words, task, files, folder, device: null, ...more },
    host,
    () => undefined,
  );
}

describe('a program', () => {
  test('reads its task on standard input and in a file, and its result is the result of the trial', async () => {
    const script = `read line; cmp -s "$RIDGELINE_TASK" - <<E || exit 9\n$line\nE\n${done}`;
    const end = await run(script).ended;
    expect(end).toMatchObject({
      kind: 'trained',
      result: { kind: 'complete', steps: 3, curve: [{ step: 3, metrics: { loss: 0.5 } }] },
    });
    expect(JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8'))).toEqual(task);
  });

  test('has a clean environment in its own folder', async () => {
    const script = `env >out/env; pwd >out/pwd; ${done}`;
    expect(await run(script, { device: '3' }).ended).toMatchObject({ kind: 'trained' });
    const names = readFileSync(join(folder, 'out/env'), 'utf8').match(/^[A-Za-z_]+(?==)/gm);
    expect(names?.toSorted()).toEqual(
      [
        'CUDA_VISIBLE_DEVICES',
        'HOME',
        'OMP_NUM_THREADS',
        'PATH',
        'PWD',
        'PYTHONUNBUFFERED',
        'RIDGELINE_TASK',
        'TOKEN',
      ]
        .concat(names?.includes('SHLVL') === true ? ['SHLVL'] : [])
        .concat(names?.includes('_') === true ? ['_'] : [])
        .concat(names?.includes('OLDPWD') === true ? ['OLDPWD'] : [])
        .toSorted(),
    );
    expect(readFileSync(join(folder, 'out/pwd'), 'utf8').trim()).toBe(folder);
  });

  test('receives a parameter as one word, whatever is in it', async () => {
    const script = `[ "$1" = 'rate=0.25' ] && [ "$2" = 'a b; $(c)' ] && [ $# = 2 ] && ${done}`;
    const words = ['sh', 'train.sh', 'rate=${parameters.rate}', '${parameters.word}'];
    expect(await run(script, { words }).ended).toMatchObject({ kind: 'trained' });
  });

  test('that fails is reported with its exit code and the end of its error output, without secrets', async () => {
    const end = await run(`echo "at $TOKEN" >&2; ${done}; exit 3`).ended;
    expect(end).toEqual({
      kind: 'failed',
      reason: 'the command ended with exit code 3',
      log: 'at [TOKEN]\n',
      output: expect.stringMatching(/^err at \[TOKEN\]$/m),
    });
    expect(end.output).toMatch(/^out \{"done":3,/m);
  });

  test('that prints something wrong is ended at once', async () => {
    const end = await run(`echo hello; sleep 1000`).ended;
    expect(end).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('line 1 of its output is no JSON'),
    });
  });

  test('that prints no line for too long is ended', async () => {
    const end = await run('sleep 1000', { settings: { ...settings, silence: '1s' } }).ended;
    expect(end).toMatchObject({
      reason: 'the command printed nothing for 1 s (trainer.silence)',
    });
  });

  test('that runs too long is ended, although it prints', async () => {
    const script = `while :; do echo '{"step":1}'; sleep 0.05; done`;
    const end = await run(script, { settings: { ...settings, timeout: '1s' } }).ended;
    expect(end).toMatchObject({ reason: 'the command ran longer than 1 s (trainer.timeout)' });
  });

  test('whose processes use too much memory together is ended, with the setting', async ({
    skip,
  }) => {
    if (!existsSync('/proc/self/smaps_rollup')) return skip('there is no /proc of Linux');
    // Each one holds 8 MB, in a variable of its own.
    const script = `hold() { x=$(head -c 8000000 /dev/zero | tr '\\0' a); sleep 1000; }; hold & hold & hold & wait`;
    const { kind, reason } = (await run(script, { settings: { ...settings, memory: '20MB' } })
      .ended) as { kind: string; reason: string };
    expect(kind).toBe('failed');
    expect(reason).toMatch(
      /^the command used [2-9]\d\.\d MB of memory, and trainer.memory is 20.0 MB; raise it, or/,
    );
  });

  test('that is not there makes the worker unfit, not the trial failed', async () => {
    expect(await run('', { words: ['no-such-program'] }).ended).toMatchObject({
      kind: 'unfit',
      reason: expect.stringContaining('it has no program no-such-program'),
    });
  });

  test('and all that it has started end when the run is stopped', async () => {
    const script = `sh -c 'trap "" HUP; echo $$ >out/child; exec sleep 1000' & echo '{"step":1}'; wait`;
    const files = new Map([['train.sh', Buffer.from(script)]]);
    const measured = Promise.withResolvers<void>();
    const running = runTrial(
      { settings, words: ['sh', 'train.sh'], task, files, folder, device: null },
      host,
      () => measured.resolve(),
    );
    await expect.poll(() => existsSync(join(folder, 'out/child'))).toBe(true);
    await expect.poll(() => readFileSync(join(folder, 'out/child'), 'utf8')).toMatch(/\d+\n/);
    const child = Number(readFileSync(join(folder, 'out/child'), 'utf8'));
    running.stop();
    expect(await running.ended).toMatchObject({ kind: 'stopped' });
    await expect.poll(() => isAlive(child)).toBe(false);
  });

  test('leaves no process behind in its group when it ends', async () => {
    const end = await run(`sleep 1000 & echo $! >out/child; ${done}`).ended;
    expect(end).toMatchObject({ kind: 'trained' });
    const child = Number(readFileSync(join(folder, 'out/child'), 'utf8'));
    await expect.poll(() => isAlive(child)).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/ Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Whole sweeps with real processes, gRPC, SQLite and threads. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { finishedStudy } from './support/finished-study.ts';
import {
  fingerprint,
  ridgeline,
  scratchDir,
  start,
  writeStudy,
  type ResultsJson,
} from './support/processes.ts';

/** The finished study in the store of version 0.1.0. */
const smallStudy = `study: small
seed: 1
dataset: { name: digits, train: { count: 300 }, validation: { count: 100 }, test: { count: 100 } }
trainer:
  hidden: 8
  batch: 50
  learning_rate: { min: 1.0e-4, max: 0.2, step_size: 20 }
  cycles: 2
audit: { random: 0.5, top: 1 }
replicates: 2
stages:
  - name: coarse
    trials: 3
    lambda: { distribution: log_uniform, min: 1.0e-6, max: 1.0 }
  - name: fine
    trials: 3
    lambda: { distribution: log_uniform, narrow: coarse }
`;

interface Reused {
  readonly trial: string;
  readonly source: string | null;
  readonly attempts: number;
  readonly seconds: number;
}

async function readResults(
  study: string,
  state: string,
  ...options: string[]
): Promise<ResultsJson> {
  const { code, stdout, stderr } = await ridgeline([
    'results',
    study,
    '--state',
    state,
    '--format',
    'json',
    ...options,
  ]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as ResultsJson;
}

const text = { name: 'finished', trials: 5 };
/** Trained by one worker with one thread. */
const finished = finishedStudy(text);
/** Long enough that a process can be killed while it is trained. */
const undisturbed = finishedStudy({ name: 'long', trials: 10, cycles: 8 });

describe('run', () => {
  test('run gives the same trials, λ and digests for 1, 2 and 4 workers and any pack size', async () => {
    const { study, dir, stdout } = finished();
    const expected = fingerprint(JSON.parse(stdout) as ResultsJson);
    expect(expected).toHaveLength(10);
    for (const [workers, pack] of [
      ['2', '1'],
      ['4', '3'],
    ] as const) {
      const state = join(dir, `state-${workers}`);
      const done = await ridgeline([
        'run',
        study,
        '--state',
        state,
        '--workers',
        workers,
        '--pack',
        pack,
        '--format',
        'json',
      ]);
      expect(done.code, done.stderr).toBe(0);
      expect(fingerprint(JSON.parse(done.stdout) as ResultsJson)).toEqual(expected);
    }
  });

  test('run prints a finished study again without training, and extends it', async () => {
    const { study, state, stdout } = finished();
    const args = ['run', study, '--state', state, '--format', 'json'];
    const second = await ridgeline([...args, '--workers', '0']);
    expect(second.code, second.stderr).toBe(0);
    expect(second.stdout).toBe(stdout);
    const written = readFileSync(study, 'utf8');
    writeFileSync(study, written.replace(/trials: 5(?![\s\S]*trials: 5)/, 'trials: 9'));
    const third = await ridgeline([...args, '--workers', '1']);
    expect(third.code, third.stderr).toBe(0);
    const before = fingerprint(JSON.parse(stdout) as ResultsJson);
    const after = fingerprint(JSON.parse(third.stdout) as ResultsJson);
    expect(after).toHaveLength(14);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  test('run --reuse takes results of another study, shows from which, and gives the same results', async () => {
    const { study, dir, state, stdout } = finished();
    const longer = join(dir, 'longer.yaml');
    const written = readFileSync(study, 'utf8').replace('study: finished', 'study: longer');
    writeFileSync(longer, written.replace(/trials: 5(?![\s\S]*trials: 5)/, 'trials: 7'));
    const args = ['run', longer, '--state', state, '--reuse'];
    const done = await ridgeline([...args, '--format', 'json']);
    expect(done.code, done.stderr).toBe(0);
    const results = JSON.parse(done.stdout) as ResultsJson;
    expect(fingerprint(results)).toEqual(
      expect.arrayContaining(fingerprint(JSON.parse(stdout) as ResultsJson)),
    );
    const rows = results.stages.flatMap((stage) => stage.trials as unknown as Reused[]);
    const reused = rows.filter(({ source }) => source !== null);
    expect(reused.length).toBeGreaterThanOrEqual(10);
    for (const { trial, source, attempts, seconds } of reused)
      expect({ source, attempts, seconds }).toEqual({
        source: `finished ${trial}`,
        attempts: 0,
        seconds: 0,
      });
    expect(rows.filter(({ source }) => source === null).length).toBe(12 - reused.length);
    const printed = await ridgeline(['results', 'longer', '--state', state]);
    expect(printed.stderr).toContain(`reused  ${reused.length} results were trained in finished`);
    const verified = await ridgeline(['verify', 'longer', '--state', state]);
    expect(verified.code, verified.stderr).toBe(0);
  });

  test('run upgrades the store of version 0.1.0 and prints its finished study', async () => {
    const dir = scratchDir();
    const stored = readFileSync('test/store/released/0.1.0.sqlite.gz');
    writeFileSync(join(dir, 'ridgeline.db'), gunzipSync(stored), { mode: 0o600 });
    const read = await ridgeline(['results', 'small', '--state', dir]);
    expect(read.code).toBe(1);
    expect(read.stderr).toMatch(/older Ridgeline/);
    const study = join(dir, 'small.yaml');
    writeFileSync(study, smallStudy);
    const options = ['--state', dir, '--format', 'json', '--workers', '1'];
    const done = await ridgeline(['run', study, ...options]);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stderr).toContain('small is complete');
    const printed = JSON.parse(readFileSync('test/store/released/0.1.0.json', 'utf8')) as {
      results: { small: ResultsJson };
    };
    // Version 0.1.0 printed the digest of the first replicate in a row of means.
    expect(fingerprint(await readResults('small', dir, '--replicates'))).toEqual(
      expect.arrayContaining(fingerprint(printed.results.small)),
    );
  });

  test('run refuses another study with the same name, and accepts it with --fresh', async () => {
    const { study, dir, state } = finished();
    writeStudy(dir, { ...text, hidden: 20 });
    const refused = await ridgeline(['run', study, '--state', state]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/trainer\.hidden/);
    expect(refused.stderr).toMatch(/--fresh/);
    const fresh = ['run', study, '--state', state, '--fresh', '--workers', '1'];
    expect((await ridgeline(fresh)).code).toBe(0);
  });

  test('a killed run resumes with the same results, and complete trials are not trained again', async () => {
    const { study, stdout } = undisturbed();
    const dir = scratchDir();
    const first = start(['run', study, '--state', dir, '--pack', '1']);
    await first.prints(/coarse\/2\b/);
    first.kill('SIGKILL');
    await first.finished;
    const before = await readResults('long', dir);
    const completed = before.stages
      .flatMap((stage) => stage.trials)
      .filter((row) => row.status === 'complete');
    const second = await ridgeline([
      'run',
      study,
      '--state',
      dir,
      '--format',
      'json',
      '--lease',
      '2',
    ]);
    expect(second.code, second.stderr).toBe(0);
    const after = JSON.parse(second.stdout) as ResultsJson;
    expect(fingerprint(after)).toEqual(fingerprint(JSON.parse(stdout) as ResultsJson));
    const rows = new Map(
      after.stages.flatMap((stage) => stage.trials).map((row) => [row.trial, row]),
    );
    for (const row of completed) expect(rows.get(row.trial)?.attempts).toBe(row.attempts);
  });
});

describe('coordinator and workers', () => {
  test('a killed worker costs only its running trials, a late worker receives trials, and results are the same', async () => {
    const { study, stdout } = undisturbed();
    const dir = scratchDir();
    const state = join(dir, 'state');
    const coordinator = start(['coordinator', study, '--listen', '127.0.0.1:0', '--state', state]);
    const join1 = (await coordinator.prints(/ridgeline worker --join (@\S+)/))[1]!;
    const worker = (name: string) =>
      start([
        'worker',
        '--join',
        join1,
        '--threads',
        '1',
        '--pack',
        '1',
        '--name',
        name,
        '--cache',
        join(dir, `cache-${name}`),
      ]);
    const first = worker('first');
    const second = worker('second');
    await coordinator.prints(/coarse\/3\b/);
    first.kill('SIGKILL');
    // Paused, so that trials are left when the third worker has joined.
    await ridgeline(['pause', 'long', '--state', state]);
    await coordinator.prints(/first.*(lost|did not come back)/);
    const third = worker('third');
    await third.prints(/joined/);
    await ridgeline(['resume', 'long', '--state', state]);
    await coordinator.prints(/long.*complete/);
    const results = await readResults('long', state);
    expect(fingerprint(results)).toEqual(fingerprint(JSON.parse(stdout) as ResultsJson));
    const rows = results.stages.flatMap((stage) => stage.trials);
    expect(new Set(rows.map((row) => row.worker))).toContain('third');
    expect(rows.filter((row) => row.attempts > 1).length).toBeLessThanOrEqual(1);
    coordinator.kill('SIGTERM');
    expect((await coordinator.finished).code).toBe(0);
    second.kill('SIGTERM');
    expect((await second.finished).code).toBe(0);
  });
});

describe('train', () => {
  test('train gives the digest of the sweep for a trial of a study', async () => {
    const { study, state, stdout } = finished();
    const row = (JSON.parse(stdout) as ResultsJson).stages[1]!.trials[0]!;
    for (const args of [
      ['--trial', row.trial],
      ['--lambda', String(row.lambda)],
    ]) {
      const trained = await ridgeline([
        'train',
        study,
        ...args,
        '--state',
        state,
        '--format',
        'json',
      ]);
      expect(trained.code, trained.stderr).toBe(0);
      expect((JSON.parse(trained.stdout) as { digest: string }).digest).toBe(row.digest);
    }
  });
});

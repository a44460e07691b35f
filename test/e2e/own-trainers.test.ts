/** Own trainers: a program of the user, searched over worker processes that allow it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ridgeline, scratchDir, start, type ResultsJson } from './support/processes.ts';

const script = `
const fs = require('node:fs');
const task = JSON.parse(fs.readFileSync(0, 'utf8'));
const { x, shape, best } = task.parameters;
process.stderr.write('training ' + process.env.SECRET);
if (process.env.OTHER !== undefined) process.exit(9);
// The state has the accuracy so far: a training that began elsewhere would have another one.
let right = task.from === null ? 0 : Number(fs.readFileSync(task.from.state, 'utf8'));
for (let step = (task.from?.step ?? 0) + 1; step <= task.to; step++) {
  right += Math.floor(50 * (1 - Math.abs(x - best) - shape / 4));
  if (step < task.to) console.log(JSON.stringify({ step, metrics: { validation_accuracy: right / 200 } }));
}
fs.writeFileSync('out/state', String(right));
const correct = '1'.repeat(right).padEnd(200, '0');
const metrics = { validation_accuracy: right / 200 };
console.log(JSON.stringify(x > 0.84 ? { diverged: 1 } : { done: task.to, metrics, correct, state: 'out/state' }));
`;

const study = `
study: parabola
trainer:
  command: [${process.execPath}, train.cjs]
  files: [train.cjs]
  rungs: [2, 4]
  metrics: { validation_accuracy: maximize }
  records: 200
  parameters: { best: 0.3 }
  resumes: true
  repeatable: exact
search:
  x: { uniform: [0, 1] }
  shape: { values: [0, 1] }
stages:
  - { name: only, trials: 12 }
stop: clearly_worse
`;

function written(dir: string): string {
  writeFileSync(join(dir, 'train.cjs'), script);
  const file = join(dir, 'study.yaml');
  writeFileSync(file, study);
  return file;
}

interface Row {
  readonly trial: string;
  readonly params: object;
  readonly accuracy: number | null;
  readonly status: string;
  /** Of trials that were stopped or have diverged. */
  readonly reason: string | null;
}

const rowsOf = (results: ResultsJson): Row[] =>
  results.stages
    .flatMap(({ trials }) => trials as unknown as (Row & { validation_accuracy: number | null })[])
    .map(({ trial, params, validation_accuracy: accuracy, status, reason }) => {
      return { trial, params, accuracy, status, reason };
    })
    .toSorted((a, b) => (a.trial < b.trial ? -1 : 1));

test('a program is searched with stopping over three workers that allow it, with the results of run, and not by one that does not', async () => {
  const dir = scratchDir();
  const file = written(dir);
  const json = ['--format', 'json'];
  const alone = await ridgeline(['run', file, '--state', join(dir, 'alone'), ...json], {
    env: { SECRET: 'abcdefgh', OTHER: 'kept out' },
  });
  expect(alone.code, alone.stderr).toBe(0);
  expect(alone.stderr).toContain('diverged');

  const verified = await ridgeline(['verify', 'parabola', '--all', '--state', join(dir, 'alone')]);
  expect(verified, verified.stderr).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('12 of 12'),
  });

  const checked = await ridgeline(['check-trainer', file]);
  expect(checked).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('exact, as the section says'),
  });
  const allowed = /--allow-files sha256:[0-9a-f]{64}/.exec(checked.stdout)?.[0].split(' ') ?? [];

  const state = ['--state', join(dir, 'cluster')];
  const coordinator = start(['coordinator', '--listen', '127.0.0.1:0', ...state]);
  await coordinator.prints(/ridgeline worker --join/);
  const join_ = ['--join', `@${join(dir, 'cluster', 'worker.join')}`, '--threads', '1'];
  const refusing = start(['worker', '--name', 'refusing', ...join_]);
  await refusing.prints(/joined/);
  expect(await ridgeline(['submit', file, ...state])).toMatchObject({ code: 0 });
  const workers = await ridgeline(['workers', ...json, ...state]);
  expect(JSON.parse(workers.stdout)).toMatchObject([
    {
      name: 'refusing',
      state: 'incompatible',
      reason: expect.stringContaining(`start the worker with ${allowed.join(' ')}`),
    },
  ]);

  for (const name of ['one', 'two', 'three'])
    start(['worker', '--name', name, ...join_, ...allowed, '--pass-env', 'SECRET'], {
      env: { SECRET: 'abcdefgh' },
    });
  const watched = await ridgeline(['watch', 'parabola', ...state]);
  expect(watched.code, watched.stderr).toBe(0);
  const [here, there] = await Promise.all(
    [join(dir, 'alone'), join(dir, 'cluster')].map(async (at) => {
      const { stdout } = await ridgeline(['results', 'parabola', '--all', ...json, '--state', at]);
      return JSON.parse(stdout) as ResultsJson;
    }),
  );
  const logs = await ridgeline(['logs', 'parabola', 'only/1', ...state]);
  expect(logs.stdout).toMatch(
    /^only\/1 {2}attempt 1 {2}search {2}to step 2 {2}(?:one|two|three) {2}/,
  );
  expect(logs.stdout).toMatch(/^out {2}\{"step":1,.*\nout {2}\{"done":2/m);
  expect(logs.stdout).toMatch(/^err {2}training \[SECRET\]$/m);
  expect(rowsOf(here!)).toHaveLength(12);
  expect(rowsOf(there!)).toEqual(rowsOf(here!));
  expect(new Set(rowsOf(here!).map(({ status }) => status))).toEqual(
    new Set(['complete', 'stopped', 'failed']),
  );
  const complete = rowsOf(here!).filter(({ status }) => status === 'complete');
  const best = complete.toSorted((a, b) => (b.accuracy ?? 0) - (a.accuracy ?? 0))[0];
  expect(here!.winner).toMatchObject({ trial: best?.trial, params: { shape: 0 } });
});

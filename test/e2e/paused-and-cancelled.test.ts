/** Paused and cancelled studies: submit, run and watch report them. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ridgeline, scratchDir, start, writeStudy } from './support/processes.ts';

const oneThread = ['--workers', '1', '--threads', '1'];

test('a paused study is reported and resumes when it is run; a cancelled study exits with 1 until it is taken up again', async () => {
  const dir = scratchDir();
  const state = ['--state', join(dir, 'state')];
  const [rested, given] = ['rested', 'given'].map((name) => writeStudy(dir, { name, trials: 3 }));
  const coordinator = start(['coordinator', rested!, given!, '--listen', '127.0.0.1:0', ...state]);
  await coordinator.prints(/ridgeline worker --join/);
  const changed = [
    await ridgeline(['pause', 'rested', ...state]),
    await ridgeline(['cancel', 'given', ...state]),
  ];
  expect(changed.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, 'rested is paused\n'],
    [0, 'given is cancelled; its finished trials are stored\n'],
  ]);
  const again = await ridgeline(['submit', rested!, ...state]);
  expect(again.stderr).toContain('rested is paused. Resume it: `ridgeline resume rested`');
  const over = await ridgeline(['submit', given!, ...state]);
  expect(over.code).toBe(1);
  expect(over.stderr).toContain('given is cancelled. Take it up again: `ridgeline resume given`');
  const watched = await ridgeline(['watch', 'given', ...state, '--format', 'jsonl']);
  expect(watched.code).toBe(1);
  expect(JSON.parse(watched.stdout)).toMatchObject({ study: 'given', status: 'cancelled' });
  coordinator.kill('SIGTERM');
  expect((await coordinator.finished).code).toBe(0);
  const done = await ridgeline(['run', rested!, ...state, ...oneThread]);
  expect(done.code, done.stderr).toBe(0);
  const then = 'echo after: $RIDGELINE_STUDY $RIDGELINE_STATUS $RIDGELINE_EXIT_CODE';
  // No worker joins, so the stored study is not replaced.
  const alone = ['run', given!, ...state, '--fresh', '--workers', '0', '--wait', '1'];
  expect((await ridgeline(alone)).code).toBe(4);
  const ended = await ridgeline(['run', given!, ...state, '--threads', '1', '--then', then]);
  expect(ended.stderr).toContain('nothing was trained, so --threads had no effect');
  expect(ended.stderr).toContain('after: given cancelled 1\n');
  expect(ended.stderr).toContain('given is cancelled; showing its stored results');
  expect(ended.stderr).toContain(
    'ridgeline: Study given was cancelled: cancelled by the operator.\n  fix: Run it again with --retry to take it up again, or with --fresh.\n',
  );
  expect(ended.code).toBe(1);
  const resumed = await ridgeline(['run', given!, ...state, ...oneThread, '--retry']);
  expect(resumed.stderr).toContain('3 trials of given will be tried again');
  expect(resumed.code, resumed.stderr).toBe(0);
  const nothing = await ridgeline(['run', given!, ...state, ...oneThread, '--retry']);
  expect(nothing.stderr).toContain('No trial of given ended without a result');
  expect(nothing.code).toBe(1);
});

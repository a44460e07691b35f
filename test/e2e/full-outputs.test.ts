/** Full or closed outputs: progress that cannot be printed, and results that cannot be written. Linux has a device that is always full. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ridgeline, scratchDir, writeStudy } from './support/processes.ts';

/** Connects standard output or error to the device; the other stream is captured. */
const full = (stream: 1 | 2) => ({
  prefix: ['sh', '-c', `exec "$@" ${stream}> /dev/full`, 'sh'],
});

const oneWorker = ['--workers', '1', '--threads', '1'];

describe.skipIf(!existsSync('/dev/full'))('a full device', () => {
  test('a run whose standard error is full loses its progress output only', async () => {
    const dir = scratchDir();
    const study = writeStudy(dir, { name: 'unseen', trials: 3 });
    const args = ['run', study, '--state', join(dir, 'state'), ...oneWorker, '--format', 'json'];
    // With the debug log, which has a line for every connection.
    const unseen = await ridgeline([...args, '--debug'], full(2));
    expect(unseen).toMatchObject({ code: 0, stderr: '' });
    expect((await ridgeline(args)).stdout).toBe(unseen.stdout);
  });

  test('a run whose standard output is full reports it in one line, and its results stay stored', async () => {
    const dir = scratchDir();
    const study = writeStudy(dir, { name: 'unwritten', trials: 3 });
    const state = ['--state', join(dir, 'state')];
    const lost = await ridgeline(['run', study, ...state, ...oneWorker, '--quiet'], full(1));
    expect(lost.code).toBe(1);
    expect(lost.stderr).toMatch(
      /^ridgeline: Standard output cannot be written: .*no space left.*\n {2}fix: .*\n$/i,
    );
    expect((await ridgeline(['results', 'unwritten', ...state])).code).toBe(0);
  });
});

test('a run whose output pipe was closed finishes', async () => {
  const dir = scratchDir();
  const study = writeStudy(dir, { name: 'unread', trials: 3 });
  const state = ['--state', join(dir, 'state')];
  const read = { prefix: ['sh', '-c', '{ "$@" 2>&1; echo $? >&2; } | head -n 1', 'sh'] };
  const { stderr } = await ridgeline(['run', study, ...state, ...oneWorker], read);
  expect(stderr).toBe('0\n');
  const { stdout } = await ridgeline(['results', 'unread', ...state, '--columns', 'status']);
  expect(stdout.match(/complete/g)).toHaveLength(6);
});

test('a run writes nothing to the data directory', async () => {
  const dir = scratchDir();
  const data = scratchDir();
  const study = writeStudy(dir, { name: 'reader', trials: 3 });
  const args = ['--state', join(dir, 'state'), '--data-dir', data, '--cache', join(dir, 'cache')];
  expect((await ridgeline(['run', study, ...args, ...oneWorker])).code).toBe(0);
  expect(readdirSync(data)).toEqual([]);
  expect(readdirSync(join(dir, 'cache'))).not.toEqual([]);
});

test('a run trains its own study only: other unfinished studies stay paused and print nothing', async () => {
  const dir = scratchDir();
  const [left, wanted] = ['left', 'wanted'].map((name) => writeStudy(dir, { name, trials: 3 }));
  const state = ['--state', join(dir, 'state')];
  // Stored, and then stopped because no worker joins.
  const { code } = await ridgeline(['run', left!, ...state, '--workers', '0', '--wait', '1']);
  expect(code).toBe(4);
  const done = await ridgeline(['run', wanted!, ...state, ...oneWorker]);
  expect(done.code, done.stderr).toBe(0);
  expect(done.stderr.match(/^coarse\/\d+ /gm)).toHaveLength(3);
  const both = ['results', 'left', 'wanted', ...state, '--format'];
  const { stdout: journal } = await ridgeline([...both, 'optuna']);
  expect(journal.match(/"study_name":"\w+"/g)).toEqual(
    ['left', 'wanted'].map((name) => `"study_name":"${name}"`),
  );
  expect((await ridgeline([...both, 'csv'])).code).toBe(2);
  const rested = await ridgeline(['results', 'left', ...state, '--columns', 'status']);
  expect(rested.stdout.trimEnd().split('\n').slice(1)).toEqual(['waiting', 'waiting', 'waiting']);
});

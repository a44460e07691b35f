/** State keeper: states of trials in memory and on disk, as a worker keeps them. */
import { chmodSync, cpSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { StateKeeper } from '../../../src/worker/states/state-keeper.ts';
import type { StateKey } from '../../../src/worker/states/state-keys.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';

const digest = 'd'.repeat(64);
const key = (training: string, step = 20): StateKey => ({ training, step, digest });
const scope = { study: 's', stage: 'coarse' };
const state = (fill: number, seconds = 1) => ({ bytes: new Uint8Array(10).fill(fill), seconds });

async function open(directory: string | null, diskMax = 1e6, memoryMax = 25) {
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  const keeper = await StateKeeper.open({ directory, diskMax, memoryMax, warn });
  return Object.assign(keeper, { warnings });
}

/** Files of all processes below the folder. */
const filesIn = (path: string) =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.state'),
  );

test('without a disk, the states that were used least recently are dropped when memory is full', async () => {
  await using keeper = await open(null);
  for (const [name, fill] of [
    ['a', 1],
    ['b', 2],
  ] as const)
    keeper.put(key(name), scope, state(fill));
  expect(await keeper.get(key('a'))).toEqual(state(1));
  keeper.put(key('c'), scope, state(3));
  expect(await keeper.get(key('b'))).toBeNull();
  expect(await keeper.get(key('a'))).toEqual(state(1));
  expect(await keeper.get(key('a', 40))).toBeNull();
});

test('states that do not fit in memory are on disk, where only their user can read them', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'states');
  await using keeper = await open(path);
  for (const fill of [1, 2, 3, 4]) keeper.put(key(`t${fill}`), scope, state(fill));
  expect(await keeper.get(key('t1'))).toEqual(state(1));
  await keeper.settled();
  const files = filesIn(path);
  expect(files).toHaveLength(2);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(statSync(join(path, files[0] ?? '')).mode & 0o777).toBe(0o600);
  for (const fill of [1, 2, 3, 4])
    expect(await keeper.get(key(`t${fill}`))).toMatchObject({ bytes: state(fill).bytes });
  expect(keeper.warnings).toEqual([]);
});

test('the disk keeps the states that were used last, within its limit', async () => {
  using directory = temporaryDirectory();
  await using keeper = await open(directory.path, 300, 0);
  for (const fill of [1, 2]) keeper.put(key(`t${fill}`), scope, state(fill));
  await keeper.settled();
  expect(await keeper.get(key('t1'))).not.toBeNull();
  keeper.put(key('t3'), scope, state(3));
  await keeper.settled();
  expect(await keeper.get(key('t2'))).toBeNull();
  expect(await keeper.get(key('t1'))).toEqual(state(1));
  expect(keeper.bytes).toBeLessThanOrEqual(300);
  keeper.put(key('huge'), scope, { bytes: new Uint8Array(1_000), seconds: 1 });
  await keeper.settled();
  expect(await keeper.get(key('t1'))).not.toBeNull();
});

test('a state whose file was damaged is not used', async () => {
  using directory = temporaryDirectory();
  await using keeper = await open(directory.path, 1e6, 0);
  keeper.put(key('a'), scope, state(1));
  await keeper.settled();
  const [file = ''] = filesIn(directory.path);
  const path = join(directory.path, file);
  const content = readFileSync(path);
  content[content.length - 1] = 9;
  writeFileSync(path, content);
  expect(await keeper.get(key('a'))).toBeNull();
  expect(filesIn(directory.path)).toEqual([]);
});

test('the states of a stage are removed when it closes, and all of them when the worker ends', async () => {
  using directory = temporaryDirectory();
  const fine = { study: 's', stage: 'fine' };
  {
    await using keeper = await open(directory.path, 1e6, 10);
    keeper.put(key('a'), scope, state(1));
    keeper.put(key('b'), fine, state(2));
    keeper.put(key('c'), scope, state(3));
    expect(keeper.scopes()).toHaveLength(2);
    keeper.release(scope);
    await keeper.settled();
    expect(keeper.scopes()).toEqual([fine]);
    expect(await keeper.get(key('a'))).toBeNull();
    expect(await keeper.get(key('c'))).toBeNull();
    expect(await keeper.get(key('b'))).not.toBeNull();
    expect(filesIn(directory.path)).toHaveLength(1);
  }
  expect(readdirSync(directory.path)).toEqual([]);
});

test('a long training is on disk at once, and the next worker takes it over if the process is killed', async () => {
  using directory = temporaryDirectory();
  {
    await using worker = await open(directory.path, 1e6, 1e6);
    worker.put(key('long'), scope, state(1, 60));
    worker.put(key('short'), scope, state(2));
    await worker.settled();
    const folder = dirname(filesIn(directory.path)[0] ?? '');
    await using other = await open(directory.path);
    expect(await other.get(key('long'))).toBeNull();
    // A killed process leaves its folder without a lock.
    cpSync(join(directory.path, folder), join(directory.path, 'killed'), { recursive: true });
  }
  await using next = await open(directory.path);
  expect(await next.get(key('long'))).toMatchObject({ seconds: 60 });
  expect(await next.get(key('short'))).toBeNull();
  next.release(scope);
  await next.settled();
  expect(filesIn(directory.path)).toEqual([]);
});

test('a disk that cannot be written gives one warning, and states stay in memory', async () => {
  using directory = temporaryDirectory();
  chmodSync(directory.path, 0o500);
  const path = process.getuid?.() === 0 ? '/proc/states' : join(directory.path, 'states');
  await using keeper = await open(path);
  for (const fill of [1, 2, 3, 4]) keeper.put(key(`t${fill}`), scope, state(fill, 60));
  await keeper.settled();
  expect(keeper.warnings).toEqual([expect.stringContaining('trained from their first step')]);
  expect(await keeper.get(key('t1'))).toBeNull();
  expect(await keeper.get(key('t4'))).toEqual(state(4, 60));
  chmodSync(directory.path, 0o700);
});

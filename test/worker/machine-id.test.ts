/** The id of a machine. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMachineId } from '../../src/worker/machine-id.ts';
import { temporaryDirectory } from '../store/support/temporary-directory.ts';

const none = '/nonexistent';

function systemFile(dir: string, text: string): string {
  const path = join(dir, `system-${text}`);
  writeFileSync(path, `${text}\n`);
  return path;
}

test('a machine keeps its id in the cache directory', async () => {
  using folder = temporaryDirectory();
  const dir = folder.path;
  const first = await readMachineId(dir, none);
  expect(first).toMatch(/^[0-9a-f-]{36}$/);
  expect(await readMachineId(dir, none)).toBe(first);
  expect(readdirSync(dir)).toEqual(['machine-id']);
});

test('workers of one machine that start at the same time have the same id', async () => {
  using folder = temporaryDirectory();
  const dir = folder.path;
  const ids = await Promise.all(Array.from({ length: 20 }, () => readMachineId(dir, none)));
  expect(new Set(ids).size).toBe(1);
});

test('machines that share a cache directory have different ids', async () => {
  using folder = temporaryDirectory();
  const dir = folder.path;
  const [a, b] = [systemFile(dir, 'a'), systemFile(dir, 'b')];
  const first = await readMachineId(dir, a);
  expect(await readMachineId(dir, b)).not.toBe(first);
  expect(await readMachineId(dir, a)).toBe(first);
});

test('a damaged id is replaced by a new one', async () => {
  using folder = temporaryDirectory();
  const dir = folder.path;
  const path = join(dir, 'machine-id');
  writeFileSync(path, 'not an id\n');
  const id = await readMachineId(dir, none);
  expect(readFileSync(path, 'utf8')).toBe(`${id}\n`);
  expect(await readMachineId(dir, none)).toBe(id);
});

test('a machine without a writable cache directory has a new id at each start', async () => {
  const [first, second] = [await readMachineId(none, none), await readMachineId(none, none)];
  expect(first).not.toBe(second);
});

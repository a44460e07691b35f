import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { StateFolders } from '../../../src/worker/command/state-folders.ts';

const directory = mkdtempSync(join(tmpdir(), 'ridgeline-states-'));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function written(text: string) {
  const path = join(directory, 'out');
  mkdirSync(join(path, 'inner'), { recursive: true });
  writeFileSync(join(path, 'inner', 'file'), text);
  return { step: 3, path, curve: [] };
}

const scope = { study: 's', stage: 'coarse' };

test('states are moved to the folder, and the ones that were not used for the longest time are removed when it is full', async () => {
  await using states = new StateFolders(join(directory, 'kept'), 25);
  for (const key of ['a', 'b']) await states.keep(key, scope, written(key.repeat(10)));
  expect(existsSync(join(directory, 'out'))).toBe(false);
  expect(states.find('a')?.step).toBe(3);
  await states.keep('c', scope, written('c'.repeat(10)));
  expect(states.find('b')).toBeNull();
  expect(existsSync(join(directory, 'kept', 'b'))).toBe(false);
  const { path = '' } = states.find('a') ?? {};
  expect(readFileSync(join(path, 'inner', 'file'), 'utf8')).toBe('a'.repeat(10));
});

test('a state that cannot be moved is not kept', async () => {
  await using states = new StateFolders(join(directory, 'kept'), 25);
  await states.keep('a', scope, { step: 1, path: join(directory, 'missing'), curve: [] });
  expect(states.find('a')).toBeNull();
});

test('the states of a stage are removed when it closes', async () => {
  await using states = new StateFolders(join(directory, 'kept'), 100);
  await states.keep('a', scope, written('a'));
  await states.keep('b', { study: 's', stage: 'fine' }, written('b'));
  await states.release(scope);
  expect([states.find('a'), states.scopes()]).toEqual([null, [{ study: 's', stage: 'fine' }]]);
  expect(existsSync(join(directory, 'kept', 'a'))).toBe(false);
});

/** The owner of a state directory whose file locks have no effect. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive, OwnerFile, readOwner } from '../../../src/store/sqlite/lock-owner.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Changes the second line of `lock.owner`, as if another process had written it. */
function editToken(dir: string, change: object): void {
  const file = join(dir, 'lock.owner');
  const [text = '', token = ''] = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, `${text}\n${JSON.stringify({ ...JSON.parse(token), ...change })}\n`);
}

test('an owner on this machine is alive as long as its process runs, and a copy of its directory has none', async () => {
  using directory = temporaryDirectory();
  const child = spawn('sleep', ['1000']);
  await once(child, 'spawn');
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  new OwnerFile(directory.path).write('ridgeline run (the other)');
  editToken(directory.path, { pid: child.pid, start });
  const owner = readOwner(directory.path)!;
  expect(owner.text).toBe('ridgeline run (the other)');
  expect(await isAlive(owner, directory.path)).toBe(true);
  await expect(openStore(directory.path, { owner: 'this one' })).rejects.toThrow(
    /\[STATE_LOCKED\].*in use by ridgeline run \(the other\); file locks have no effect there/,
  );
  const copy = join(directory.path, 'copy');
  mkdirSync(copy);
  expect(await isAlive(owner, copy)).toBe(false);
  child.kill();
  await once(child, 'exit');
  expect(await isAlive(owner, directory.path)).toBe(false);
  await (await openStore(directory.path, { owner: 'this one' })).close();
});

test('an owner on another machine is alive if it renews its file, and otherwise not', async () => {
  using directory = temporaryDirectory();
  new OwnerFile(directory.path).write('ridgeline run (elsewhere)');
  editToken(directory.path, { boot: 'another machine' });
  const owner = readOwner(directory.path)!;
  expect(await isAlive(owner, directory.path, 0)).toBe(false);
  let seconds = 1_790_000_000;
  const beating = setInterval(() => {
    seconds += 1;
    utimesSync(join(directory.path, 'lock.owner'), seconds, seconds);
  }, 20);
  expect(await isAlive(owner, directory.path, 3_600_000)).toBe(true);
  clearInterval(beating);
});

test('an owner whose file was replaced neither renews, replaces nor removes it', () => {
  using directory = temporaryDirectory();
  const first = new OwnerFile(directory.path);
  first.write('the first');
  const second = new OwnerFile(directory.path);
  second.write('the second');
  expect(first.replacedBy()).toBe('the second');
  first.write('the first, which is shutting down');
  first.remove();
  expect(readOwner(directory.path)?.text).toBe('the second');
  second.remove();
  expect(readOwner(directory.path)).toBe(null);
});

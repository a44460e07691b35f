/** File lock, between connections of this process and with another process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tryLock, type LockAttempt } from '../../src/base/file-lock.ts';

function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ridgeline-lock-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

function locked(path: string): LockAttempt & { kind: 'locked' } {
  const attempt = tryLock(path);
  if (attempt.kind === 'held') throw new Error(`held by ${attempt.holder}`);
  return attempt;
}

test('a held lock names its process, and is free with no files left when it is released', () => {
  const dir = scratch();
  const path = join(dir, 'lock');
  const lock = locked(path);
  expect(tryLock(path)).toMatchObject({
    kind: 'held',
    holder: expect.stringMatching(`^process ${process.pid} on .`),
  });
  lock[Symbol.dispose]();
  locked(path)[Symbol.dispose]();
  expect(readdirSync(dir)).toEqual([]);
});

test('the lock of a killed process is free, whatever files it left', async () => {
  const path = join(scratch(), 'lock');
  const program = `
    const { tryLock } = await import(${JSON.stringify(new URL('../../src/base/file-lock.ts', import.meta.url).href)});
    globalThis.lock = tryLock(${JSON.stringify(path)});
    console.log(globalThis.lock.kind);
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(tryLock(path)).toMatchObject({
    kind: 'held',
    holder: expect.stringContaining(`process ${child.pid} on`),
  });
  child.kill('SIGKILL');
  await once(child, 'close');
  locked(path)[Symbol.dispose]();
});

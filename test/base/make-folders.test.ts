/** Folder creation. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolders } from '../../src/base/make-folders.ts';

test('folders above a new folder are created with its mode, and existing ones are accepted', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ridgeline-folders-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  makeFolders(join(dir, 'a/b'), 0o700);
  makeFolders(join(dir, 'a/b'), 0o700);
  expect(statSync(join(dir, 'a')).mode & 0o777).toBe(0o700);
});

test.runIf(process.platform === 'linux')(
  'a folder below /proc is an error, and not an endless loop',
  () => {
    expect(() => makeFolders('/proc/ridgeline/cache')).toThrow(/ENOENT.*\/proc\/ridgeline/);
  },
);

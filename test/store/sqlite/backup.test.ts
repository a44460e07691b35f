/** Backups: one committed state in one file, checked when it is made and before it is restored. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { backUpStore, restoreStore } from '../../../src/store/sqlite/backup.ts';
import { openStore, openStoreReader } from '../../../src/store/sqlite/open-store.ts';
import { event, everything, startedStudy } from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = 'the test';
const force = { force: true };
const noForce = { force: false };

async function createStore(stateDir: string): Promise<void> {
  await using store = await openStore(stateDir, { owner });
  await store.commit(startedStudy);
}

describe('a backup', () => {
  test('a backup has one committed state, however much is committed while it is made', async () => {
    using directory = temporaryDirectory();
    const stateDir = join(directory.path, 'state');
    const script = new URL('../support/committing-process.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [script, stateDir, '50'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const lines = createInterface({ input: child.stdout });
    const printed = { last: -1 };
    lines.on('line', (line) => (printed.last = Number(line)));
    while (printed.last < 10) await once(lines, 'line');
    const before = printed.last;
    const file = join(directory.path, 'copy.db');
    const { trials } = await backUpStore(stateDir, file, noForce);
    const after = printed.last + 1; // One commit may have returned before its output.
    child.kill('SIGKILL');
    await exited;
    expect(trials % 50).toBe(0);
    expect(trials / 50).toBeGreaterThanOrEqual(before + 1);
    expect(trials / 50).toBeLessThanOrEqual(after + 2);
    expect(readdirSync(directory.path).toSorted()).toEqual(['copy.db', 'state']);
  });

  test('a restored backup has the state in which it was made, and the replaced store is kept', async () => {
    using directory = temporaryDirectory();
    const stateDir = join(directory.path, 'state');
    await createStore(stateDir);
    const file = join(directory.path, 'copy.db');
    await backUpStore(stateDir, file, noForce);
    const contents = async (dir: string) => {
      await using reader = await openStoreReader(dir);
      return await everything(reader);
    };
    const before = await contents(stateDir);
    {
      await using store = await openStore(stateDir, { owner });
      await store.removeStudy('first');
    }
    await createStore(join(directory.path, 'other'));
    await expect(restoreStore(join(directory.path, 'other'), file, noForce)).rejects.toThrow(
      /^\[STATE_OCCUPIED\].*ridgeline\.db.*\n.*--force/,
    );
    expect(await restoreStore(stateDir, file, noForce)).toMatchObject({
      replaced: null,
      trials: 3,
    });
    expect(await contents(stateDir)).toEqual(before);
    const { replaced } = await restoreStore(stateDir, file, force);
    expect(replaced).toBe(join(stateDir, 'ridgeline.db.replaced-1'));
    expect(await contents(stateDir)).toEqual(before);
    expect(statSync(join(stateDir, 'ridgeline.db')).mode & 0o077).toBe(0);
    await using store = await openStore(stateDir, { owner });
    await store.commit([event('next')]);
  });

  test('a backup replaces a file only with force, and never the store itself, and needs a store', async () => {
    using directory = temporaryDirectory();
    const stateDir = join(directory.path, 'state');
    await createStore(stateDir);
    const file = join(directory.path, 'there');
    writeFileSync(file, 'precious');
    await expect(backUpStore(stateDir, file, noForce)).rejects.toThrow(/\[OUTPUT_UNWRITABLE\]/);
    expect(readFileSync(file, 'utf8')).toBe('precious');
    const own = join(stateDir, 'ridgeline.db');
    await expect(backUpStore(stateDir, own, force)).rejects.toThrow(/it is the store itself/);
    await expect(backUpStore(stateDir, join(file, 'x'), noForce)).rejects.toThrow(
      /\[OUTPUT_UNWRITABLE\]/,
    );
    const pipe = join(directory.path, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
    await expect(backUpStore(stateDir, pipe, force)).rejects.toThrow(
      /a directory, a device or a pipe/,
    );
    expect(statSync(pipe).isFIFO()).toBe(true);
    await expect(backUpStore(join(directory.path, 'none'), file, force)).rejects.toThrow(
      /There is no store/,
    );
    // A link is kept.
    const link = join(directory.path, 'link');
    symlinkSync(file, link);
    await backUpStore(stateDir, link, force);
    expect(realpathSync(link)).toBe(realpathSync(file));
    expect((await restoreStore(join(directory.path, 'new'), file, noForce)).studies).toBe(1);
  });

  test('a backup is not restored while a coordinator runs, nor if it is damaged, foreign or too new', async () => {
    using directory = temporaryDirectory();
    const stateDir = join(directory.path, 'state');
    await createStore(stateDir);
    const good = join(directory.path, 'good.db');
    await backUpStore(stateDir, good, noForce);
    const bad = (name: string, spoil: (file: string) => void): string => {
      const file = join(directory.path, name);
      copyFileSync(good, file);
      spoil(file);
      return file;
    };
    const sql = (text: string) => (file: string) => {
      const raw = new DatabaseSync(file);
      raw.exec('PRAGMA foreign_keys = OFF');
      raw.exec(text);
      raw.close();
    };
    const before = readFileSync(join(stateDir, 'ridgeline.db'));
    const cases: [string, RegExp][] = [
      [bad('cut', (file) => truncateSync(file, 20_000)), /^\[STATE_DAMAGED\].*cut is damaged/],
      [bad('text', (file) => writeFileSync(file, 'no database')), /text is damaged/],
      [
        bad('empty', (file) => writeFileSync(file, '')),
        /empty is damaged.*not a store of Ridgeline/,
      ],
      [bad('orphan', sql('DELETE FROM stage')), /orphan is damaged/],
      [bad('new', sql('UPDATE meta SET schema_version = 99')), /^\[VERSION_MISMATCH\].*new.*99/],
      [join(directory.path, 'none'), /^\[USAGE\] The backup .* does not exist/],
    ];
    for (const [file, refusal] of cases) {
      await expect(restoreStore(stateDir, file, force), file).rejects.toThrow(refusal);
      expect(readFileSync(join(stateDir, 'ridgeline.db')).equals(before)).toBe(true);
      expect(existsSync(join(stateDir, 'ridgeline.db.restoring'))).toBe(false);
    }
    await using _running = await openStore(stateDir, { owner: 'pid 7 on here' });
    await expect(restoreStore(stateDir, good, force)).rejects.toThrow(
      /^\[STATE_LOCKED\].*pid 7 on here/,
    );
  });
});

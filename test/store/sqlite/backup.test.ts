/** Backups: one committed state in one file, checked when it is made and before it is used. */
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
import { everything, startedStudy } from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = 'the test';
const asked = { force: true };
const unasked = { force: false };

function storeIn(stateDir: string): void {
  using store = openStore(stateDir, { owner });
  store.commit(startedStudy);
}

describe('a backup', () => {
  test('is one committed state, however much is committed while it is made', async () => {
    using directory = temporaryDirectory();
    const stateDir = join(directory.path, 'state');
    const script = new URL('../support/committing-process.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [script, stateDir, '50'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const lines = createInterface({ input: child.stdout });
    const said = { last: -1 };
    lines.on('line', (line) => (said.last = Number(line)));
    while (said.last < 10) await once(lines, 'line');
    const before = said.last;
    const file = join(directory.path, 'copy.db');
    const { trials } = await backUpStore(stateDir, file, unasked);
    const after = said.last + 1; // One may have returned that has not said so.
    child.kill('SIGKILL');
    await exited;
    expect(trials % 50).toBe(0);
    expect(trials / 50).toBeGreaterThanOrEqual(before + 1);
    expect(trials / 50).toBeLessThanOrEqual(after + 2);
    expect(readdirSync(directory.path).toSorted()).toEqual(['copy.db', 'state']);
  });

  test('put back is what was there when it was made, and the store it replaces is kept', async () => {
    using directory = temporaryDirectory();
    const stateDir = join(directory.path, 'state');
    storeIn(stateDir);
    const file = join(directory.path, 'copy.db');
    await backUpStore(stateDir, file, unasked);
    const at = (dir: string) => {
      using reader = openStoreReader(dir);
      return everything(reader);
    };
    const before = at(stateDir);
    {
      using store = openStore(stateDir, { owner });
      store.removeStudy('first');
    }
    storeIn(join(directory.path, 'other'));
    expect(() => restoreStore(join(directory.path, 'other'), file, unasked)).toThrow(
      /^\[STATE_OCCUPIED\].*ridgeline\.db.*\n.*--force/,
    );
    expect(restoreStore(stateDir, file, unasked)).toMatchObject({ replaced: null, trials: 3 });
    expect(at(stateDir)).toEqual(before);
    const { replaced } = restoreStore(stateDir, file, asked);
    expect(replaced).toBe(join(stateDir, 'ridgeline.db.replaced-1'));
    expect(at(stateDir)).toEqual(before);
    expect(statSync(join(stateDir, 'ridgeline.db')).mode & 0o077).toBe(0);
    using store = openStore(stateDir, { owner });
    store.commit([{ kind: 'event', atMs: 1, study: null, what: 'goes-on', detail: '' }]);
  });

  test('does not replace a file unasked, nor the store itself at all, and says where there is nothing to copy', async () => {
    using directory = temporaryDirectory();
    const stateDir = join(directory.path, 'state');
    storeIn(stateDir);
    const file = join(directory.path, 'there');
    writeFileSync(file, 'precious');
    await expect(backUpStore(stateDir, file, unasked)).rejects.toThrow(/\[OUTPUT_UNWRITABLE\]/);
    expect(readFileSync(file, 'utf8')).toBe('precious');
    const own = join(stateDir, 'ridgeline.db');
    await expect(backUpStore(stateDir, own, asked)).rejects.toThrow(/it is the store itself/);
    await expect(backUpStore(stateDir, join(file, 'x'), unasked)).rejects.toThrow(
      /\[OUTPUT_UNWRITABLE\]/,
    );
    const pipe = join(directory.path, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
    await expect(backUpStore(stateDir, pipe, asked)).rejects.toThrow(
      /a directory, a device or a pipe/,
    );
    expect(statSync(pipe).isFIFO()).toBe(true);
    await expect(backUpStore(join(directory.path, 'none'), file, asked)).rejects.toThrow(
      /There is no store/,
    );
    // A link stays one.
    const link = join(directory.path, 'link');
    symlinkSync(file, link);
    await backUpStore(stateDir, link, asked);
    expect(realpathSync(link)).toBe(realpathSync(file));
    expect(restoreStore(join(directory.path, 'new'), file, unasked).studies).toBe(1);
  });

  test('is not put back while a coordinator runs, nor where it is damaged, foreign or too new', async () => {
    using directory = temporaryDirectory();
    const stateDir = join(directory.path, 'state');
    storeIn(stateDir);
    const good = join(directory.path, 'good.db');
    await backUpStore(stateDir, good, unasked);
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
      [bad('empty', (file) => writeFileSync(file, '')), /empty is damaged.*no store of Ridgeline/],
      [bad('orphan', sql('DELETE FROM stage')), /orphan is damaged/],
      [bad('new', sql('UPDATE meta SET schema_version = 99')), /^\[VERSION_MISMATCH\].*new.*99/],
      [join(directory.path, 'none'), /^\[USAGE\] There is no file/],
    ];
    for (const [file, refusal] of cases) {
      expect(() => restoreStore(stateDir, file, asked), file).toThrow(refusal);
      expect(readFileSync(join(stateDir, 'ridgeline.db')).equals(before)).toBe(true);
      expect(existsSync(join(stateDir, 'ridgeline.db.restoring'))).toBe(false);
    }
    using _running = openStore(stateDir, { owner: 'pid 7 on here' });
    expect(() => restoreStore(stateDir, good, asked)).toThrow(/^\[STATE_LOCKED\].*pid 7 on here/);
  });
});

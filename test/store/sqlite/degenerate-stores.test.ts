/**
 * Degenerate stores: files that are missing, older, foreign or damaged. Each is refused to writers and readers
 * with a fix, or loses nothing, and no file that is refused is changed.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backUpStore, restoreStore } from '../../../src/store/sqlite/backup.ts';
import { openStore, openStoreReader } from '../../../src/store/sqlite/open-store.ts';
import { event, startedStudy } from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = 'the test';
const names = ['ridgeline.db', 'ridgeline.db-wal', 'ridgeline.db-mark'] as const;
const [database, log, mark] = names;
const commitsBefore = 4;
const commits = 16;

/** A store whose writer was killed: some commits are in the database, later ones in the log. */
let live: string;
/** The same store after its writer had ended normally, before the last start. */
let old: string;
let directory: ReturnType<typeof temporaryDirectory>;

beforeAll(async () => {
  directory = temporaryDirectory();
  const running = join(directory.path, 'running');
  const commit = async (store: Awaited<ReturnType<typeof openStore>>, number: number) =>
    store.commit([event(String(number).padStart(5_000))]);
  {
    await using store = await openStore(running, { owner });
    await store.commit(startedStudy);
    for (let number = 1; number <= commitsBefore; number++) await commit(store, number);
  }
  old = join(directory.path, 'old');
  copyStore(running, old);
  await using store = await openStore(running, { owner });
  for (let number = commitsBefore + 1; number <= commits; number++) await commit(store, number);
  store.recordProgress();
  live = join(directory.path, 'live');
  copyStore(running, live);
});
afterAll(() => directory[Symbol.dispose]());

function copyStore(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 });
  for (const name of names)
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name));
}

/** The digest of each file of the store. SQLite's readers create shared memory and an empty log. */
function contents(dir: string): Record<string, string> {
  const files = readdirSync(dir).filter((name) => !/^lock\.|-shm$/.test(name));
  const read = files.map((name) => [name, readFileSync(join(dir, name))] as const);
  return Object.fromEntries(
    read
      .filter(([name, bytes]) => name !== log || bytes.length > 0)
      .map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]),
  );
}

const flip = (file: string, at: number): void => {
  const bytes = readFileSync(file);
  bytes[at]! ^= 1;
  writeFileSync(file, bytes);
};

const edit = (file: string, text: string): void => {
  const raw = new DatabaseSync(file);
  raw.exec(text);
  raw.close();
};

const frameBytes = 24 + 4_096;

interface Case {
  readonly title: string;
  readonly damage: (dir: string) => void;
  /** The refusal; null if all commits are still there. */
  readonly refusal: RegExp | null;
}

const lacks =
  /^\[STATE_DAMAGED\].*lacks results that were acknowledged.*\n {2}fix: .*restore.*delete/;
const absent = /^\[STATE_DAMAGED\].*ridgeline\.db is empty or does not exist.*\n {2}fix: .*delete/;
const damaged = /^\[STATE_DAMAGED\].*is damaged.*\n {2}fix: .*restore/;
const foreign = /^\[STATE_DAMAGED\].*is a database of another program.*\n {2}fix: .*--state/;

const cases: readonly Case[] = [
  { title: 'whole', damage: () => {}, refusal: null },
  { title: 'without its log', damage: (dir) => rmSync(join(dir, log)), refusal: lacks },
  { title: 'with an empty log', damage: (dir) => truncateSync(join(dir, log)), refusal: lacks },
  {
    title: 'with half of its log',
    damage: (dir) => truncateSync(join(dir, log), 32 + 6 * frameBytes),
    refusal: lacks,
  },
  {
    title: 'with the log of another store',
    damage: (dir) => copyFileSync(join(otherStore(), log), join(dir, log)),
    refusal: lacks,
  },
  {
    title: 'with a text as log',
    damage: (dir) => writeFileSync(join(dir, log), 'no log '.repeat(2_000)),
    refusal: damaged,
  },
  {
    title: 'with a flipped bit in the log',
    damage: (dir) => flip(join(dir, log), 32 + 3 * frameBytes + 1_000),
    refusal: damaged,
  },
  {
    title: 'with an older copy of the file and no log',
    damage: (dir) => {
      rmSync(join(dir, log));
      copyFileSync(join(old, database), join(dir, database));
    },
    refusal: lacks,
  },
  { title: 'without its database', damage: (dir) => rmSync(join(dir, database)), refusal: absent },
  {
    title: 'with an empty database',
    damage: (dir) => truncateSync(join(dir, database)),
    refusal: absent,
  },
  {
    title: 'without database and mark, but with its log',
    damage: (dir) => [database, mark].forEach((name) => rmSync(join(dir, name))),
    refusal: absent,
  },
  {
    title: 'without database and log, but with its mark',
    damage: (dir) => [database, log].forEach((name) => rmSync(join(dir, name))),
    refusal: absent,
  },
  {
    title: 'with a damaged page',
    damage: (dir) => {
      const bytes = readFileSync(join(dir, database));
      bytes.fill(0xa5, 4_096 * 3, 4_096 * 3 + 64);
      writeFileSync(join(dir, database), bytes);
      // The log may have a good copy of the page.
      [log, mark].forEach((name) => rmSync(join(dir, name)));
    },
    refusal: damaged,
  },
  {
    title: 'cut off in the middle',
    damage: (dir) => {
      truncateSync(join(dir, database), 30_000);
      [log, mark].forEach((name) => rmSync(join(dir, name)));
    },
    refusal: damaged,
  },
  {
    title: 'that is a text',
    damage: (dir) => writeFileSync(join(dir, database), 'a text '.repeat(2_000)),
    refusal: damaged,
  },
  {
    title: 'of a newer release',
    damage: (dir) => {
      [database, log, mark].forEach((name) => rmSync(join(dir, name)));
      copyFileSync(join(old, database), join(dir, database));
      edit(join(dir, database), 'UPDATE meta SET schema_version = 99');
    },
    refusal: /^\[VERSION_MISMATCH\].*newer Ridgeline/,
  },
  ...[
    ['tables of another program', 'CREATE TABLE bookmarks (url); CREATE TABLE history (url)'],
    ['a table meta of another program', 'CREATE TABLE meta (key, value)'],
    ['no table, but the mark of another program', 'PRAGMA application_id = 7'],
  ].map(([title, text = '']) => ({
    title: `with ${title}`,
    damage: (dir: string) => {
      [database, log, mark].forEach((name) => rmSync(join(dir, name)));
      edit(join(dir, database), text);
    },
    refusal: foreign,
  })),
  {
    title: 'with shared memory of random bytes',
    damage: (dir) => writeFileSync(join(dir, 'ridgeline.db-shm'), Buffer.alloc(32_768, 0xa5)),
    refusal: null,
  },
  {
    title: 'with the shared memory of another store',
    damage: (dir) => {
      const other = otherStore();
      const raw = new DatabaseSync(join(other, database), { readOnly: true });
      raw.prepare('SELECT * FROM meta').all();
      copyFileSync(join(other, `${database}-shm`), join(dir, `${database}-shm`));
      raw.close();
    },
    refusal: null,
  },
  {
    title: 'behind a link',
    damage: (dir) => {
      const target = `${dir}-target`;
      renameSync(dir, target);
      mkdirSync(dir);
      symlinkSync(join(target, database), join(dir, database));
    },
    refusal: null,
  },
  {
    title: 'behind a link, without its log',
    damage: (dir) => {
      const target = `${dir}-target`;
      renameSync(dir, target);
      rmSync(join(target, log));
      mkdirSync(dir);
      symlinkSync(join(target, database), join(dir, database));
    },
    refusal: lacks,
  },
  {
    title: 'that others may read',
    damage: (dir) => chmodSync(dir, 0o755),
    refusal: null,
  },
];

let others = 0;
/** Another store of a killed writer, with all of its commits in the log. */
function otherStore(): string {
  const dir = join(directory.path, `other-${(others += 1)}`);
  mkdirSync(dir);
  const raw = new DatabaseSync(join(dir, database));
  raw.exec('PRAGMA journal_mode = WAL; CREATE TABLE meta (one); CREATE TABLE other (x)');
  for (let row = 0; row < 20; row++) raw.exec(`INSERT INTO other VALUES (zeroblob(5000))`);
  const killed = `${dir}-killed`;
  copyStore(dir, killed);
  raw.close();
  return killed;
}

let attempts = 0;
function damagedStore({ damage }: Case): string {
  const dir = join(directory.path, `case-${(attempts += 1)}`);
  copyStore(live, dir);
  damage(dir);
  return dir;
}

async function countEvents(dir: string): Promise<number> {
  await using reader = await openStoreReader(dir);
  return (await reader.events(1_000)).length;
}

async function message(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: Error) => error.message,
  );
}

describe.each(cases)('a store $title', (degenerate) => {
  const { refusal } = degenerate;
  const outcome = refusal === null ? 'has every commit' : 'is refused and not changed';

  test(`${outcome}: writer`, async () => {
    const dir = damagedStore(degenerate);
    if (refusal === null) {
      await (await openStore(dir, { owner })).close();
      expect(await countEvents(dir)).toBe(commits);
      return;
    }
    const before = contents(dir);
    expect(await message(openStore(dir, { owner }))).toMatch(refusal);
    expect(await message(openStore(dir, { owner }))).toMatch(refusal);
    expect(contents(dir)).toEqual(before);
  });

  test(`${outcome}: reader and backup`, async () => {
    const dir = damagedStore(degenerate);
    const before = contents(dir);
    const copy = join(directory.path, `copy-${attempts}.db`);
    if (refusal === null) {
      expect(await countEvents(dir)).toBe(commits);
      await backUpStore(dir, copy, { force: false });
    } else if (!degenerate.title.includes('damaged page')) {
      expect(await message(countEvents(dir))).toMatch(refusal);
      expect(await message(backUpStore(dir, copy, { force: false }))).toMatch(refusal);
      expect(existsSync(copy)).toBe(false);
    }
    expect(contents(dir)).toEqual(before);
  });

  if (refusal === null) return;
  test('is replaced by restore with --force only, and its files are kept', async () => {
    const dir = damagedStore(degenerate);
    const backup = join(directory.path, `backup-${attempts}.db`);
    await backUpStore(live, backup, { force: false });
    expect(await message(restoreStore(dir, backup, { force: false }))).toMatch(
      /^\[STATE_OCCUPIED\]/,
    );
    const { replaced } = await restoreStore(dir, backup, { force: true });
    expect(readdirSync(dir).some((name) => name.includes('.replaced-1'))).toBe(true);
    expect(replaced).toBe(join(dir, 'ridgeline.db.replaced-1'));
    await (await openStore(dir, { owner })).close();
    expect(await countEvents(dir)).toBe(commits);
  });
});

/** The store survives real faults: processes that are killed, disks that fill up, damaged files. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { openStore, openStoreReader } from '../../../src/store/sqlite/open-store.ts';
import type { StoreReads } from '../../../src/store/store.ts';
import { event } from '../support/records.ts';
import { fillDisk, smallDisk } from '../support/small-disk.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = 'the test';
const groupSize = 50;

interface CommittingProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Waits until a commit has returned of `group` or a later one. @returns the last one */
  reached(group: number): Promise<number>;
  /** Kills the process and reads the rest of its output. @returns the last group whose commit has returned */
  kill(): Promise<number>;
}

function startCommitting(stateDir: string): CommittingProcess {
  const script = new URL('../support/committing-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, stateDir, String(groupSize)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, 'exit');
  const ended = once(lines, 'close');
  const progress = { last: -1, moved: Promise.withResolvers<void>() };
  lines.on('line', (line) => {
    progress.last = Number(line);
    progress.moved.resolve();
    progress.moved = Promise.withResolvers();
  });
  const diedEarly = exited.then(() =>
    Promise.reject(new Error('the process ended before it was killed')),
  );
  diedEarly.catch(() => undefined); // It is killed at the end, when nothing waits for it.
  const kill = async (): Promise<number> => {
    child.kill('SIGKILL');
    await Promise.all([exited, ended]);
    return progress.last;
  };
  return {
    child,
    kill,
    reached: async (group) => {
      while (progress.last < group) await Promise.race([progress.moved.promise, diedEarly]);
      return progress.last;
    },
    [Symbol.asyncDispose]: async () => void (await kill()),
  };
}

/** Checks that each group is stored as a whole or not at all. @returns the number of groups */
async function countGroups(store: StoreReads): Promise<number> {
  const { trials, attempts } = await store.snapshot(async (reads) => ({
    trials: await reads.trials('endless', { curves: true, correctness: true }),
    attempts: await reads.attempts('endless'),
  }));
  expect(trials.length % groupSize).toBe(0);
  expect(attempts.length).toBe(trials.length);
  expect(
    trials.every(
      ({ status, result }, index) =>
        status === 'complete' &&
        result?.curve.length === 4 &&
        trials[index]!.id.index === index + 1,
    ),
  ).toBe(true);
  return trials.length / groupSize;
}

describe('a process that is killed while it commits', () => {
  test('a killed process has stored every commit that returned and no partial commit, and its lock is free', async () => {
    using directory = temporaryDirectory();
    for (let round = 0; round < 5; round++) {
      const stateDir = join(directory.path, String(round));
      await using committing = startCommitting(stateDir);
      await committing.reached(3 + round * 2);
      const last = await committing.kill();
      {
        // Before the store was opened for writing again.
        await using reader = await openStoreReader(stateDir);
        expect(await countGroups(reader)).toBeGreaterThanOrEqual(last + 1);
      }
      await using store = await openStore(stateDir, { owner });
      const groups = await countGroups(store);
      expect(groups).toBeGreaterThanOrEqual(last + 1);
      expect(groups).toBeLessThanOrEqual(last + 2); // The last commit may have returned before its output.
      await store.commit([event('next')]);
    }
  });
});

describe('a second process', () => {
  test('a second process is refused with the name of the lock holder, and gets the lock after the holder has ended', async () => {
    using directory = temporaryDirectory();
    await using committing = startCommitting(directory.path);
    await committing.reached(0);
    const refusal = new RegExp(`\\[STATE_LOCKED\\].*pid ${committing.child.pid} of the test`);
    await expect(openStore(directory.path, { owner })).rejects.toThrow(refusal);
    await committing.kill();
    await using store = await openStore(directory.path, { owner });
    expect((await store.studies()).length).toBe(1);
  });

  test('a second process reads whole commits while they are written', async () => {
    using directory = temporaryDirectory();
    await using committing = startCommitting(directory.path);
    await committing.reached(0);
    await using reader = await openStoreReader(directory.path);
    let before = 0;
    for (let look = 0; look < 5; look++) {
      const last = await committing.reached(before + 1);
      const groups = await countGroups(reader);
      expect(groups).toBeGreaterThanOrEqual(last + 1);
      before = groups;
    }
    const last = await committing.kill();
    expect(await countGroups(reader)).toBeGreaterThanOrEqual(last + 1);
  });
});

describe('a damaged store', () => {
  test('a store with a damaged page is refused by the name of its file and is not changed', async () => {
    using directory = temporaryDirectory();
    const original = join(directory.path, 'original');
    await writeGroups(original);
    const file = join(original, 'ridgeline.db');
    const pages = statSync(file).size / 4096;
    for (const page of [0, 1, 2, 3, Math.floor(pages / 2), pages - 1]) {
      const stateDir = join(directory.path, `page-${page}`);
      mkdirSync(stateDir);
      copyFileSync(file, join(stateDir, 'ridgeline.db'));
      overwrite(join(stateDir, 'ridgeline.db'), page * 4096, 64);
      await expectRefused(stateDir);
    }
  });

  test('a truncated store is refused by the name of its file and is not changed', async () => {
    using directory = temporaryDirectory();
    await writeGroups(directory.path);
    const file = join(directory.path, 'ridgeline.db');
    truncateSync(file, statSync(file).size / 2);
    await expectRefused(directory.path);
  });

  test('a store with a text that is not JSON is refused when it is read', async () => {
    using directory = temporaryDirectory();
    await writeGroups(directory.path);
    const raw = new DatabaseSync(join(directory.path, 'ridgeline.db'));
    raw.exec("UPDATE trial SET params = 'x' WHERE trial_index = 7");
    raw.close();
    await using store = await openStore(directory.path, { owner });
    await expect(store.trials('endless')).rejects.toThrow(/^\[STATE_DAMAGED\].*JSON/);
  });
});

/** A store with some groups in one file, without a log. */
async function writeGroups(stateDir: string): Promise<void> {
  await using committing = startCommitting(stateDir);
  await committing.reached(4);
  await committing.kill();
  const store = await openStore(stateDir, { owner });
  await store.close();
}

async function expectRefused(stateDir: string): Promise<void> {
  const file = join(stateDir, 'ridgeline.db');
  const before = readFileSync(file);
  await expect(openStore(stateDir, { owner })).rejects.toThrow(
    `[STATE_DAMAGED] The store ${file} is damaged`,
  );
  expect(readFileSync(file).equals(before)).toBe(true);
}

function overwrite(file: string, offset: number, bytes: number): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, new Uint8Array(bytes).fill(0xa5), 0, bytes, offset);
  closeSync(handle);
}

describe('a full disk', () => {
  test('a commit on a full disk fails as a whole, and the next one succeeds after space was freed', async ({
    skip,
  }) => {
    using disk = smallDisk(1);
    if (disk === null) return skip('mounting a tmpfs needs root');
    const stateDir = join(disk.path, 'state');
    const ballast = join(disk.path, 'ballast');
    {
      await using store = await openStore(stateDir, { owner });
      await store.commit([event('first')]);
      fillDisk(ballast);
      const many = Array.from({ length: 100 }, (_, index) => event(`${index}`.padStart(1000)));
      await expect(store.commit(many)).rejects.toThrow(/\[STATE_UNWRITABLE\].*ridgeline\.db.*full/);
      expect(await details(store)).toEqual(['first']);
      rmSync(ballast);
      await store.commit([event('second')]);
      expect(await details(store)).toEqual(['first', 'second']);
    }
    await using reader = await openStoreReader(stateDir);
    expect(await details(reader)).toEqual(['first', 'second']);
  });

  test('a new store on a full disk is refused with the cause', async ({ skip }) => {
    using disk = smallDisk(1);
    if (disk === null) return skip('mounting a tmpfs needs root');
    const ballast = join(disk.path, 'ballast');
    fillDisk(ballast);
    const stateDir = join(disk.path, 'state');
    await expect(openStore(stateDir, { owner })).rejects.toThrow(/\[STATE_UNWRITABLE\].*full/);
    rmSync(ballast);
    const store = await openStore(stateDir, { owner });
    await store.close();
  });
});

async function details(reads: StoreReads): Promise<string[]> {
  return (await reads.events(1000)).map(({ detail }) => detail);
}

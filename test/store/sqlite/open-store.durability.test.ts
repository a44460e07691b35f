/** Faults for real: processes that are killed, disks that fill up, files that rot. */
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
import { describe, expect, test } from 'vitest';
import { openStore, openStoreReader } from '../../../src/store/sqlite/open-store.ts';
import type { StoreReader } from '../../../src/store/sqlite/read.ts';
import type { StoreRow } from '../../../src/store/rows.ts';
import { fillDisk, smallDisk } from '../support/small-disk.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = 'the test';
const groupSize = 50;

interface CommittingProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** The last group whose commit has returned; waits until it is `group` or later. */
  reached(group: number): Promise<number>;
  /** Kills it and reads what it still had said. @returns the last group whose commit has returned */
  kill(): Promise<number>;
}

function commitForEver(stateDir: string): CommittingProcess {
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
  const diedEarly = exited.then(() => Promise.reject(new Error('the process ended by itself')));
  diedEarly.catch(() => undefined); // It is killed in the end, when nobody waits for it any more.
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

/** Groups in the store; a group is there whole or not at all. */
function wholeGroups(reader: StoreReader): number {
  const { trials, attempts } = reader.snapshot(() => ({
    trials: reader.trials('endless', { curves: true, correctness: true }),
    attempts: reader.attempts('endless'),
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

describe('kill -9 in the middle of committing', () => {
  test('loses nothing that had returned, leaves no half of anything, and frees the lock', async () => {
    using directory = temporaryDirectory();
    for (let round = 0; round < 5; round++) {
      const stateDir = join(directory.path, String(round));
      await using committing = commitForEver(stateDir);
      await committing.reached(3 + round * 2);
      const last = await committing.kill();
      {
        using reader = openStoreReader(stateDir); // Before anybody has opened it for writing again.
        expect(wholeGroups(reader)).toBeGreaterThanOrEqual(last + 1);
      }
      using store = openStore(stateDir, { owner });
      const groups = wholeGroups(store);
      expect(groups).toBeGreaterThanOrEqual(last + 1);
      expect(groups).toBeLessThanOrEqual(last + 2); // The one whose commit returned before it could say so.
      store.commit([{ kind: 'event', atMs: 1, study: null, what: 'goes-on', detail: '' }]);
    }
  });
});

describe('a second process', () => {
  test('is told who holds the state directory, and gets it once that one is dead', async () => {
    using directory = temporaryDirectory();
    await using committing = commitForEver(directory.path);
    await committing.reached(0);
    const refusal = new RegExp(`\\[STATE_LOCKED\\].*pid ${committing.child.pid} of the test`);
    expect(() => openStore(directory.path, { owner })).toThrow(refusal);
    await committing.kill();
    using store = openStore(directory.path, { owner });
    expect(store.studies().length).toBe(1);
  });

  test('reads whole commits while they are written, more and more of them', async () => {
    using directory = temporaryDirectory();
    await using committing = commitForEver(directory.path);
    await committing.reached(0);
    using reader = openStoreReader(directory.path);
    let before = 0;
    for (let look = 0; look < 5; look++) {
      const last = await committing.reached(before + 1);
      const groups = wholeGroups(reader);
      expect(groups).toBeGreaterThanOrEqual(last + 1);
      before = groups;
    }
    const last = await committing.kill();
    expect(wholeGroups(reader)).toBeGreaterThanOrEqual(last + 1);
  });

  test('that reads sees one state within a snapshot, whatever is written meanwhile', async () => {
    using directory = temporaryDirectory();
    using store = openStore(directory.path, { owner });
    using reader = openStoreReader(directory.path);
    const event: StoreRow = { kind: 'event', atMs: 1, study: null, what: 'noted', detail: '' };
    store.commit([event]);
    const counts = reader.snapshot(() => {
      const before = reader.events(10).length;
      store.commit([event]);
      return [before, reader.events(10).length];
    });
    expect(counts).toEqual([1, 1]);
    expect(reader.events(10).length).toBe(2);
  });
});

describe('a damaged store', () => {
  test('is refused by name, whichever of its pages is hit, and left as it is', async () => {
    using directory = temporaryDirectory();
    const original = join(directory.path, 'original');
    await using committing = commitForEver(original);
    await committing.reached(4);
    await committing.kill();
    openStore(original, { owner }).close(); // Everything is in one file now.
    const file = join(original, 'ridgeline.db');
    const pages = statSync(file).size / 4096;
    for (const page of [0, 1, 2, 3, Math.floor(pages / 2), pages - 1]) {
      const stateDir = join(directory.path, `page-${page}`);
      mkdirSync(stateDir);
      copyFileSync(file, join(stateDir, 'ridgeline.db'));
      overwrite(join(stateDir, 'ridgeline.db'), page * 4096, 64);
      expectRefused(stateDir);
    }
  });

  test('that is cut short is refused by name too', async () => {
    using directory = temporaryDirectory();
    await using committing = commitForEver(directory.path);
    await committing.reached(4);
    await committing.kill();
    openStore(directory.path, { owner }).close();
    const file = join(directory.path, 'ridgeline.db');
    truncateSync(file, statSync(file).size / 2);
    expectRefused(directory.path);
  });
});

/** It was refused as damaged, by the file's name, and left as it was. */
function expectRefused(stateDir: string): void {
  const file = join(stateDir, 'ridgeline.db');
  const before = readFileSync(file);
  expect(() => openStore(stateDir, { owner })).toThrow(
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
  test('makes a commit fail whole; the next one works when there is space again', ({ skip }) => {
    using disk = smallDisk(1);
    if (disk === null) return skip('mounting a tmpfs needs root');
    const stateDir = join(disk.path, 'state');
    const ballast = join(disk.path, 'ballast');
    {
      using store = openStore(stateDir, { owner });
      store.commit([note('first')]);
      fillDisk(ballast);
      const many = Array.from({ length: 100 }, (_, index) => note(`${index}`.padStart(1000)));
      expect(() => store.commit(many)).toThrow(/\[STATE_UNWRITABLE\].*ridgeline\.db.*full/);
      expect(noted(store)).toEqual(['first']);
      rmSync(ballast);
      store.commit([note('second')]);
      expect(noted(store)).toEqual(['first', 'second']);
    }
    using reader = openStoreReader(stateDir);
    expect(noted(reader)).toEqual(['first', 'second']);
  });

  test('leaves no room for a new store, which is said with the cause', ({ skip }) => {
    using disk = smallDisk(1);
    if (disk === null) return skip('mounting a tmpfs needs root');
    const ballast = join(disk.path, 'ballast');
    fillDisk(ballast);
    const stateDir = join(disk.path, 'state');
    expect(() => openStore(stateDir, { owner })).toThrow(/\[STATE_UNWRITABLE\].*full/);
    rmSync(ballast);
    openStore(stateDir, { owner }).close();
  });
});

function note(detail: string): StoreRow {
  return { kind: 'event', atMs: 1, study: null, what: 'noted', detail };
}

function noted(reader: StoreReader): string[] {
  return reader.events(1000).map(({ detail }) => detail);
}

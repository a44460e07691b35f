/** The write-ahead log: what a crash cuts off is dropped, and damage is refused. */
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLog } from '../../../src/store/sqlite/log-check.ts';
import { openStore, openStoreReader } from '../../../src/store/sqlite/open-store.ts';
import { event } from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = 'the test';
const commits = 12;
const frameBytes = 24 + 4_096;

/** The state directory of a killed coordinator, with all of its twelve commits in the log. */
async function killed(parent: string): Promise<string> {
  const live = join(parent, 'live');
  await using store = await openStore(live, { owner });
  for (let commit = 1; commit <= commits; commit++)
    await store.commit([event(`${commit}`.padStart(5_000))]);
  const dead = join(parent, 'dead');
  mkdirSync(dead);
  for (const name of ['ridgeline.db', 'ridgeline.db-wal'])
    copyFileSync(join(live, name), join(dead, name));
  return dead;
}

function copied(from: string, to: string): { stateDir: string; log: string } {
  mkdirSync(to);
  for (const name of ['ridgeline.db', 'ridgeline.db-wal'])
    copyFileSync(join(from, name), join(to, name));
  return { stateDir: to, log: join(to, 'ridgeline.db-wal') };
}

async function openAndClose(stateDir: string): Promise<void> {
  const store = await openStore(stateDir, { owner });
  await store.close();
}

async function countEvents(stateDir: string): Promise<number> {
  await using reader = await openStoreReader(stateDir);
  return (await reader.events(1_000)).length;
}

describe('a write-ahead log', () => {
  test('a log of a killed process is undamaged and has every commit', async () => {
    using directory = temporaryDirectory();
    const dead = await killed(directory.path);
    expect(readLog(join(dead, 'ridgeline.db-wal')).damage).toBe(null);
    await openAndClose(dead);
    expect(await countEvents(dead)).toBe(commits);
  });

  test('a log with random bytes or half a frame at its end loses no commit', async () => {
    using directory = temporaryDirectory();
    const dead = await killed(directory.path);
    for (const [name, tail] of [
      ['garbage', Buffer.alloc(10_000, 0xa5)],
      ['half', readFileSync(join(dead, 'ridgeline.db-wal')).subarray(32, 2_000)],
    ] as const) {
      const { stateDir, log } = copied(dead, join(directory.path, name));
      writeFileSync(log, tail, { flag: 'a' });
      await openAndClose(stateDir);
      expect(await countEvents(stateDir)).toBe(commits);
    }
  });

  test('a log whose last transaction was cut off loses only that transaction', async () => {
    using directory = temporaryDirectory();
    const { stateDir, log } = copied(await killed(directory.path), join(directory.path, 'cut'));
    truncateSync(log, statSync(log).size - frameBytes / 2);
    await openAndClose(stateDir);
    expect(await countEvents(stateDir)).toBe(commits - 1);
  });

  test('a log in which one bit was flipped is refused, or loses only its last transaction', async () => {
    using directory = temporaryDirectory();
    const dead = await killed(directory.path);
    const whole = readFileSync(join(dead, 'ridgeline.db-wal'));
    let directories = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length * 8 - 1), async (bit) => {
        directories += 1;
        const { stateDir, log } = copied(dead, join(directory.path, `${directories}`));
        const flipped = Buffer.from(whole);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        writeFileSync(log, flipped);
        try {
          await openAndClose(stateDir);
        } catch (error) {
          expect(String(error)).toMatch(/\[STATE_DAMAGED\] The store \S*ridgeline\.db is damaged/);
          expect(readFileSync(log).equals(flipped)).toBe(true);
          return;
        }
        expect(await countEvents(stateDir)).toBeGreaterThanOrEqual(commits - 1);
      }),
      { numRuns: 60 },
    );
  });
});

/** The write-ahead log: what a crash cuts off is dropped, what rots is refused, whoever looks first. */
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
import { logDamage } from '../../../src/store/sqlite/log-check.ts';
import { openStore, openStoreReader } from '../../../src/store/sqlite/open-store.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = 'the test';
const commits = 12;
const frameBytes = 24 + 4_096;

/** The state directory of a coordinator that was killed: twelve commits, all of them in the log. */
function killed(parent: string): string {
  const live = join(parent, 'live');
  using store = openStore(live, { owner });
  for (let commit = 1; commit <= commits; commit++)
    store.commit([
      { kind: 'event', atMs: 1, study: null, what: 'noted', detail: `${commit}`.padStart(5_000) },
    ]);
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

const eventsIn = (stateDir: string): number => {
  using reader = openStoreReader(stateDir);
  return reader.events(1_000).length;
};

describe('a log', () => {
  test('that a kill left behind is whole, and has every commit', () => {
    using directory = temporaryDirectory();
    const dead = killed(directory.path);
    expect(logDamage(join(dead, 'ridgeline.db-wal'))).toBe(null);
    openStore(dead, { owner }).close();
    expect(eventsIn(dead)).toBe(commits);
  });

  test('with garbage or half a frame at its end loses nothing', () => {
    using directory = temporaryDirectory();
    const dead = killed(directory.path);
    for (const [name, tail] of [
      ['garbage', Buffer.alloc(10_000, 0xa5)],
      ['half', readFileSync(join(dead, 'ridgeline.db-wal')).subarray(32, 2_000)],
    ] as const) {
      const { stateDir, log } = copied(dead, join(directory.path, name));
      writeFileSync(log, tail, { flag: 'a' });
      openStore(stateDir, { owner }).close();
      expect(eventsIn(stateDir)).toBe(commits);
    }
  });

  test('whose last transaction was cut off loses that one alone', () => {
    using directory = temporaryDirectory();
    const { stateDir, log } = copied(killed(directory.path), join(directory.path, 'cut'));
    truncateSync(log, statSync(log).size - frameBytes / 2);
    openStore(stateDir, { owner }).close();
    expect(eventsIn(stateDir)).toBe(commits - 1);
  });

  test('in which any bit has flipped is refused, or loses no more than its last transaction', () => {
    using directory = temporaryDirectory();
    const dead = killed(directory.path);
    const whole = readFileSync(join(dead, 'ridgeline.db-wal'));
    let directories = 0;
    fc.assert(
      fc.property(fc.nat(whole.length * 8 - 1), (bit) => {
        directories += 1;
        const { stateDir, log } = copied(dead, join(directory.path, `${directories}`));
        const flipped = Buffer.from(whole);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        writeFileSync(log, flipped);
        try {
          openStore(stateDir, { owner }).close();
        } catch (error) {
          expect(String(error)).toMatch(/\[STATE_DAMAGED\] The store \S*ridgeline\.db is damaged/);
          expect(readFileSync(log).equals(flipped)).toBe(true);
          return;
        }
        expect(eventsIn(stateDir)).toBeGreaterThanOrEqual(commits - 1);
      }),
      { numRuns: 60 },
    );
  });
});

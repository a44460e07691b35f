/**
 * Many histories in a row. The first one that breaks a promise is written down, so that every later run
 * begins with it, and named with the command that repeats it.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../../src/base/errors.ts';
import { drawHistory } from './draw-history.ts';
import { History } from './history.ts';

const keptSeedsFile = new URL('kept-seeds.txt', import.meta.url);

/** Seeds that failed once. */
export function keptSeeds(): number[] {
  return readFileSync(keptSeedsFile, 'utf8')
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => Number.parseInt(line, 10));
}

/** @throws with the seed, what it broke, and how to see it again */
export async function runSeeds(seeds: Iterable<number>): Promise<void> {
  for (const seed of seeds) {
    // The test's runner wants to hear from this process now and then.
    if (seed % 100 === 0) await setImmediate();
    try {
      new History(drawHistory(seed)).run();
    } catch (error) {
      if (!keptSeeds().includes(seed))
        appendFileSync(keptSeedsFile, `${seed} ${messageOf(error)}\n`);
      throw new Error(
        `seed ${seed}: ${messageOf(error)}; see it again with \`node test/simulation/run-seeds.ts ${seed}\``,
        { cause: error },
      );
    }
  }
}

export function* seedsFrom(first: number, count: number): Generator<number> {
  for (let seed = first; seed < first + count; seed++) yield seed;
}

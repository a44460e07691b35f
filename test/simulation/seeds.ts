/**
 * Runs many histories. The first seed that breaks a promise is added to `kept-seeds.txt`, so later runs
 * start with it, and is reported with the command that repeats it.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { errorMessage } from '../../src/base/errors.ts';
import { randomHistory } from './random-history.ts';
import { History } from './history.ts';

const keptSeedsFile = new URL('kept-seeds.txt', import.meta.url);

/** Seeds that failed once. */
export function keptSeeds(): number[] {
  return readFileSync(keptSeedsFile, 'utf8')
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => Number.parseInt(line, 10));
}

/** @throws an error with the seed, the broken promise and the command that repeats it */
export async function runSeeds(seeds: Iterable<number>): Promise<void> {
  for (const seed of seeds) {
    // Lets the test runner communicate, and memory be collected.
    if (seed % 100 === 0) await setImmediate();
    try {
      await new History(randomHistory(seed)).run();
    } catch (error) {
      if (!keptSeeds().includes(seed))
        appendFileSync(keptSeedsFile, `${seed} ${errorMessage(error)}\n`);
      throw new Error(
        `seed ${seed}: ${errorMessage(error)}; repeat it with \`npx node test/simulation/run-seeds.ts ${seed}\``,
        { cause: error },
      );
    }
  }
}

export function* seedsFrom(first: number, count: number): Generator<number> {
  for (let seed = first; seed < first + count; seed++) yield seed;
}

/** The long run: 50,000 seeds, and the gate that shows that the simulation finds planted bugs. */
import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { findBug } from './mutation-gate.ts';
import { plantedBugs } from './mutations.ts';
import { runSeeds, seedsFrom } from './seeds.ts';

describe('a simulated cluster', () => {
  test('keeps its promises in 50,000 histories', { timeout: 3_600_000 }, async () => {
    await runSeeds(seedsFrom(1, 50_000));
  });

  test('reveals each planted bug within 2,000 seeds', { timeout: 3_600_000 }, async () => {
    const found = new Map<string, string | null>();
    const left = [...plantedBugs];
    const work = async (): Promise<void> => {
      for (let next = left.pop(); next !== undefined; next = left.pop())
        found.set(next.claim, await findBug(next, 2_000));
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
    for (const [claim, how] of found) process.stdout.write(`${claim}\n    ${how ?? 'NOT FOUND'}\n`);
    expect(found.size).toBe(plantedBugs.length);
    expect([...found].filter(([, how]) => how === null).map(([claim]) => claim)).toEqual([]);
  });
});

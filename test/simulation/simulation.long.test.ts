/** The long run: many more seeds, and the gate that shows that they would find a bug. */
import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { findMutation } from './mutation-gate.ts';
import { mutations } from './mutations.ts';
import { runSeeds, seedsFrom } from './seeds.ts';

describe('a simulated cluster', () => {
  test('keeps its promises in 50,000 histories', { timeout: 3_600_000 }, async () => {
    await runSeeds(seedsFrom(1, 50_000));
  });

  test('finds each planted bug within 2,000 seeds', { timeout: 3_600_000 }, async () => {
    const found = new Map<string, string | null>();
    const left = [...mutations];
    const work = async (): Promise<void> => {
      for (let next = left.pop(); next !== undefined; next = left.pop())
        found.set(next.name, await findMutation(next, 2_000));
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
    for (const [name, how] of found) process.stdout.write(`${name}\n    ${how ?? 'NOT FOUND'}\n`);
    expect(found.size).toBe(mutations.length);
    expect([...found].filter(([, how]) => how === null).map(([name]) => name)).toEqual([]);
  });
});

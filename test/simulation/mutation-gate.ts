/** Plants a mutation in a copy of the sources and runs seeds there until one of them fails. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { assert } from '../../src/base/assert.ts';
import type { Mutation } from './mutations.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** What the simulation is made of. */
const parts = [
  ...['base', 'coordinator', 'rpc', 'search', 'store', 'study', 'worker'].map((r) => `src/${r}`),
  'test/simulation',
  'test/study',
];

/** @returns the seed that found it and what was broken, as told; null when none did */
export async function findMutation(mutation: Mutation, seeds: number): Promise<string | null> {
  const copy = mkdtempSync(join(tmpdir(), 'ridgeline-mutation-'));
  try {
    for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
    writeFileSync(join(copy, 'package.json'), '{ "type": "module" }\n');
    plant(mutation, copy);
    const script = join(copy, 'test/simulation/run-seeds.ts');
    await run(process.execPath, [script, '1', String(seeds)], { maxBuffer: 64 * 2 ** 20 });
    return null;
  } catch (error) {
    // Exit code 1 and a seed on stdout: found. Anything else is a fault of the gate.
    const told = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const found = /^seed \d+, .*$/m.exec(told)?.[0];
    if (found === undefined) throw error;
    return found;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function plant({ name, edits }: Mutation, copy: string): void {
  for (const { file, from, to } of edits) {
    const path = join(copy, file);
    const text = readFileSync(path, 'utf8');
    const places = text.split(from).length - 1;
    assert(places === 1, () => `${name}: ${file} has ${places} places for it: ${from}`);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
  }
}

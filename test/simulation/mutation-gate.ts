/** Mutation gate: plants one bug in a copy of the sources and runs seeds there until one fails. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { PlantedBug } from './mutations.ts';
import { findMarkers, plantBug } from './planted-bugs.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

export const markers = findMarkers(root);

/** The rooms that the simulation runs. */
const parts = [
  ...['base', 'coordinator', 'rpc', 'search', 'store', 'study', 'trainers', 'worker'].map(
    (room) => `src/${room}`,
  ),
  ...['simulation', 'study'].map((room) => `test/${room}`),
];

/**
 * @param bug null: no bug
 * @returns the first seed that fails, with the violation; null if none does
 */
export async function findBug(bug: PlantedBug | null, seeds: number): Promise<string | null> {
  const copy = mkdtempSync(join(tmpdir(), 'ridgeline-mutation-'));
  try {
    for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    writeFileSync(join(copy, 'package.json'), '{ "type": "module" }\n');
    if (bug !== null)
      for (const [file, text] of plantedFiles(bug)) writeFileSync(join(copy, file), text);
    const script = join(copy, 'test/simulation/run-seeds.ts');
    await run(process.execPath, [script, '1', String(seeds)], { maxBuffer: 64 * 2 ** 20 });
    return null;
  } catch (error) {
    // A broken invariant: the bug was found. Anything else is an error of the replacement or the gate.
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const found = /^seed \d+, .*: Invariant broken: .*$/m.exec(output)?.[0];
    if (found === undefined) throw error;
    return found;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** The texts of the files that a bug changes. */
export function plantedFiles(bug: PlantedBug): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { name, file } of markers) {
    const replacement = bug.replacements[name];
    if (replacement === undefined) continue;
    const text = texts.get(file) ?? readFileSync(join(root, file), 'utf8');
    texts.set(file, plantBug(text, name, replacement));
  }
  return texts;
}

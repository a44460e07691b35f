/** Group memory: the memory of a process group, read from `/proc` of Linux. */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Resident memory of the processes of a group.
 *
 * @param limit if the processes use more, the memory that they share is counted once, which takes longer
 * @returns bytes; 0 without `/proc`
 */
export function groupMemoryBytes(group: number, limit: number, proc = '/proc'): number {
  const folders = processesOf(group, proc);
  const resident = sum(folders.map((folder) => kilobytes(`${folder}/status`, 'VmRSS')));
  if (resident <= limit) return resident;
  // Processes that were forked share most of their memory.
  return sum(
    folders.map(
      (folder) =>
        kilobytes(`${folder}/smaps_rollup`, 'Pss') ?? kilobytes(`${folder}/status`, 'VmRSS'),
    ),
  );
}

function processesOf(group: number, proc: string): string[] {
  try {
    return readdirSync(proc)
      .filter((name) => /^\d+$/.test(name) && groupOf(`${proc}/${name}/stat`) === group)
      .map((name) => `${proc}/${name}`);
  } catch {
    return [];
  }
}

/** Null if the process has ended. */
function groupOf(file: string): number | null {
  const text = textOf(file);
  // The second field, the name in parentheses, may have spaces: state, parent and group follow it.
  return text === null ? null : Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[2]);
}

/** Null if there is no such line. */
function kilobytes(file: string, name: string): number | null {
  const [, count] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(textOf(file) ?? '') ?? [];
  return count === undefined ? null : Number(count);
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
}

/** @returns bytes */
function sum(kilobytesOf: readonly (number | null)[]): number {
  return kilobytesOf.reduce<number>((total, count) => total + (count ?? 0) * 1_024, 0);
}

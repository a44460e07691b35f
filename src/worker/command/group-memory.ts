/** Group memory: resident memory of a process group, read from `/proc`. */
import { readdirSync, readFileSync } from 'node:fs';

const pageBytes = 4_096;

/** 0 without `/proc`. */
export function groupMemoryBytes(group: number, proc = '/proc'): number {
  let names: string[];
  try {
    names = readdirSync(proc);
  } catch {
    return 0;
  }
  let pages = 0;
  for (const name of names)
    if (/^\d+$/.test(name)) pages += residentPages(`${proc}/${name}/stat`, group);
  return pages * pageBytes;
}

/** 0 if the process is of another group, or has ended. */
function residentPages(file: string, group: number): number {
  try {
    const text = readFileSync(file, 'latin1');
    // The second field, the name in parentheses, may have spaces: state, parent and group follow it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return Number(fields[2]) === group ? Number(fields[21]) : 0;
  } catch {
    return 0;
  }
}

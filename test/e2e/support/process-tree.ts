/** Processes that are not a test's own children, by /proc: they give no event, so a test looks. */
import { readFileSync, readdirSync } from 'node:fs';

/**
 * A file of a process; empty when it has ended, also while it was being read, which the kernel answers with ESRCH.
 */
export function readProcess(pid: number, name: 'stat' | 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

/** What follows the name in `stat`, which may hold anything: state, parent, … */
function statFields(pid: number): string[] {
  const stat = readProcess(pid, 'stat');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Neither ended nor a zombie that nobody has waited for. */
const isThere = (pid: number): boolean => !['', 'Z', 'X'].includes(statFields(pid)[0] ?? '');

/** The processes that a process has started. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => statFields(other)[1] === String(pid));
}

/** The process and all that descend from it. */
export function processTree(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(processTree)];
}

/** Resolves when none of them is left. */
export async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(isThere)) await new Promise((looked) => setTimeout(looked, 20));
}

/** User and system time of a process, in the kernel's hundredths of a second. */
export function processorMs(pid: number): number {
  const fields = statFields(pid);
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** Process tree: processes that are not children of the test, read from /proc. */
import { readFileSync, readdirSync } from 'node:fs';

/**
 * A file of a process in /proc; empty if the process has ended, also during the read (ESRCH).
 */
export function readProcess(pid: number, name: 'stat' | 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

/** Fields after the name in `stat` (the name may contain any character): state, parent, … */
function statFields(pid: number): string[] {
  const stat = readProcess(pid, 'stat');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Child processes. */
export function childPids(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => statFields(other)[1] === String(pid));
}

/** The process and its descendants. */
export function processTree(pid: number): number[] {
  return [pid, ...childPids(pid).flatMap(processTree)];
}

/** User and system time of a process, in the kernel's hundredths of a second. */
export function processorMs(pid: number): number {
  const fields = statFields(pid);
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

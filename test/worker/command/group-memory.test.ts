import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { groupMemoryBytes } from '../../../src/worker/command/group-memory.ts';

const proc = mkdtempSync(join(tmpdir(), 'ridgeline-proc-'));
afterAll(() => rmSync(proc, { recursive: true }));

function addProcess(pid: number, group: number, residentKb: number, shareKb: number | null): void {
  const folder = join(proc, String(pid));
  mkdirSync(folder);
  writeFileSync(join(folder, 'stat'), `${pid} (a (b) 1 2) S 1 ${group} 1 0`);
  writeFileSync(join(folder, 'status'), `Name:\ta\nVmHWM:\t 9999 kB\nVmRSS:\t${residentKb} kB\n`);
  if (shareKb !== null)
    writeFileSync(join(folder, 'smaps_rollup'), `x\nPss:   ${shareKb} kB\nPss_Dirty: 1 kB\n`);
}

addProcess(10, 10, 100, 60);
addProcess(11, 10, 100, 60);
addProcess(12, 10, 50, null);
addProcess(20, 20, 1_000, 1_000);
// A process that has just ended.
mkdirSync(join(proc, '13'));

test('the memory of a group is that of its processes alone', () => {
  expect(groupMemoryBytes(10, 1e9, proc)).toBe(250 * 1_024);
});

test('memory that processes share is counted once before it is too much', () => {
  expect(groupMemoryBytes(10, 200 * 1_024, proc)).toBe(170 * 1_024);
});

test('without /proc the memory is unknown', () => {
  expect(groupMemoryBytes(10, 1, join(proc, 'missing'))).toBe(0);
});

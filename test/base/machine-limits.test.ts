/** Limits of a process, read from files as the kernel writes them. */
import { expect, test } from 'vitest';
import {
  freeAddressBytes,
  processLimits,
  processorQuota,
  processQuota,
  type ReadText,
} from '../../src/base/machine-limits.ts';

const files =
  (texts: Readonly<Record<string, string>>): ReadText =>
  (path) =>
    texts[path] ?? null;

const limits = (addresses: string): string => `\
Limit                     Soft Limit           Hard Limit           Units
Max stack size            8388608              unlimited            bytes
Max processes             63304                63304                processes
Max open files            1024                 1048576              files
Max address space         ${addresses.padEnd(20)} unlimited            bytes
`;

test('the soft limits of ulimit are read, and unlimited ones are null', () => {
  const read = files({ '/proc/self/limits': limits('unlimited') });
  expect(processLimits(read)).toEqual({ addressBytes: null, processes: 63_304, openFiles: 1_024 });
  const limited = files({
    '/proc/self/limits': limits('2048000'),
    '/proc/self/status': 'Name:\tnode\nVmSize:\t    1500 kB\n',
  });
  expect(processLimits(limited).addressBytes).toBe(2_048_000);
  expect(freeAddressBytes(limited)).toBe(512_000);
});

test('without /proc nothing is limited', () => {
  const read = files({});
  expect(processLimits(read)).toEqual({ addressBytes: null, processes: null, openFiles: null });
  expect([freeAddressBytes(read), processorQuota(read), processQuota(read)]).toEqual([
    null,
    null,
    null,
  ]);
});

test.each([
  [
    'version 2, in the group of the process',
    { '/proc/self/cgroup': '0::/a/b\n', '/sys/fs/cgroup/a/b/cpu.max': '50000 100000\n' },
    0.5,
  ],
  [
    'version 2, in the group above',
    {
      '/proc/self/cgroup': '0::/a/b\n',
      '/sys/fs/cgroup/a/b/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/a/cpu.max': '150000 100000\n',
    },
    1.5,
  ],
  [
    'version 1, under the name of both controllers',
    {
      '/proc/self/cgroup': '5:memory:/x\n4:cpu,cpuacct:/x\n',
      '/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us': '200000\n',
      '/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us': '100000\n',
    },
    2,
  ],
  [
    'version 1, in a container that sees the path of the host',
    {
      '/proc/self/cgroup': '4:cpu,cpuacct:/docker/3f2a\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '100000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
    1,
  ],
  [
    'version 1, without a quota',
    {
      '/proc/self/cgroup': '4:cpu,cpuacct:/\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
    null,
  ],
])('the quota of processors is found with control groups of %s', (_case, texts, quota) => {
  expect(processorQuota(files(texts))).toBe(quota);
});

test('the limit of threads is that of the tightest control group', () => {
  const texts = {
    '/proc/self/cgroup': '0::/a/b\n',
    '/sys/fs/cgroup/a/b/pids.max': 'max\n',
    '/sys/fs/cgroup/a/pids.max': '40\n',
    '/sys/fs/cgroup/pids.max': '4000\n',
  };
  expect(processQuota(files(texts))).toBe(40);
});

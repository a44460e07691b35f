/** Number of training threads under limits of the system. */
import { expect, test } from 'vitest';
import {
  coresNote,
  defaultThreads,
  fittingThreads,
  startableThreads,
  usableCores,
  type Limits,
} from '../../src/worker/thread-count.ts';

const unlimited: Limits = {
  processLimits: () => ({ addressBytes: null, processes: null, openFiles: null }),
  processQuota: () => null,
  freeAddressBytes: () => null,
  startable: async (count) => await Promise.resolve(count),
};

test('a quota of processors limits the threads by default, and a part of one counts as one', () => {
  expect([0.1, 0.5, 1, 1.5, 2, 8, null].map((quota) => usableCores(4, quota))).toEqual([
    1, 1, 1, 1, 2, 4, 4,
  ]);
});

test('a worker has at most 256 threads by default, and unused processors are reported', () => {
  expect([1, 2, 3].map((workers) => defaultThreads(workers, 600))).toEqual([256, 256, 200]);
  expect(defaultThreads(8, 2)).toBe(1);
  expect(coresNote(1, 257)).toBe(
    'This machine has 257 processors, and one worker uses 256: start 2 workers to use all.',
  );
  expect(coresNote(2, 512)).toBeNull();
});

test('all requested threads fit without limits', async () => {
  expect(await fittingThreads(64, 'portable', unlimited)).toEqual({ threads: 64, note: null });
});

test('threads are cut to a limit of addresses, which the portable kernel needs more of', async () => {
  const limits: Limits = {
    ...unlimited,
    processLimits: () => ({ addressBytes: 4_096_000_000, processes: null, openFiles: null }),
    freeAddressBytes: () => 2_800_000_000,
  };
  expect(await fittingThreads(64, 'native', limits)).toEqual({
    threads: 18,
    note: 'Training with 18 of 64 threads: the limit of addresses, `ulimit -v 4000000`, leaves no room for more.',
  });
  expect(await fittingThreads(64, 'portable', limits)).toMatchObject({ threads: 2 });
  const tight = { ...limits, freeAddressBytes: () => 0 };
  expect(await fittingThreads(64, 'portable', tight)).toMatchObject({ threads: 1 });
});

test('threads are cut to those that the system starts, with the limit in the sentence', async () => {
  const few: Limits = {
    ...unlimited,
    processLimits: () => ({ addressBytes: null, processes: 40, openFiles: null }),
    startable: async () => await Promise.resolve(9),
  };
  expect(await fittingThreads(24, 'native', few)).toEqual({
    threads: 9,
    note: 'Training with 9 of 24 threads: the limit of threads, `ulimit -u 40`, leaves no room for more.',
  });
  const grouped = { ...few, processQuota: () => 30 };
  expect((await fittingThreads(24, 'native', grouped)).note).toContain('pids.max 30');
  const none = { ...few, startable: async () => await Promise.resolve(0) };
  await expect(fittingThreads(24, 'native', none)).rejects.toMatchObject({ code: 'MACHINE_UNFIT' });
});

test('the threads that can be started are counted by starting them', async () => {
  expect(await startableThreads(3)).toBe(3);
});

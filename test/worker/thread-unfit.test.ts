/** Threads that cannot reserve memory. */
import { expect, test } from 'vitest';
import { isOutOfMemory, threadUnfit } from '../../src/worker/thread-unfit.ts';

const noMemory = new RangeError('WebAssembly.Memory(): could not allocate memory');

test('a failed reservation of memory is distinguished from an error of the trainer', () => {
  expect(isOutOfMemory(noMemory)).toBe(true);
  expect(isOutOfMemory(new RangeError('Array buffer allocation failed'))).toBe(true);
  expect(isOutOfMemory(new RangeError('Invalid array length'))).toBe(false);
});

test('the error names the limit of addresses and the number of threads that still fit', () => {
  const files: Record<string, string> = {
    '/proc/self/limits':
      'Max address space         24000000000          unlimited            bytes\n',
    '/proc/self/status': 'VmSize:\t 22000000 kB\n',
  };
  const { code, what } = threadUnfit(noMemory, (path) => files[path] ?? null);
  expect(code).toBe('MACHINE_UNFIT');
  expect(what).toBe(
    'A training thread cannot start: WebAssembly.Memory(): could not allocate memory; addresses are limited to 24.0 GB (`ulimit -v`), and the rest has room for 2 more training threads.',
  );
});

test('the error names no limit if there is none', () => {
  const { what } = threadUnfit(noMemory, () => null);
  expect(what).toBe(
    'A training thread cannot start: WebAssembly.Memory(): could not allocate memory.',
  );
});

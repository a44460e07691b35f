/**
 * Process flags: Node options that keep processes small, so that memory is left for the data set.
 *
 * Workers have a small nursery (V8's memory for new objects) and an allocator that returns freed memory.
 * Neither costs time, since threads compute in their own memory; both save 60 of 360 MB at the peak
 * (measured). A coordinator creates many short-lived objects, so its nursery is larger than Node's
 * default: under full load, the collector then takes half as much of its time.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { assert } from '../base/assert.ts';
import { processLimits } from '../base/machine-limits.ts';

export const lowMemoryFlags: readonly string[] = ['--max-semi-space-size=1'];

export const coordinatorFlags: readonly string[] = ['--max-semi-space-size=32'];

/**
 * Where addresses are limited (`ulimit -v`): V8 then checks the bounds of WebAssembly memories in code,
 * instead of reserving 8 GiB of addresses around each. Results are the same.
 */
export function addressFlags(limits = processLimits()): readonly string[] {
  return limits.addressBytes === null ? [] : ['--disable-wasm-trap-handler'];
}

/** Of child processes that are not to be signalled by others: SIGUSR1 would open Node's debugger. */
export const childFlags: readonly string[] = [...lowMemoryFlags, '--disable-sigusr1'];

/** Read by glibc; other C libraries ignore it. */
export const lowMemoryEnvironment: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '65536',
};

/** Replaces this process with itself under `flags` (same process id); call it before any other work. */
export function restartWithFlags(flags: readonly string[]): void {
  const hasFlags = flags.every((flag) => process.execArgv.includes(flag));
  // An IPC channel would not survive, and not every system can replace a process.
  if (hasFlags || process.channel !== undefined || typeof process.execve !== 'function') return;
  if (process.platform === 'win32') return;
  const [node, ...args] = process.argv;
  assert(node !== undefined, 'a process has a first argument');
  process.execve(process.execPath, [node, ...process.execArgv, ...flags, ...args], {
    ...process.env,
    ...lowMemoryEnvironment,
  });
}

/** Sets `globalThis.gc`, for `dataset/bytes/collect-garbage.ts`. */
export function exposeGarbageCollector(): void {
  globalThis.gc = garbageCollector();
}

/**
 * A function that collects garbage. The option `--expose-gc` is on for this moment only: under it, V8
 * rejects the compiled code that Node contains, and a worker with one thread takes 65 ms longer to start
 * (measured).
 */
export function garbageCollector(): NodeJS.GCFunction {
  setFlagsFromString('--expose-gc');
  const collect: NodeJS.GCFunction = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return collect;
}

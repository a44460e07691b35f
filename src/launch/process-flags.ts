/**
 * How a process that trains is started: small, so that a node's memory goes to its data set.
 *
 * A small nursery and an allocator that returns what is freed cost nothing here, since threads compute
 * in memory of their own (measured: 60 MB less of 360 at the peak). A coordinator makes and drops many
 * small things and gets a larger nursery, though not Node's own: with 1,000 idle workers that was 30 to 60 MB more.
 */
import { assert } from '../base/assert.ts';

/** `--expose-gc`: see `dataset/shards/collect-garbage.ts`. */
export const leanFlags: readonly string[] = ['--max-semi-space-size=1', '--expose-gc'];

export const coordinatorFlags: readonly string[] = ['--max-semi-space-size=8'];

/** For glibc; others ignore it. */
export const leanEnvironment: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '65536',
};

/** Starts this process over under these flags, as the same process, before it has done anything. */
export function becomeLean(flags: readonly string[]): void {
  const isLean = flags.every((flag) => process.execArgv.includes(flag));
  // A channel to a parent would not survive; and not every system can replace a process.
  if (isLean || process.channel !== undefined || typeof process.execve !== 'function') return;
  if (process.platform === 'win32') return;
  const [node, ...args] = process.argv;
  assert(node !== undefined, 'a process has a first argument');
  process.execve(process.execPath, [node, ...process.execArgv, ...flags, ...args], {
    ...process.env,
    ...leanEnvironment,
  });
}

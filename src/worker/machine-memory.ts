/** Machine memory: how much memory the machine of a worker has, or its container. */
import { totalmem } from 'node:os';

/** @returns bytes */
export function machineMemory(): number {
  // 0, or more than the machine has, without a limit.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

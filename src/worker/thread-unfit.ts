/**
 * Unfit threads: a training thread that cannot load its kernel or cannot reserve memory. The machine is the
 * cause, not the trials: their pack is returned, and no failure is counted.
 */
import { RidgelineError, errorMessage } from '../base/errors.ts';
import { freeAddressBytes, processLimits, type ReadText } from '../base/machine-limits.ts';
import { addressesPerThread } from './thread-count.ts';

/** Whether V8 could not reserve or allocate memory for a buffer. */
export function isOutOfMemory(error: unknown): boolean {
  return (
    error instanceof RangeError &&
    /could not allocate memory|Array buffer allocation failed/i.test(error.message)
  );
}

/** @param read for tests */
export function threadUnfit(cause: unknown, read?: ReadText): RidgelineError {
  const { addressBytes } = processLimits(read);
  const free = freeAddressBytes(read);
  const limit =
    addressBytes === null || free === null
      ? ''
      : `; addresses are limited to ${gigabytes(addressBytes)} GB (\`ulimit -v\`), and the rest has room for ${Math.floor(free / addressesPerThread)} more training threads`;
  return new RidgelineError(
    'MACHINE_UNFIT',
    `A training thread cannot start: ${errorMessage(cause)}${limit}.`,
    'Raise the limit, or start the worker with fewer --threads; `ridgeline doctor` shows what fits.',
    { cause },
  );
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}

/**
 * Garbage collection: runs the collector at chosen moments. The collector sees only the small handles of
 * file buffers, not their memory, so it would collect them too late.
 *
 * Requires `globalThis.gc`, which workers and `train` expose (`launch/process-flags.ts`); otherwise does
 * nothing.
 */
const everyBytes = 4 * 1024 * 1024;

/** Collects the chunks of a stream every few megabytes, which takes less than a millisecond. */
export class ChunkGarbage {
  #bytes = 0;

  /** Call it after each chunk with the chunk's size. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < everyBytes) return;
    this.#bytes = 0;
    globalThis.gc?.({ type: 'minor', execution: 'sync' });
  }
}

/** Full collection, to be called before a data set is read: loading the program leaves some 10 MB. */
export function collectGarbage(): void {
  globalThis.gc?.();
}

/**
 * What would lie about beside a data set: buffers that came and went while bytes were streamed, of which
 * the collector sees only how small their handles are, and what loading the program left.
 *
 * Works where Node was started with `--expose-gc`, as nodes are (`launch/process-flags.ts`); elsewhere memory
 * is not short and the collector decides.
 */
const everyBytes = 4 * 1024 * 1024;

export class YoungGarbage {
  #bytes = 0;

  /** To be called with every chunk that was used up; collects now and then, in less than a millisecond. */
  passed(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < everyBytes) return;
    this.#bytes = 0;
    globalThis.gc?.({ type: 'minor', execution: 'sync' });
  }
}

/** Before a data set comes: what loading the program left is as large as a thread's share of memory. */
export function makeRoom(): void {
  globalThis.gc?.();
}

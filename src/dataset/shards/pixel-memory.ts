/**
 * Where a data set's pixels are laid down as they are read: one piece of shared memory that grows, so
 * that parts of sizes nobody knew beforehand come to lie next to each other, and all threads of a node
 * see them without a copy. Pages that nothing was written to cost nothing.
 *
 * Memory is given back only from the end, by whoever took it last; the whole goes with its last view.
 */
import { assert } from '../../base/assert.ts';
import { RidgelineError } from '../../base/errors.ts';

/** No data set for this network is larger. Reserved as addresses, not as memory. */
export const pixelBytesMax = 2 ** 32;

export class PixelMemory {
  #memory: SharedArrayBuffer | null = null;
  #used = 0;

  /**
   * Zeroed bytes that lie behind all that were taken before.
   *
   * @throws RidgelineError DATASET_INVALID beyond what any data set has, MACHINE_UNFIT where none is left
   */
  take(bytes: number): Uint8Array {
    if (this.#used + bytes > pixelBytesMax) {
      throw new RidgelineError(
        'DATASET_INVALID',
        `The data set has more than ${pixelBytesMax} bytes of pixels, more than this network is for.`,
        'Name fewer parts, or smaller images.',
      );
    }
    const offset = this.#used;
    try {
      this.#memory ??= new SharedArrayBuffer(0, { maxByteLength: pixelBytesMax });
      if (offset + bytes > this.#memory.byteLength) this.#memory.grow(offset + bytes);
    } catch (error) {
      throw new RidgelineError(
        'MACHINE_UNFIT',
        `This machine has no ${offset + bytes} bytes of memory for the data set's pixels.`,
        'Use a machine with more memory, or name fewer parts.',
        { cause: error },
      );
    }
    this.#used += bytes;
    return new Uint8Array(this.#memory, offset, bytes);
  }

  /** `taken` and as many bytes more behind it; nothing was taken since. */
  extend(taken: Uint8Array, bytes: number): Uint8Array {
    const { buffer, byteOffset, length } = taken;
    assert(byteOffset + length === this.#used, 'memory is extended at its end');
    this.take(bytes);
    return new Uint8Array(buffer, byteOffset, length + bytes);
  }

  /** Gives back what `taken` has beyond its first `bytes`; nothing was taken since. */
  cut(taken: Uint8Array, bytes: number): Uint8Array {
    assert(taken.byteOffset + taken.length === this.#used, 'memory is given back from its end');
    taken.fill(0, bytes);
    this.#used = taken.byteOffset + bytes;
    return taken.subarray(0, bytes);
  }
}

/**
 * Pixel memory: one growing piece of shared memory for the pixels of a data set. Shards of unknown size
 * are placed next to each other while they are read, and all threads of a node share them without a copy.
 *
 * Memory is returned only from its end. Pages that were never written take no memory.
 */
import { assert } from '../../base/assert.ts';
import { RidgelineError } from '../../base/errors.ts';

/** Limit of the pixels of a data set. Only addresses are reserved, not memory. */
export const pixelBytesMax = 2 ** 32;

export class PixelMemory {
  #memory: SharedArrayBuffer | null = null;
  #used = 0;

  /**
   * Returns zeroed bytes after those that were taken before.
   *
   * @throws RidgelineError DATASET_INVALID beyond `pixelBytesMax`, MACHINE_UNFIT if memory is exhausted
   */
  take(bytes: number): Uint8Array {
    const total = this.#used + bytes;
    if (total > pixelBytesMax) {
      throw new RidgelineError(
        'DATASET_INVALID',
        `The data set has ${total} bytes of pixels, more than the limit of ${pixelBytesMax}.`,
        'Name fewer shards, or use smaller images.',
      );
    }
    try {
      this.#memory ??= new SharedArrayBuffer(0, { maxByteLength: pixelBytesMax });
      if (total > this.#memory.byteLength) this.#memory.grow(total);
    } catch (error) {
      throw new RidgelineError(
        'MACHINE_UNFIT',
        `The data set needs ${total} bytes of memory for its pixels, which this machine cannot provide.`,
        'Use a machine with more memory, or name fewer shards.',
        { cause: error },
      );
    }
    const offset = this.#used;
    this.#used = total;
    return new Uint8Array(this.#memory, offset, bytes);
  }

  /** Returns `taken` with `bytes` more bytes at its end. `taken` must be the most recently taken bytes. */
  extend(taken: Uint8Array, bytes: number): Uint8Array {
    const { buffer, byteOffset, length } = taken;
    assert(byteOffset + length === this.#used, 'memory is extended at its end');
    this.take(bytes);
    return new Uint8Array(buffer, byteOffset, length + bytes);
  }

  /** Frees `taken`, which must be the most recently taken bytes. */
  free(taken: Uint8Array): void {
    assert(taken.byteOffset + taken.length === this.#used, 'memory is freed from its end');
    taken.fill(0);
    this.#used = taken.byteOffset;
  }
}

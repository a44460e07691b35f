/**
 * Pixel memory: growing shared memory for the pixels of a data set. Shards of unknown size are placed next
 * to each other while they are read, and all threads of a node share them without a copy.
 *
 * It reserves addresses for the largest data set, so it never moves: pages that were never written take no
 * memory. Where addresses are limited (`ulimit -v`), it reserves only the requested bytes, and continues in
 * another block when that is full; `assemble.ts` copies the pixels of several blocks into one.
 */
import { assert } from '../../base/assert.ts';
import { RidgelineError } from '../../base/errors.ts';
import { processLimits } from '../../base/machine-limits.ts';

/** Limit of the pixels of a data set. */
export const pixelBytesMax = 2 ** 32;

export class PixelMemory {
  readonly #reservedBytes: number;
  #block: SharedArrayBuffer | null = null;
  /** Bytes taken of the block. */
  #used = 0;
  /** Bytes taken of the blocks before it. */
  #before = 0;

  /** @param expectedBytes what will be taken, if that is known; it is used where addresses are limited */
  constructor(expectedBytes = 0, addressBytes = processLimits().addressBytes) {
    this.#reservedBytes =
      addressBytes === null ? pixelBytesMax : Math.min(expectedBytes, pixelBytesMax);
  }

  /**
   * Returns zeroed bytes, after those that were taken before if the block has room.
   *
   * @throws RidgelineError DATASET_INVALID beyond `pixelBytesMax`, MACHINE_UNFIT if memory is exhausted
   */
  take(bytes: number): Uint8Array {
    const total = this.#before + this.#used + bytes;
    if (total > pixelBytesMax) {
      throw new RidgelineError(
        'DATASET_INVALID',
        `The data set has ${total} bytes of pixels, more than the limit of ${pixelBytesMax}.`,
        'Name fewer shards, or use smaller images.',
      );
    }
    try {
      return this.#take(bytes);
    } catch (error) {
      throw new RidgelineError(
        'MACHINE_UNFIT',
        `The data set needs ${total} bytes of memory for its pixels, which this machine cannot provide.`,
        'Raise its limit of memory (`ulimit -v`, or that of the container), use a machine with more memory, or name fewer shards.',
        { cause: error },
      );
    }
  }

  #take(bytes: number): Uint8Array {
    if (this.#block === null || this.#used + bytes > this.#block.maxByteLength) {
      const maxByteLength = Math.max(bytes, this.#reservedBytes);
      const block = new SharedArrayBuffer(0, { maxByteLength });
      this.#before += this.#used;
      this.#used = 0;
      this.#block = block;
    }
    const offset = this.#used;
    if (offset + bytes > this.#block.byteLength) this.#block.grow(offset + bytes);
    this.#used += bytes;
    return new Uint8Array(this.#block, offset, bytes);
  }

  /** Returns `taken` with `bytes` more bytes at its end. `taken` must be the most recently taken bytes. */
  extend(taken: Uint8Array, bytes: number): Uint8Array {
    this.#requireLast(taken);
    const { buffer, byteOffset, length } = taken;
    const added = this.take(bytes);
    if (added.buffer === buffer) return new Uint8Array(buffer, byteOffset, length + bytes);
    this.free(added);
    const moved = this.take(length + bytes);
    moved.set(taken);
    return moved;
  }

  /** Frees `taken`, which must be the most recently taken bytes. */
  free(taken: Uint8Array): void {
    this.#requireLast(taken);
    taken.fill(0);
    this.#used = taken.byteOffset;
  }

  #requireLast({ buffer, byteOffset, length }: Uint8Array): void {
    const isLast = buffer === this.#block && byteOffset + length === this.#used;
    assert(isLast, 'memory is extended and freed at its end');
  }
}

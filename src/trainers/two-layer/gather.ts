/**
 * Brings a batch together: records from anywhere in the data set, one behind the other in a kernel's own
 * memory. The native kernel has a function of its own for it, which asks for the next record while it copies one.
 */

/** Copies records of `size` bytes to `out`, one behind the other; `source` may view shared memory. */
export type Gather = (
  out: Uint8Array,
  source: Uint8Array,
  records: Uint32Array,
  size: number,
) => void;

/** In plain JavaScript. */
export const gather: Gather = (out, source, records, size) => {
  for (let i = 0; i < records.length; i++) {
    const start = records[i]! * size;
    out.set(source.subarray(start, start + size), i * size);
  }
};

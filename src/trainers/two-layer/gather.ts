/**
 * Gathering: copies the records of a batch from anywhere in the data set to consecutive rows.
 *
 * The native kernel has another implementation, which prefetches the next record while it copies one.
 */

/** Copies records of `size` bytes to consecutive rows of `out`; `source` may view shared memory. */
export type Gather = (
  out: Uint8Array,
  source: Uint8Array,
  records: Uint32Array,
  size: number,
) => void;

/** The implementation of the portable kernel. */
export const gather: Gather = (out, source, records, size) => {
  for (let i = 0; i < records.length; i++) {
    const start = records[i]! * size;
    out.set(source.subarray(start, start + size), i * size);
  }
};

/** Bytes from one group of six inputs of the batch to the next: all rows and two more floats, in an odd number of cache lines. */
// @ts-ignore: decorator
@inline
export function groupStride(R: i32): usize {
  return <usize>((((6 * R + 2 + 15) >> 4) | 1) << 6);
}

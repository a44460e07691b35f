/** Layout of the batch, x [k / 48][row][48]: groups of 48 inputs. Both products read it. */

/** Inputs of a group: a multiple of the 6 inputs of a tile, and of the 8 that are converted at a time. */
export const GROUP = 48;
/** Bytes from one row of a group to the next. */
export const ROW: usize = GROUP << 2;

/** Bytes from one group to the next: all rows, in an odd number of cache lines if R is even. */
// @ts-ignore: decorator
@inline
export function groupStride(R: i32): usize {
  return <usize>R * ROW + 64;
}

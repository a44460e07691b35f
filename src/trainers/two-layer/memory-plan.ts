/**
 * Memory plan: byte offsets of a pack's arrays in a kernel's memory, each aligned to a cache line.
 * `kernel/assembly/kernel.ts` describes the layouts.
 */
import type { PackShape } from './pack-network.ts';

const CACHE_LINE = 64;
/** The module's constants are below this address. */
const FIRST_FREE_BYTE = 4096;
/** Columns of a panel of W1. */
export const PANEL = 8;
/** Rows or inputs of a tile of a product. */
const TILE = 6;
/** Inputs of a group of the batch. */
const GROUP = 48;

export type MemoryPlan = Readonly<ReturnType<typeof planMemory>>;

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

export function planMemory(shape: PackShape) {
  const { members, inputs, hidden } = shape;
  const R = roundUp(roundUp(shape.rows, TILE), 8);
  const K = roundUp(inputs, GROUP / 2);
  const panels = Math.ceil((members * hidden) / PANEL);
  const hiddenPadded = roundUp(hidden, 4);
  const classesPadded = roundUp(shape.classes, 4);
  // With the floats between groups: `batch-layout.ts`.
  const batch = Math.ceil(K / GROUP) * (GROUP * R + 16);
  let end = FIRST_FREE_BYTE;
  const take = (bytes: number): number => {
    const start = end;
    end = roundUp(end + bytes, CACHE_LINE);
    return start;
  };
  const floats = (count: number): number => take(count * 4);
  const offsets = {
    pixels: take(R * inputs + GROUP / 2), // Read up to 23 bytes past the last row.
    labels: take(R),
    scale: floats(K),
    offset: floats(K),
    x: floats(batch),
    w1: floats(panels * K * PANEL),
    b1: floats(panels * PANEL),
    twoLambdas: floats(panels * PANEL),
    minusRates: floats(panels * PANEL),
    z: floats(panels * R * PANEL), // Later overwritten with its gradient.
    a: floats((panels * PANEL + 3) * R), // `updateOutput` reads up to 3 columns past the last.
    mask: floats(hidden * R),
    s: floats(classesPadded * R),
    ds: floats(R * classesPadded),
    sums: floats(R),
    classOf: floats(R),
    w2: floats(members * hiddenPadded * classesPadded),
    b2: floats(members * classesPadded),
  };
  return { R, K, panels, hiddenPadded, classesPadded, ...offsets, end };
}

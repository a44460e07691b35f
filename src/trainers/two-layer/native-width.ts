/**
 * Native width: which kind of vectors trains fastest on this processor.
 *
 * That is measured, since wider is not always faster: some processors execute a vector of 512 bits in two
 * halves, others lower their clock.
 */
import type { NativeFunctions } from './native-functions.ts';
import { openNativeKernel } from './native-network.ts';

const shape = { members: 1, inputs: 1024, hidden: 50, classes: 10, rows: 100 };
const repeats = 4;

/** The processor's widths, the fastest first. Takes about two milliseconds for each. */
export function widthsBySpeed(native: NativeFunctions, nowMs: () => number): string[] {
  return bySpeed(native.widths(), (width) => stepMs(native, width, nowMs));
}

/** The fastest first; a single width is not measured. */
export function bySpeed(widths: readonly string[], measureMs: (width: string) => number): string[] {
  if (widths.length < 2) return [...widths];
  return widths
    .map((width) => ({ width, ms: measureMs(width) }))
    .toSorted((a, b) => a.ms - b.ms)
    .map(({ width }) => width);
}

/** Milliseconds of the fastest of a few training steps. The first step is not counted. */
function stepMs(native: NativeFunctions, width: string, nowMs: () => number): number {
  const network = openNativeKernel(native, width).openPack(shape);
  const records = Uint32Array.from({ length: shape.rows }, (_, row) => row);
  network.setImages(new Uint8Array(shape.rows * shape.inputs), records);
  const losses = new Float64Array(1);
  const times = Array.from({ length: 1 + repeats }, () => {
    const startMs = nowMs();
    network.train(losses, shape.rows, Float32Array.of(0), null);
    return nowMs() - startMs;
  });
  return Math.min(...times.slice(1));
}

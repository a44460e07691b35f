/** Measuring: loss and accuracy over a whole split, for all members of a pack at once. */
import { loadRecords } from './batches.ts';
import type { Split } from '../../study/images.ts';
import type { PackNetwork } from './pack-network.ts';

/** Records scored at a time: they fit the second-level cache next to a block of weights. */
export const MEASURE_ROWS = 128;

export interface SplitScore {
  /** Mean cross-entropy in nats, summed in float64 in the order of records. */
  readonly loss: number;
  readonly accuracy: number;
  /** Bit r: record r is classified correctly. */
  readonly correct: Uint8Array;
}

/** @param onProgress called after each chunk of records */
export function scoreSplit(
  network: PackNetwork,
  members: number,
  split: Split,
  onProgress: () => void,
): SplitScore[] {
  const count = split.records.length;
  const losses = new Float64Array(members);
  const counts = new Uint32Array(members);
  const correct = Array.from({ length: members }, () => new Uint8Array(Math.ceil(count / 8)));
  const classOf = new Uint8Array(members * MEASURE_ROWS);
  for (let first = 0; first < count; first += MEASURE_ROWS) {
    const rows = Math.min(MEASURE_ROWS, count - first);
    loadRecords(network, split, first, rows);
    network.evaluate(losses, classOf, rows);
    for (let member = 0; member < members; member++) {
      for (let row = 0; row < rows; row++) {
        if (classOf[member * rows + row] !== network.labels[row]) continue;
        const record = first + row;
        counts[member]!++;
        correct[member]![record >> 3]! |= 1 << (record & 7);
      }
    }
    onProgress();
  }
  return correct.map((bits, member) => ({
    loss: losses[member]! / count,
    accuracy: counts[member]! / count,
    correct: bits,
  }));
}

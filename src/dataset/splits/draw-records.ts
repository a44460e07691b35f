/**
 * Pool: the records from which splits are drawn, in random order. Each split takes the first of the
 * remaining records.
 *
 * A stratified split takes the first records of each class, as many as its share of the remaining ones,
 * by the method of the largest remainder. So no class is off by a whole record.
 */

export class Pool {
  #records: Uint32Array;
  readonly #labels: Uint8Array | null;

  /**
   * @param records in random order
   * @param labels  by record, to stratify; null: do not stratify
   */
  constructor(records: Uint32Array, labels: Uint8Array | null) {
    this.#records = records;
    this.#labels = labels;
  }

  get left(): number {
    return this.#records.length;
  }

  /** @param count at most `left` */
  take(count: number): Uint32Array {
    const records = this.#records;
    if (this.#labels === null) {
      this.#records = records.subarray(count);
      return records.slice(0, count);
    }
    const wanted = shares(count, classCounts(records, this.#labels));
    const taken = new Uint32Array(count);
    const rest = new Uint32Array(records.length - count);
    let [next, nextRest] = [0, 0];
    for (const record of records) {
      const label = this.#labels[record]!;
      const isTaken = wanted[label]! > 0;
      if (isTaken) {
        wanted[label]! -= 1;
        taken[next++] = record;
      } else rest[nextRest++] = record;
    }
    this.#records = rest;
    return taken;
  }
}

function classCounts(records: Uint32Array, labels: Uint8Array): number[] {
  const counts = Array.from({ length: 256 }, () => 0);
  for (const record of records) counts[labels[record]!]! += 1;
  return counts;
}

/**
 * Divides `count` in proportion to `sizes` into whole numbers: shares are rounded down, and those that
 * lost most get one more, in the order of `sizes` if equal. Exact, since all machines must agree.
 */
export function shares(count: number, sizes: readonly number[]): number[] {
  const total = BigInt(sizes.reduce((sum, size) => sum + size, 0));
  if (total === 0n) return sizes.map(() => 0);
  const products = sizes.map((size) => BigInt(count) * BigInt(size));
  const result = products.map((product) => Number(product / total));
  const lost = products.map((product) => product % total);
  const missing = count - result.reduce((sum, share) => sum + share, 0);
  const order = sizes.map((_, index) => index).toSorted((a, b) => Number(lost[b]! - lost[a]!));
  for (const index of order.slice(0, missing)) result[index]! += 1;
  return result;
}

/**
 * The records from which splits are drawn, in random order: each split takes the first of what is left.
 *
 * A stratified split takes the first of every class, as many as its share of what is left: by the method
 * of the largest remainder, so that no class is off by a whole record.
 */

export class Pool {
  #records: Uint32Array;
  readonly #labels: Uint8Array | null;

  /**
   * @param records in random order
   * @param labels  by record, to stratify; null: not
   */
  constructor(records: Uint32Array, labels: Uint8Array | null) {
    this.#records = records;
    this.#labels = labels;
  }

  get left(): number {
    return this.#records.length;
  }

  /** @param count at most as many as are left */
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
 * `count` shared out in proportion to `sizes`, in whole numbers: rounded down, and one more for those
 * that lost most, the first of equals. Exact, since every machine must agree.
 */
export function shares(count: number, sizes: readonly number[]): number[] {
  const total = BigInt(sizes.reduce((sum, size) => sum + size, 0));
  if (total === 0n) return sizes.map(() => 0);
  const products = sizes.map((size) => BigInt(count) * BigInt(size));
  const given = products.map((product) => Number(product / total));
  const lost = products.map((product) => product % total);
  const missing = count - given.reduce((sum, share) => sum + share, 0);
  const order = sizes.map((_, index) => index).toSorted((a, b) => Number(lost[b]! - lost[a]!));
  for (const index of order.slice(0, missing)) given[index]! += 1;
  return given;
}

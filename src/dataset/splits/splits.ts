/**
 * Splits: which records are in which split. They depend only on the reference (sizes of shards,
 * selections, seed), so coordinator and workers agree without sending record numbers.
 *
 * Records are numbered through all shards of the reference, in its order.
 */
import { RidgelineError } from '../../base/errors.ts';
import { RandomStream } from '../../base/philox.ts';
import type { DatasetReference, ShardReference } from '../../study/spec/dataset-reference.ts';
import type { CountedSelection } from '../../study/spec/study-spec.ts';
import { shardNames } from './selections.ts';

/** Record numbers are unsigned 32-bit numbers. */
const recordsMax = 2 ** 31;

export interface DrawnSplits {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  /** Null if the study has no test split, or the reference leaves out its shards. */
  readonly test: Uint32Array | null;
}

/**
 * Selections of names take whole shards in the given order. Selections by count are drawn from the
 * records of all other shards: of one permutation, train takes the first records, validation the next,
 * test the next. So they never overlap, and leaving out the test set changes nothing else. If the
 * reference stratifies, each split takes the first records of every class.
 *
 * @param labels by record; used only if the reference stratifies
 * @throws RidgelineError DATASET_INVALID if the reference contradicts itself
 */
export function drawSplits(reference: DatasetReference, labels: Uint8Array): DrawnSplits {
  const { test } = reference;
  const ranges = shardRanges(reference.shards);
  const pool = new Pool(shuffledRecords(reference, ranges), reference.stratify ? labels : null);
  const select = (selection: CountedSelection): Uint32Array => {
    if (!('count' in selection)) return recordsIn(selection, ranges);
    const { count } = selection;
    if (!isCount(count) || count > pool.left) {
      throw contradiction(`draws ${count} of ${pool.left} records`);
    }
    return pool.take(count);
  };
  const train = select(reference.train);
  const validation = select(reference.validation);
  const isLeftOut = test === null || shardNames(test)?.every((name) => ranges.has(name)) === false;
  return { train, validation, test: isLeftOut ? null : select(test) };
}

/** Record numbers by name of the shard: `start` is the first one, `end` the one after the last. */
type ShardRanges = ReadonlyMap<string, { readonly start: number; readonly end: number }>;

function shardRanges(shards: readonly ShardReference[]): ShardRanges {
  const ranges = new Map<string, { readonly start: number; readonly end: number }>();
  let start = 0;
  for (const { name, count } of shards) {
    if (ranges.has(name)) throw contradiction(`names shard ${name} twice`);
    const end = start + count;
    if (!isCount(count) || end > recordsMax) {
      throw contradiction(`states that shard ${name} has ${count} records`);
    }
    ranges.set(name, { start, end });
    start = end;
  }
  return ranges;
}

/** The records of the shards that no selection names, in random order; empty if nothing is drawn. */
function shuffledRecords(
  { train, validation, test, seed }: DatasetReference,
  ranges: ShardRanges,
): Uint32Array {
  const names = [train, validation, ...(test === null ? [] : [test])].map(shardNames);
  if (!names.includes(null)) return new Uint32Array();
  const named = new Set(names.flatMap((list) => list ?? []));
  const unnamed = [...ranges.keys()].filter((name) => !named.has(name));
  const records = recordsIn(unnamed, ranges);
  const order = new RandomStream(seed, 'split').permutation(records.length);
  return order.map((index) => records[index]!);
}

function recordsIn(names: readonly string[], ranges: ShardRanges): Uint32Array {
  const chosen = names.map((name) => {
    const range = ranges.get(name);
    if (range === undefined) throw contradiction(`selects shard ${name}, which it does not have`);
    return range;
  });
  const records = new Uint32Array(chosen.reduce((sum, { start, end }) => sum + end - start, 0));
  let next = 0;
  for (const { start, end } of chosen)
    for (let record = start; record < end; record++) records[next++] = record;
  return records;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function contradiction(problem: string): RidgelineError {
  return new RidgelineError(
    'DATASET_INVALID',
    `The data set's description ${problem}, so its splits cannot be drawn.`,
    'Check that coordinator and worker run the same version of Ridgeline.',
  );
}

/**
 * The records from which splits are drawn. Each split takes the first of the remaining records. A
 * stratified split takes the first records of each class, in proportion to the remaining records. The
 * method of the largest remainder rounds the numbers, so no class is off by a whole record.
 */
export class Pool {
  #records: Uint32Array;
  readonly #labels: Uint8Array | null;

  /**
   * @param records in random order
   * @param labels  by record, to stratify; null: all records are of one class
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
    const classes = Array.from(records, (record) => this.#labels?.[record] ?? 0);
    const sizes = Array.from({ length: 256 }, () => 0);
    for (const label of classes) sizes[label]! += 1;
    const wanted = shares(count, sizes);
    const taken = new Uint32Array(count);
    const rest = new Uint32Array(records.length - count);
    let [next, nextRest] = [0, 0];
    for (const [index, label] of classes.entries()) {
      const record = records[index]!;
      if (wanted[label]! > 0) {
        wanted[label]! -= 1;
        taken[next++] = record;
      } else rest[nextRest++] = record;
    }
    this.#records = rest;
    return taken;
  }
}

/**
 * Divides `count` in proportion to `sizes` into whole numbers. Shares are rounded down; the shares with the
 * largest remainders get one more, in the order of `sizes` if equal. Exact, since all machines must agree.
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

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
import { Pool } from './draw-records.ts';
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
  const { shards, test } = reference;
  const first = firstRecords(shards);
  const pool = new Pool(shuffledRecords(reference, first), reference.stratify ? labels : null);
  const select = (selection: CountedSelection): Uint32Array => {
    if (!('count' in selection)) return recordsIn(selection, shards, first);
    const { count } = selection;
    if (!isCount(count) || count > pool.left) {
      throw contradiction(`draws ${count} of ${pool.left} records`);
    }
    return pool.take(count);
  };
  const train = select(reference.train);
  const validation = select(reference.validation);
  const isLeftOut = test === null || shardNames(test)?.every((name) => first.has(name)) === false;
  return { train, validation, test: isLeftOut ? null : select(test) };
}

/** The number of each shard's first record, by name. */
function firstRecords(shards: readonly ShardReference[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  let next = 0;
  for (const { name, count } of shards) {
    if (first.has(name)) throw contradiction(`names shard ${name} twice`);
    first.set(name, next);
    next += count;
    if (!isCount(count) || next > recordsMax) {
      throw contradiction(`states that shard ${name} has ${count} records`);
    }
  }
  return first;
}

/** The records of the shards that no selection names, in random order; empty if nothing is drawn. */
function shuffledRecords(
  { train, validation, test, shards, seed }: DatasetReference,
  first: ReadonlyMap<string, number>,
): Uint32Array {
  const names = [train, validation, ...(test === null ? [] : [test])].map(shardNames);
  if (!names.includes(null)) return new Uint32Array();
  const named = new Set(names.flatMap((list) => list ?? []));
  const unnamed = shards.map(({ name }) => name).filter((name) => !named.has(name));
  const records = recordsIn(unnamed, shards, first);
  const order = new RandomStream(seed, 'split').permutation(records.length);
  return order.map((index) => records[index]!);
}

function recordsIn(
  names: readonly string[],
  shards: readonly ShardReference[],
  first: ReadonlyMap<string, number>,
): Uint32Array {
  const chosen = names.map((name) => {
    const shard = shards.find((each) => each.name === name);
    if (shard === undefined) throw contradiction(`selects shard ${name}, which it does not have`);
    return shard;
  });
  const records = new Uint32Array(chosen.reduce((sum, shard) => sum + shard.count, 0));
  let next = 0;
  for (const { name, count } of chosen) {
    const start = first.get(name)!;
    for (let record = 0; record < count; record++) records[next++] = start + record;
  }
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

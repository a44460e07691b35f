/**
 * Dataset reference: the data set of an assignment, as the digests of its shards and the rules by which
 * splits are drawn from them. It has no file names or addresses, so nodes need no shared disk.
 */
import { sha256 } from '../../base/digest.ts';
import type { CountedSelection } from './study-spec.ts';

export interface DatasetReference {
  /** The shards that this use needs, in the order in which records are numbered. */
  readonly shards: readonly ShardReference[];
  /** Draws the `count` selections. */
  readonly seed: number;
  readonly train: CountedSelection;
  readonly validation: CountedSelection;
  /**
   * Present also if the test set is not measured, since `count` splits are drawn one after another; its
   * shards are among `shards` only if it is measured or drawn. Null if the study has no test split.
   */
  readonly test: CountedSelection | null;
  /** Whether drawn splits have the class proportions of the records that they are drawn from. */
  readonly stratify: boolean;
}

export interface ShardReference {
  readonly name: string;
  /** SHA-256 of the shard's canonical bytes (`dataset/shards/shard.ts`). */
  readonly digest: string;
  /** Length of the canonical bytes. */
  readonly bytes: number;
  /** Number of records. */
  readonly count: number;
}

/** Equal for equal references. Workers report the keys of the data sets that they have. */
export function datasetKey(reference: DatasetReference): string {
  const selection = (from: CountedSelection | null): unknown =>
    from === null || !('count' in from) ? from : from.count;
  return sha256(
    JSON.stringify([
      reference.shards.map((shard) => [shard.name, shard.digest]),
      reference.seed,
      selection(reference.train),
      selection(reference.validation),
      selection(reference.test),
      ...(reference.stratify ? ['stratify'] : []),
    ]),
  ).slice(0, 16);
}

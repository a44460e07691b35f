/**
 * Record uses: which records of some shards a training used, and for which split. Shards are recognised
 * by their digests, so it does not matter how the data set was packed or named.
 */
import type { DatasetReference } from '../../study/spec/dataset-reference.ts';
import { shardDigest, type Shard } from '../shards/shard.ts';
import { drawSplits } from './splits.ts';

export type RecordUse = 'train' | 'validation' | 'test' | 'none';

/**
 * Returns the use of each record by shard, in the order of `shards`; null for a shard that the training
 * did not have.
 *
 * @param shards if the reference stratifies, all its shards; a training with other shards is not recognised
 * @throws RidgelineError DATASET_INVALID if the reference contradicts itself
 */
export function recordUses(
  reference: DatasetReference,
  shards: readonly Shard[],
): readonly (readonly RecordUse[] | null)[] {
  const found = reference.shards.map(({ digest, count }) =>
    shards.find((shard) => shard.labels.length === count && shardDigest(shard) === digest),
  );
  const isComplete = found.every((shard) => shard !== undefined);
  if (found.every((shard) => shard === undefined) || (reference.stratify && !isComplete))
    return shards.map(() => null);
  const labels = reference.shards.flatMap(({ count }, index) =>
    reference.stratify ? [...(found[index]?.labels ?? new Uint8Array(count))] : [],
  );
  const splits = drawSplits(reference, Uint8Array.from(labels));
  const records = reference.shards.reduce((sum, { count }) => sum + count, 0);
  const uses = Array.from({ length: records }, (): RecordUse => 'none');
  for (const split of ['train', 'validation', 'test'] as const)
    for (const record of splits[split] ?? []) uses[record] = split;
  const starts = reference.shards.map((_, index) =>
    reference.shards.slice(0, index).reduce((sum, { count }) => sum + count, 0),
  );
  return shards.map((shard) => {
    const index = found.indexOf(shard);
    const start = starts[index];
    return start === undefined ? null : uses.slice(start, start + shard.labels.length);
  });
}

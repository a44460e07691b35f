/** A study's data set, opened by the coordinator: what workers are told of it, and the parts to send. */
import { RidgelineError } from '../../base/errors.ts';
import { openDataset } from '../../dataset/open-dataset.ts';
import type { Part } from '../../dataset/shards/shard.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { batchRemark } from '../../study/spec/training-length.ts';
import type { StudyData } from '../core/state/cluster-state.ts';

export interface OpenedStudyData {
  readonly data: StudyData;
  readonly shardDigests: Readonly<Record<string, string>>;
  readonly source: string;
  readonly official: boolean | null;
  /** What whoever started the study should know; null for nothing. */
  readonly remark: string | null;
}

export interface ReadStudyData {
  readonly opened: OpenedStudyData;
  readonly parts: readonly Part[];
}

/** @throws RidgelineError DATASET_… where it cannot be read */
export async function openStudyData(spec: StudySpec, dataDir: string): Promise<ReadStudyData> {
  const opened = await openDataset(spec.dataset, { dataDir });
  const search = opened.reference(spec.seed, spec.test === 'all' ? 'test' : 'search');
  const test = spec.dataset.test === null ? null : opened.reference(spec.seed, 'test');
  const shardDigests = Object.fromEntries(
    [...search.parts, ...(test?.parts ?? [])].map((part) => [part.name, part.digest]),
  );
  return {
    opened: {
      data: { search, test, validationCount: opened.counts.validation },
      shardDigests,
      source: opened.source,
      official: opened.official,
      remark: batchRemark(spec.trainer, opened.counts.train),
    },
    parts: opened.parts,
  };
}

/**
 * A study goes on only over the bytes and under the arithmetic with which it was started.
 *
 * @throws RidgelineError STUDY_DIFFERS
 */
export function checkUnchanged(
  study: string,
  stored: {
    readonly shardDigests: Readonly<Record<string, string>>;
    readonly selfTestDigest: string;
  },
  opened: OpenedStudyData,
  selfTestDigest: string,
): void {
  const changed = Object.keys(opened.shardDigests).filter(
    (name) =>
      stored.shardDigests[name] !== undefined &&
      stored.shardDigests[name] !== opened.shardDigests[name],
  );
  if (changed.length > 0) {
    throw new RidgelineError(
      'STUDY_DIFFERS',
      `Study ${study} was started on other data: ${changed.join(', ')} of ${opened.source} has changed since.`,
      'Put the former data back, give the study another name, or start it anew with --fresh.',
    );
  }
  if (stored.selfTestDigest !== selfTestDigest) {
    throw new RidgelineError(
      'STUDY_DIFFERS',
      `Study ${study} was started under another arithmetic (known answer ${stored.selfTestDigest.slice(0, 8)}, now ${selfTestDigest.slice(0, 8)}), so its trials would not be comparable.`,
      'Finish it with the version that started it, give it another name, or start it anew with --fresh.',
    );
  }
}

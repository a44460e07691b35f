/** Study provenance: when a study was computed, from what, and from how many images. */
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { AttemptRecord } from '../../study/trial.ts';

export interface StudyProvenance {
  readonly createdAtMs: number;
  /** When its first attempt was assigned; null if none was, or attempts are unknown. */
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly spec: StudySpec;
  readonly selfTestDigest: string;
  readonly data: {
    /** Name or path. */
    readonly name: string;
    /** Whether its files have the digests of the official release; null if there is none. */
    readonly official: boolean | null;
    /** SHA-256 by name of the shard. */
    readonly shards: Readonly<Record<string, string>>;
  };
  /** Images in each split; null if unknown, `test` also if there is no test split. */
  readonly images: Readonly<Record<'train' | 'validation' | 'test', number | null>>;
}

/** @param validationCount from the results of trials: a study of release 0.1.0 has no counts */
export function studyProvenance(
  record: StudyRecord,
  attempts: readonly AttemptRecord[],
  validationCount: number | null,
): StudyProvenance {
  const { spec, createdAtMs, endedAtMs, selfTestDigest, shardDigests, officialData } = record;
  const unknown = { train: null, validation: validationCount, test: null };
  const startedAtMs = attempts.reduce<number | null>(
    (first, { assignedAtMs }) => Math.min(first ?? Infinity, assignedAtMs),
    null,
  );
  return {
    createdAtMs,
    startedAtMs,
    endedAtMs,
    spec,
    selfTestDigest,
    data: {
      name: spec.dataset?.name ?? spec.dataset?.path ?? '',
      official: officialData,
      shards: shardDigests,
    },
    images: record.imageCounts ?? unknown,
  };
}

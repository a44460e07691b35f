/** A study's data set, opened by the coordinator: what workers are told of it, and the parts to send. */
import { RidgelineError } from '../base/errors.ts';
import { openDataset } from '../dataset/open-dataset.ts';
import type { Part } from '../dataset/part.ts';
import type { StudySpec } from '../study/study-spec.ts';
import { batchRemark } from '../study/training-length.ts';
import type { StudyData } from './cluster-state.ts';

export interface OpenedStudyData {
  readonly data: StudyData;
  readonly partDigests: Readonly<Record<string, string>>;
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
  const partDigests = Object.fromEntries(
    [...search.parts, ...(test?.parts ?? [])].map((part) => [part.name, part.digest]),
  );
  return {
    opened: {
      data: { search, test, validationCount: opened.counts.validation },
      partDigests,
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
  stored: { readonly partDigests: Readonly<Record<string, string>>; readonly knownAnswer: string },
  opened: OpenedStudyData,
  knownAnswer: string,
): void {
  const changed = Object.keys(opened.partDigests).filter(
    (name) =>
      stored.partDigests[name] !== undefined &&
      stored.partDigests[name] !== opened.partDigests[name],
  );
  if (changed.length > 0) {
    throw new RidgelineError(
      'STUDY_DIFFERS',
      `Study ${study} was started on other data: ${changed.join(', ')} of ${opened.source} has changed since.`,
      'Put the former data back, give the study another name, or start it anew with --fresh.',
    );
  }
  if (stored.knownAnswer !== knownAnswer) {
    throw new RidgelineError(
      'STUDY_DIFFERS',
      `Study ${study} was started under another arithmetic (known answer ${stored.knownAnswer.slice(0, 8)}, now ${knownAnswer.slice(0, 8)}), so its trials would not be comparable.`,
      'Finish it with the version that started it, give it another name, or start it anew with --fresh.',
    );
  }
}

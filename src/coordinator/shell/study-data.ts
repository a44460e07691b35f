/** Study data: the data set of a study, opened by the coordinator, and the shards to send to workers. */
import { RidgelineError } from '../../base/errors.ts';
import { describeDataset, type OpenDatasetOptions } from '../../dataset/open-dataset.ts';
import { canonicalSpec, parseSpec } from '../../study/spec/canonical-spec.ts';
import type { StoredFile } from '../../study/program-files.ts';
import { requireBudget } from '../../study/spec/budget-rules.ts';
import { requireRungs } from '../../study/spec/rung-problem.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { ImageCounts, StudyRecord } from '../../study/study-record.ts';
import type { DescribeTrainer, TrainerDescription } from '../../study/trainer-description.ts';
import type { StudyData } from '../core/state/cluster-state.ts';
import type { ShardSource } from './served-shards.ts';

export interface OpenedStudyData {
  readonly data: StudyData;
  readonly shardDigests: StudyRecord['shardDigests'];
  /** Where the data set was read. */
  readonly source: string;
  readonly official: boolean | null;
  readonly dataWarnings: StudyRecord['dataWarnings'];
  /** Null without a data set. */
  readonly imageCounts: ImageCounts | null;
  /** Remarks of the trainer on the study's settings; usually empty. */
  readonly remarks: readonly string[];
}

export interface ReadStudyData {
  readonly opened: OpenedStudyData;
  readonly shards: ShardSource;
  /** Files that the trainer needs; absent: none. */
  readonly files?: readonly StoredFile[];
}

export interface StudyDataOptions extends OpenDatasetOptions {
  readonly describeTrainer: DescribeTrainer;
}

/**
 * @throws RidgelineError DATASET_… if it cannot be read; STUDY_INVALID if a stored spec is not valid any more
 */
export async function openStudyData(
  given: StudySpec,
  options: StudyDataOptions,
): Promise<ReadStudyData> {
  // The store does not check the rules of trainers, so a spec from the store is checked here.
  const spec = parseSpec(canonicalSpec(given), options.describeTrainer);
  const trainer = options.describeTrainer(spec.trainer);
  if (spec.dataset === undefined) {
    requireRungs(spec, trainer, null);
    requireBudget(spec, trainer, null);
    return withoutData(spec, trainer);
  }
  const dataset = await describeDataset(spec.dataset, options);
  const { counts, source, official, warnings: dataWarnings } = dataset;
  requireRungs(spec, trainer, counts.train);
  requireBudget(spec, trainer, counts.train);
  const search = dataset.reference(spec.seed, spec.test === 'all' ? 'test' : 'search');
  const test = counts.test === null ? null : dataset.reference(spec.seed, 'test');
  const shardDigests = Object.fromEntries(
    [...search.shards, ...(test?.shards ?? [])].map(({ name, digest }) => [name, digest]),
  );
  const data = { search, test, validationCount: counts.validation, trainer };
  const remarks = trainer.remarks(spec.trainer, counts.train);
  const digests = dataset.shards.map(({ digest }) => digest);
  const shards = { digests, load: () => dataset.load() };
  const imageCounts = { train: counts.train, validation: counts.validation, test: counts.test };
  const opened = { data, shardDigests, source, official, dataWarnings, imageCounts, remarks };
  return { opened, shards };
}

/** For a trainer that reads its own data: workers have nothing to fetch. */
function withoutData(spec: StudySpec, trainer: TrainerDescription): ReadStudyData {
  const none = { shards: [], seed: 0, train: [], validation: [], test: null, stratify: false };
  const validationCount = trainer.validationRecords?.(spec.trainer) ?? 0;
  const opened = {
    data: { search: none, test: null, validationCount, trainer },
    shardDigests: {},
    source: '',
    official: null,
    dataWarnings: [],
    imageCounts: null,
    remarks: trainer.remarks(spec.trainer, 0),
  };
  return { opened, shards: { digests: [], load: async () => [] } };
}

/** @throws RidgelineError STUDY_DIFFERS if the data or the arithmetic is not that of the stored study */
export function checkUnchanged(
  study: string,
  stored: Pick<StudyRecord, 'shardDigests' | 'selfTestDigest'>,
  opened: OpenedStudyData,
  selfTestDigest: string,
): void {
  const changed = Object.entries(opened.shardDigests)
    .filter(([name, digest]) => (stored.shardDigests[name] ?? digest) !== digest)
    .map(([name]) => name);
  if (changed.length > 0) {
    throw new RidgelineError(
      'STUDY_DIFFERS',
      `The data of study ${study} has changed since it was started: ${changed.join(', ')} of ${opened.source}.`,
      'Restore the former data, give the study another name, or start it again with --fresh.',
    );
  }
  if (stored.selfTestDigest !== selfTestDigest) {
    throw new RidgelineError(
      'STUDY_DIFFERS',
      `Study ${study} was started with different arithmetic (self-test digest ${stored.selfTestDigest.slice(0, 8)}, now ${selfTestDigest.slice(0, 8)}), so its trials would not be comparable.`,
      'Finish it with the version that started it, give it another name, or start it again with --fresh.',
    );
  }
}

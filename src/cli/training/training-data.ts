/** Training data: a data set in memory, for commands that train without a cluster. */
import { openDataset } from '../../dataset/open-dataset.ts';
import type { Shard } from '../../dataset/shards/shard.ts';
import { assembleData } from '../../dataset/splits/assemble.ts';
import type { TrainingData } from '../../study/images.ts';
import { datasetKey, type DatasetReference } from '../../study/spec/dataset-reference.ts';
import type { DatasetSpec } from '../../study/spec/study-spec.ts';

export interface OpenedTrainingData {
  readonly data: TrainingData;
  /** Equal for equal records in equal splits. */
  readonly datasetKey: string;
  /** Class names by index; null if unknown. */
  readonly classNames: readonly string[] | null;
  /** With the test split, whether or not it is loaded. */
  readonly reference: DatasetReference;
}

/** @param measureTest whether the test split is loaded */
export async function openTrainingData(
  dataset: DatasetSpec,
  seed: number,
  dataDir: string,
  measureTest: boolean,
): Promise<OpenedTrainingData> {
  const opened = await openDataset(dataset, { dataDir });
  const reference = opened.reference(seed, measureTest ? 'test' : 'search');
  return {
    data: assembleSplits(reference, opened.shards),
    datasetKey: datasetKey(reference),
    classNames: opened.shards.find((shard) => shard.classNames !== null)?.classNames ?? null,
    reference: opened.reference(seed, 'test'),
  };
}

/** @param shards of the whole data set, in its order */
export function assembleSplits(
  reference: DatasetReference,
  shards: readonly Shard[],
): TrainingData {
  const names = new Set(reference.shards.map(({ name }) => name));
  return assembleData(
    reference,
    shards.filter(({ name }) => names.has(name)),
  );
}

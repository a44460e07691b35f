/** Training data: a data set in memory, for commands that train without a cluster. */
import { openDataset } from '../../dataset/open-dataset.ts';
import { assembleData } from '../../dataset/splits/assemble.ts';
import type { TrainingData } from '../../study/images.ts';
import { datasetKey } from '../../study/spec/dataset-reference.ts';
import type { DatasetSpec } from '../../study/spec/study-spec.ts';

export interface OpenedTrainingData {
  readonly data: TrainingData;
  /** Equal for equal records in equal splits. */
  readonly key: string;
  /** Class names by index; null if unknown. */
  readonly classNames: readonly string[] | null;
}

/** @param measureTest whether the test split is loaded */
export async function openTrainingData(
  dataset: DatasetSpec,
  seed: number,
  dataDir: string,
  measureTest: boolean,
): Promise<OpenedTrainingData> {
  const opened = await openDataset(dataset, { dataDir });
  const { shards } = opened;
  const reference = opened.reference(seed, measureTest ? 'test' : 'search');
  const names = new Set(reference.shards.map((shard) => shard.name));
  const used = shards.filter((shard) => names.has(shard.name));
  const classNames = shards.find((shard) => shard.classNames !== null)?.classNames ?? null;
  return { data: assembleData(reference, used), key: datasetKey(reference), classNames };
}

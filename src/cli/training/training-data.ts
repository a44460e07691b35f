/** A data set in this process's memory, for commands that train or plan without a cluster. */
import { assembleData } from '../../dataset/splits/assemble.ts';
import { openDataset } from '../../dataset/open-dataset.ts';
import { datasetKey } from '../../study/spec/dataset-reference.ts';
import type { DatasetSpec } from '../../study/spec/study-spec.ts';
import type { TrainingData } from '../../study/images.ts';

export interface OpenedTrainingData {
  readonly data: TrainingData;
  /** Equal for equal records in equal splits. */
  readonly key: string;
  /** By class index; null where nobody told. */
  readonly classNames: readonly string[] | null;
}

/** @param measureTest whether the test split is needed */
export async function openTrainingData(
  dataset: DatasetSpec,
  seed: number,
  dataDir: string,
  measureTest: boolean,
): Promise<OpenedTrainingData> {
  const opened = await openDataset(dataset, { dataDir });
  const reference = opened.reference(seed, measureTest ? 'test' : 'search');
  const names = new Set(reference.parts.map((part) => part.name));
  const data = assembleData(
    reference,
    opened.parts.filter((part) => names.has(part.name)),
  );
  const classNames = opened.parts.find((part) => part.classNames !== null)?.classNames ?? null;
  return { data, key: datasetKey(reference), classNames };
}

export async function loadTrainingData(
  dataset: DatasetSpec,
  seed: number,
  dataDir: string,
  measureTest: boolean,
): Promise<TrainingData> {
  return (await openTrainingData(dataset, seed, dataDir, measureTest)).data;
}

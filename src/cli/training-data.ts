/** A data set in this process's memory, for commands that train or plan without a cluster. */
import { assembleData } from '../dataset/assemble.ts';
import { openDataset } from '../dataset/open-dataset.ts';
import type { DatasetSpec } from '../study/study-spec.ts';
import type { TrainingData } from '../trainer/images.ts';

/** @param measureTest whether the test split is needed */
export async function loadTrainingData(
  dataset: DatasetSpec,
  seed: number,
  dataDir: string,
  measureTest: boolean,
): Promise<TrainingData> {
  const opened = await openDataset(dataset, { dataDir });
  const reference = opened.reference(seed, measureTest ? 'test' : 'search');
  const names = new Set(reference.parts.map((part) => part.name));
  return assembleData(
    reference,
    opened.parts.filter((part) => names.has(part.name)),
  );
}

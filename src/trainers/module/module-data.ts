/** Module data: a data set as modules receive it. Records are copied, so that no trial can change those of others. */
import type { Split, TrainingData } from '../../study/images.ts';
import { inputsOf } from '../../study/images.ts';
import type { TrainerData, TrainerRecords } from './trainer-module.ts';

/** What a trial without a data set is trained on. */
export const noData: TrainingData = { train: emptySplit(), validation: emptySplit(), test: null };

function emptySplit(): Split {
  const none = { channels: 0, height: 0, width: 0, classes: 0, pixelMax: 0 };
  const images = { pixels: new Uint8Array(0), labels: new Uint8Array(0), ...none };
  return { images, records: new Uint32Array(0) };
}

export function toTrainerData(
  { train, validation, test }: TrainingData,
  measureTest: boolean,
): TrainerData {
  const { channels, height, width, classes, pixelMax } = train.images;
  return {
    channels,
    height,
    width,
    classes,
    pixelMax,
    train: toRecords(train),
    validation: toRecords(validation),
    test: test === null || !measureTest ? null : toRecords(test),
  };
}

function toRecords({ images, records }: Split): TrainerRecords {
  const inputs = inputsOf(images);
  const pixels = new Uint8Array(records.length * inputs);
  const labels = new Uint8Array(records.length);
  for (const [row, record] of records.entries()) {
    const from = record * inputs;
    pixels.set(images.pixels.subarray(from, from + inputs), row * inputs);
    labels[row] = images.labels[record] ?? 0;
  }
  return { count: records.length, pixels, labels };
}

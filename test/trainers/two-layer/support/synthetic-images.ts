/** Images made of random bytes, and settings to train on them. */
import { RandomStream } from '../../../../src/base/philox.ts';
import type { TwoLayerSettings } from '../../../../src/trainers/two-layer/settings.ts';
import type { Images, TrainingData } from '../../../../src/study/images.ts';

export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
}

export function randomImages(seed: number, count: number, shape: ImageShape): Images {
  const inputs = shape.channels * shape.height * shape.width;
  const stream = new RandomStream(seed, 'split');
  const pixels = Uint8Array.from({ length: count * inputs }, (_, i) => stream.uint32At(i) >>> 24);
  const labels = Uint8Array.from({ length: count }, (_, r) => (r * 7 + (r >> 2)) % shape.classes);
  return { pixels, labels, ...shape, pixelMax: 255 };
}

function rowsBetween(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, i) => from + i);
}

/** The first `train` records for training, the next for validation, and the rest for the test split. */
export function splitImages(images: Images, train: number, validation: number): TrainingData {
  const count = images.labels.length;
  const measured = train + validation;
  return {
    train: { images, records: rowsBetween(0, train) },
    validation: { images, records: rowsBetween(train, measured) },
    test: measured < count ? { images, records: rowsBetween(measured, count) } : null,
  };
}

export const plainSettings: TwoLayerSettings = {
  hidden: 10,
  batch: 8,
  learningRate: { min: 1e-3, max: 0.1, stepSize: 5, cycleMultiplier: 1 },
  cycles: 2,
  measure: 'cycle',
  dropout: 0,
  mirror: false,
  shift: 0,
};

/** A constant clock: equal training gives equal results, including their seconds. */
export const frozenTime = { nowMs: (): number => 0 };

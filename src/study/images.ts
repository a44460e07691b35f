/**
 * The images that the trainer needs, as `dataset` hands them in, and what cannot be trained on them.
 *
 * Pixels stay bytes, once for all threads of a node: a thread copies the rows of one batch at a time
 * into its kernel's memory.
 */
import { RidgelineError } from '../base/errors.ts';
import type { TrainerSettings } from './spec/study-spec.ts';

export interface Images {
  /** (N, D), D = channels · height · width in C,H,W order; may view a SharedArrayBuffer. */
  readonly pixels: Uint8Array;
  /** (N) class indices in [0, classes). */
  readonly labels: Uint8Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  /** The format's largest value: 255; for the digits 16. */
  readonly pixelMax: number;
}

/** Which rows of which images: record r of the split is row `records[r]`. */
export interface Split {
  readonly images: Images;
  readonly records: Uint32Array;
}

export interface TrainingData {
  readonly train: Split;
  readonly validation: Split;
  readonly test: Split | null;
}

/** Pixels of one image: D. */
export function inputsOf(images: Images): number {
  return images.channels * images.height * images.width;
}

/**
 * Refuses settings that cannot be trained on these images; says nothing about settings that are merely
 * unwise. Both `trainPack` and whoever plans a study call it, so that the fault shows before the work.
 *
 * @throws RidgelineError STUDY_INVALID
 */
export function assertTrainable(settings: TrainerSettings, data: TrainingData): void {
  const { images } = data.train;
  refuseEmpty('train', data.train);
  refuseEmpty('validation', data.validation);
  refuseOtherShape('validation', data.validation.images, images);
  if (data.test !== null) {
    refuseEmpty('test', data.test);
    refuseOtherShape('test', data.test.images, images);
  }
  if (settings.mirror && images.width === 1) {
    throw new RidgelineError(
      'STUDY_INVALID',
      `trainer.mirror is true, but the images are ${images.height}×1 pixels, so a mirrored image is the same image.`,
      'Set trainer.mirror to false.',
    );
  }
  const side = Math.min(images.width, images.height);
  if (settings.shift >= side) {
    throw new RidgelineError(
      'STUDY_INVALID',
      `trainer.shift is ${settings.shift} pixels, but the images are ${images.height}×${images.width}: a shift by ${side} leaves nothing of them.`,
      `Set trainer.shift to a number below ${side}.`,
    );
  }
}

function refuseEmpty(name: string, split: Split): void {
  if (split.records.length > 0) return;
  throw new RidgelineError(
    'STUDY_INVALID',
    `The ${name} split has no records, so there is nothing to ${name === 'train' ? 'train on' : 'measure'}.`,
    `Give dataset.${name} at least one record.`,
  );
}

function refuseOtherShape(name: string, images: Images, train: Images): void {
  if (inputsOf(images) === inputsOf(train) && images.classes === train.classes) return;
  const shape = (i: Images): string =>
    `${i.channels}×${i.height}×${i.width} in ${i.classes} classes`;
  throw new RidgelineError(
    'STUDY_INVALID',
    `The ${name} images are ${shape(images)}, the training images ${shape(train)}: one network cannot read both.`,
    `Draw dataset.train and dataset.${name} from the same data set.`,
  );
}

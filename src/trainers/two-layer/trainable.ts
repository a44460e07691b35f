/** Trainability: refuses data and settings of which nothing can be learned, before training starts. */
import { RidgelineError } from '../../base/errors.ts';
import { inputsOf, type Images, type Split, type TrainingData } from '../../study/images.ts';
import type { TwoLayerSettings } from './settings.ts';

/** @throws RidgelineError STUDY_INVALID if the settings cannot be trained on these images */
export function assertTrainable(settings: TwoLayerSettings, data: TrainingData): void {
  const { images } = data.train;
  refuseEmpty('train', data.train);
  for (const name of ['validation', 'test'] as const) {
    const split = data[name];
    if (split === null) continue;
    refuseEmpty(name, split);
    refuseOtherShape(name, split.images, images);
  }
  const { height, width } = images;
  if (settings.mirror && width === 1) {
    throw new RidgelineError(
      'STUDY_INVALID',
      `trainer.mirror is true, but the images are ${height}×1 pixels: mirroring does not change them.`,
      'Set trainer.mirror to false.',
    );
  }
  const side = Math.min(width, height);
  if (settings.shift >= side) {
    throw new RidgelineError(
      'STUDY_INVALID',
      `trainer.shift (${settings.shift}) must be smaller than the images, which are ${height}×${width} pixels: a shift by ${side} leaves an empty image.`,
      `Set trainer.shift to a number below ${side}.`,
    );
  }
}

function refuseEmpty(name: string, { records }: Split): void {
  if (records.length > 0) return;
  throw new RidgelineError(
    'STUDY_INVALID',
    `The ${name} split has no records.`,
    `Give dataset.${name} at least one record.`,
  );
}

function refuseOtherShape(name: string, images: Images, train: Images): void {
  if (inputsOf(images) === inputsOf(train) && images.classes === train.classes) return;
  const shape = ({ channels, height, width, classes }: Images): string =>
    `${channels}×${height}×${width} in ${classes} classes`;
  throw new RidgelineError(
    'STUDY_INVALID',
    `The ${name} images (${shape(images)}) have another shape than the training images (${shape(train)}).`,
    `Select dataset.train and dataset.${name} from the same data set.`,
  );
}

/** Trainability: refuses settings and data that cannot be trained on, before training starts. */
import { RidgelineError } from '../../base/errors.ts';
import { inputsOf, type Images, type TrainingData } from '../../study/images.ts';
import type { TwoLayerSettings } from './settings.ts';

/** @throws RidgelineError STUDY_INVALID if the settings cannot be trained on these images */
export function assertTrainable({ mirror, shift }: TwoLayerSettings, data: TrainingData): void {
  const { images } = data.train;
  const { height, width, classes } = images;
  for (const name of ['train', 'validation', 'test'] as const) {
    const split = data[name];
    if (split === null) continue;
    refuseIf(
      split.records.length === 0,
      `The ${name} split has no records.`,
      `Give dataset.${name} at least one record.`,
    );
    refuseIf(
      inputsOf(split.images) !== inputsOf(images) || split.images.classes !== classes,
      `The ${name} images (${shapeText(split.images)}) have another shape than the training images (${shapeText(images)}).`,
      `Select dataset.train and dataset.${name} from the same data set.`,
    );
  }
  refuseIf(
    mirror && width === 1,
    `trainer.mirror is true, but the images are ${height}×1 pixels: mirroring does not change them.`,
    'Set trainer.mirror to false.',
  );
  const side = Math.min(width, height);
  refuseIf(
    shift >= side,
    `trainer.shift (${shift}) must be smaller than the images, which are ${height}×${width} pixels: a shift by ${side} leaves an empty image.`,
    `Set trainer.shift to a number below ${side}.`,
  );
}

function shapeText({ channels, height, width, classes }: Images): string {
  return `${channels}×${height}×${width} in ${classes} classes`;
}

function refuseIf(condition: boolean, message: string, fix: string): void {
  if (condition) throw new RidgelineError('STUDY_INVALID', message, fix);
}

/** The sentence of `predict` about images that the training of the model used. */

/** Numbers of images by their use in a training. */
export interface ImageUses {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** Not used. */
  readonly none: number;
}

export interface UsedImages {
  /** The study or recipe of the model; null if its file does not record its data. */
  readonly study: string | null;
  readonly chosen: ImageUses;
  readonly leftOut: ImageUses;
}

/** Null if the training is known and used none of the images. */
export function usedImagesText({ study, chosen, leftOut }: UsedImages): string | null {
  if (study === null)
    return 'The model file does not record its training images; if some of these trained it, the accuracy is too high.';
  const number = (count: number): string => count.toLocaleString('en-US');
  const total = chosen.train + chosen.validation + chosen.test + chosen.none;
  if (chosen.train + chosen.validation > 0)
    return `${number(chosen.train)} of these ${number(total)} images trained the model and ${number(chosen.validation)} selected it: the accuracy is too high.`;
  const left = leftOut.train + leftOut.validation;
  if (left === 0 && chosen.test === 0) return null;
  const those =
    chosen.none === 0
      ? `These are the ${number(total)} test images of ${study}.`
      : chosen.test === 0
        ? `${study} did not use these ${number(total)} images.`
        : `${number(chosen.test)} of these ${number(total)} images are the test images of ${study}; it did not use the others.`;
  if (left === 0) return those;
  return `${those} Left out: ${number(leftOut.train)} that trained the model, ${number(leftOut.validation)} that selected it${leftOut.none > 0 ? `, ${number(leftOut.none)} that were not used` : ''} (--part scores all).`;
}

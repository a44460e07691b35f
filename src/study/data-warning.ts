/** Data warning: a sentence about the data of a study, found when its data set was opened. */
export const dataWarningCodes = {
  unofficial_data: 'files of the data set differ from the official release',
  empty_class: 'classes without images: labels may be numbered wrongly',
  one_class: 'all images have the same label',
  constant_pixels: 'images with (almost) one pixel value: they may be scaled wrongly',
} as const;

export interface DataWarning {
  readonly code: keyof typeof dataWarningCodes;
  /** The sentence that every output prints. */
  readonly text: string;
}

/**
 * Images and splits: the data that `dataset` gives to `trainers`.
 *
 * Pixels stay bytes, and all threads of a process share them.
 */

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

/** Some rows of `images`: record r of the split is row `records[r]`. */
export interface Split {
  readonly images: Images;
  readonly records: Uint32Array;
  /** Equal for splits with equal images in equal order; absent if unknown. Values computed from a split are cached by it. */
  readonly key?: string;
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

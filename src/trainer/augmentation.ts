/**
 * Mirrored and shifted images: changed where they lie, in a kernel's own memory, after they were copied there.
 *
 * A shift moves a whole channel at once, rows and all; pixels that thereby come round to the other side
 * of a row are in the gap, which is filled afterwards.
 */
import type { Images } from './images.ts';

type Shape = Pick<Images, 'channels' | 'height' | 'width'>;

/** Left to right. */
export function mirrorImage(image: Uint8Array, { channels, height, width }: Shape): void {
  for (let row = 0; row < channels * height; row++) {
    let left = row * width; // seek to image[channel, y, 0]
    let right = left + width - 1;
    for (; left < right; left++, right--) {
      const pixel = image[left]!;
      image[left] = image[right]!;
      image[right] = pixel;
    }
  }
}

/**
 * By `right` and `down` pixels, less than a width and a height.
 *
 * @param fill (D) what stands in the gap
 */
export function shiftImage(
  image: Uint8Array,
  fill: Uint8Array,
  { channels, height, width }: Shape,
  right: number,
  down: number,
): void {
  const size = height * width;
  const distance = down * width + right;
  const [gapFirst, gapEnd] = right > 0 ? [0, right] : [width + right, width];
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * size; // seek to image[channel, :, :]
    const from = start + Math.max(0, -distance);
    image.copyWithin(start + Math.max(0, distance), from, from + size - Math.abs(distance));
    const gapStart = down > 0 ? start : start + (height + down) * width;
    const gapRows = gapStart + Math.abs(down) * width;
    image.set(fill.subarray(gapStart, gapRows), gapStart);
    for (let y = 0; y < height; y++) {
      const row = start + y * width;
      for (let x = gapFirst; x < gapEnd; x++) image[row + x] = fill[row + x]!;
    }
  }
}

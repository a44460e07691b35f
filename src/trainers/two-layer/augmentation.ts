/**
 * Mirrored and shifted images: changed where they lie, in a kernel's own memory, after they were copied there.
 *
 * A shift moves a whole channel at once, rows and all; pixels that thereby come round to the other side
 * of a row are in the gap, which is filled afterwards.
 */
import type { Images } from '../../study/images.ts';

type Shape = Pick<Images, 'channels' | 'height' | 'width'>;

/** Left to right. */
export function mirrorImage(image: Uint8Array, { channels, height, width }: Shape): void {
  const rows = channels * height;
  if (width % 4 === 0 && image.byteOffset % 4 === 0) {
    // Four pixels at a time: little more than half of the time.
    mirrorWords(new Int32Array(image.buffer, image.byteOffset, (rows * width) / 4), width / 4);
    return;
  }
  for (let row = 0; row < rows; row++) image.subarray(row * width, (row + 1) * width).reverse(); // image[channel, y, :]
}

function mirrorWords(words: Int32Array, width: number): void {
  for (let row = 0; row < words.length; row += width) {
    for (let left = row, right = row + width - 1; left <= right; left++, right--) {
      const word = turned(words[left]!);
      words[left] = turned(words[right]!);
      words[right] = word;
    }
  }
}

/** The four bytes in opposite order. */
function turned(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
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

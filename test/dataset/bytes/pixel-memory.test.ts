/** Pixel memory, with and without a limit of addresses. */
import { describe, expect, test } from 'vitest';
import { PixelMemory, pixelBytesMax } from '../../../src/dataset/bytes/pixel-memory.ts';

describe.each([
  ['without a limit of addresses', null],
  ['with a limit of addresses', 2 ** 31],
])('%s', (_case, limit) => {
  test('bytes that are taken are zero, apart from each other, and keep their content', () => {
    const memory = new PixelMemory(10, limit);
    const taken = [5, 100, 1].map((bytes, index) => memory.take(bytes).fill(index + 1));
    const extended = memory.extend(taken[2]!, 300);
    expect(taken[0]).toEqual(new Uint8Array(5).fill(1));
    expect(taken[1]).toEqual(new Uint8Array(100).fill(2));
    expect([extended.length, extended[0], Math.max(...extended.subarray(1))]).toEqual([301, 3, 0]);
  });

  test('freed bytes are zero when they are taken again', () => {
    const memory = new PixelMemory(10, limit);
    memory.free(memory.take(7).fill(9));
    expect(memory.take(7)).toEqual(new Uint8Array(7));
  });

  test('more than the limit of a data set is refused', () => {
    const memory = new PixelMemory(0, limit);
    memory.take(1);
    expect(() => memory.take(pixelBytesMax)).toThrow(/more than the limit of 4294967296/);
  });
});

test('addresses for the largest data set are reserved only if they are not limited', () => {
  const reserved = (memory: PixelMemory): number =>
    (memory.take(8).buffer as SharedArrayBuffer).maxByteLength;
  expect(reserved(new PixelMemory(100, null))).toBe(pixelBytesMax);
  expect(reserved(new PixelMemory(100, 2 ** 31))).toBe(100);
  expect(reserved(new PixelMemory(0, 2 ** 31))).toBe(8);
});

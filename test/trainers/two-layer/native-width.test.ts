import { expect, test } from 'vitest';
import type { NativeFunctions } from '../../../src/trainers/two-layer/native-functions.ts';
import { widthsBySpeed } from '../../../src/trainers/two-layer/native-width.ts';

/** An addon whose training steps take the given milliseconds, on the clock that it returns. */
function addonWith(stepMs: Readonly<Record<string, number>>) {
  let nowMs = 0;
  let open = '';
  const native = {
    widths: () => Object.keys(stepMs),
    networkBytes: () => 64,
    openNetwork: (_memory: ArrayBuffer, width: string) => (open = width),
    train: () => (nowMs += stepMs[open] ?? 0),
  };
  // Only these functions are called.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { native: native as unknown as NativeFunctions, nowMs: () => nowMs };
}

test('the vectors that train fastest come first, whether they are wider or not', () => {
  const wideIsFaster = addonWith({ avx512: 0.4, avx2: 0.8 });
  expect(widthsBySpeed(wideIsFaster.native, wideIsFaster.nowMs)).toEqual(['avx512', 'avx2']);
  const wideIsSlower = addonWith({ avx512: 0.9, avx2: 0.8 });
  expect(widthsBySpeed(wideIsSlower.native, wideIsSlower.nowMs)).toEqual(['avx2', 'avx512']);
});

test('a processor with one kind of vectors is not measured', () => {
  const { native, nowMs } = addonWith({ neon: 1 });
  expect(widthsBySpeed(native, nowMs)).toEqual(['neon']);
  expect(nowMs()).toBe(0);
});

import { expect, test } from 'vitest';
import { bySpeed, widthsBySpeed } from '../../../src/trainers/two-layer/native-width.ts';
import {
  findNativeKernel,
  nativeKernelFolder,
} from '../../../src/trainers/two-layer/native-kernel-file.ts';

test.each([
  [{ avx512: 0.4, avx2: 0.8 }, ['avx512', 'avx2']],
  [{ avx512: 0.9, avx2: 0.8 }, ['avx2', 'avx512']],
])('the vectors that train fastest come first, whether they are wider or not: %j', (ms, order) => {
  expect(bySpeed(['avx512', 'avx2'], (width) => Reflect.get(ms, width))).toEqual(order);
});

test('a processor with one kind of vectors is not measured', () => {
  const measure = (): number => {
    throw new Error('measured');
  };
  expect(bySpeed(['neon'], measure)).toEqual(['neon']);
});

test('the measured vectors are those of the processor', ({ skip }) => {
  const native = findNativeKernel([nativeKernelFolder]);
  if (native.kind === 'missing') return skip(native.reason);
  const { functions } = native;
  const measured = widthsBySpeed(functions, () => performance.now());
  expect(measured.toSorted()).toEqual(functions.widths().toSorted());
});

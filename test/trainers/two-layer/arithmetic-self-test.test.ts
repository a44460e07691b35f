import { expect, test } from 'vitest';
import {
  computeSelfTestDigest,
  selfTestDigest,
} from '../../../src/trainers/two-layer/arithmetic-self-test.ts';
import { naiveKernel, naiveKernelWith, type MultiplyAdd } from './support/naive-kernel.ts';
import { nativeKernels } from './support/native-kernel.ts';
import { avx2Kernel, portableKernel, whyNoAvx2Kernel } from './support/portable-kernel.ts';

test('the portable kernel gives the self-test digest, in its second run as well', () => {
  expect(computeSelfTestDigest(portableKernel)).toBe(selfTestDigest);
  expect(computeSelfTestDigest(portableKernel)).toBe(selfTestDigest);
});

test('the portable avx2 kernel gives the self-test digest, in packs of every size', ({ skip }) => {
  if (avx2Kernel === null) return skip(whyNoAvx2Kernel);
  for (const size of [3, 2, 1])
    expect(computeSelfTestDigest(avx2Kernel, size)).toBe(selfTestDigest);
});

test.for(nativeKernels)(
  'the $name kernel gives the self-test digest, in its second run as well',
  ({ kernel, whyNot }, { skip }) => {
    if (kernel === null) return skip(whyNot);
    expect(computeSelfTestDigest(kernel)).toBe(selfTestDigest);
    expect(computeSelfTestDigest(kernel)).toBe(selfTestDigest);
  },
);

test('the naive kernel gives the self-test digest', () => {
  expect(computeSelfTestDigest(naiveKernel)).toBe(selfTestDigest);
});

test.each([
  ['rounds product and sum separately', (a, b, c) => Math.fround(Math.fround(a * b) + c)],
  ['returns NaN', () => NaN],
] satisfies [string, MultiplyAdd][])(
  'a processor that %s gives another self-test digest',
  (_, multiplyAdd) => {
    expect(computeSelfTestDigest(naiveKernelWith(multiplyAdd))).not.toBe(selfTestDigest);
  },
);

import { expect, test } from 'vitest';
import {
  computeSelfTestDigest,
  selfTestDigest,
} from '../../../src/trainers/two-layer/arithmetic-self-test.ts';
import {
  naiveKernel,
  naiveKernelWith,
  type MultiplyAdd,
} from '../../../src/trainers/two-layer/naive-kernel.ts';
import { nativeKernel, whyNoNativeKernel } from './support/native-kernel.ts';
import { portableKernel } from './support/portable-kernel.ts';

test('the portable kernel gives the known answer, also when it is asked again', () => {
  expect(computeSelfTestDigest(portableKernel)).toBe(selfTestDigest);
  expect(computeSelfTestDigest(portableKernel)).toBe(selfTestDigest);
});

test('so does the native kernel', ({ skip }) => {
  if (nativeKernel === null) return skip(whyNoNativeKernel);
  expect(computeSelfTestDigest(nativeKernel)).toBe(selfTestDigest);
  expect(computeSelfTestDigest(nativeKernel)).toBe(selfTestDigest);
});

test('so does the naive kernel', () => {
  expect(computeSelfTestDigest(naiveKernel)).toBe(selfTestDigest);
});

test.each([
  ['rounds product and sum apart', (a, b, c) => Math.fround(Math.fround(a * b) + c)],
  ['computes nonsense', () => NaN],
] satisfies [string, MultiplyAdd][])('a processor that %s gives another', (_, multiplyAdd) => {
  expect(computeSelfTestDigest(naiveKernelWith(multiplyAdd))).not.toBe(selfTestDigest);
});

import { expect, test } from 'vitest';
import { computeKnownAnswer, knownAnswer } from '../../src/trainer/known-answer.ts';
import { naiveKernel, naiveKernelWith, type MultiplyAdd } from '../../src/trainer/naive-kernel.ts';
import { nativeKernel, whyNoNativeKernel } from './native-kernel.ts';
import { portableKernel } from './portable-kernel.ts';

test('the portable kernel gives the known answer, also when it is asked again', () => {
  expect(computeKnownAnswer(portableKernel)).toBe(knownAnswer);
  expect(computeKnownAnswer(portableKernel)).toBe(knownAnswer);
});

test('so does the native kernel', ({ skip }) => {
  if (nativeKernel === null) return skip(whyNoNativeKernel);
  expect(computeKnownAnswer(nativeKernel)).toBe(knownAnswer);
  expect(computeKnownAnswer(nativeKernel)).toBe(knownAnswer);
});

test('so does the naive kernel', () => {
  expect(computeKnownAnswer(naiveKernel)).toBe(knownAnswer);
});

test.each([
  ['rounds product and sum apart', (a, b, c) => Math.fround(Math.fround(a * b) + c)],
  ['computes nonsense', () => NaN],
] satisfies [string, MultiplyAdd][])('a processor that %s gives another', (_, multiplyAdd) => {
  expect(computeKnownAnswer(naiveKernelWith(multiplyAdd))).not.toBe(knownAnswer);
});

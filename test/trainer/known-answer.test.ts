import { expect, test } from 'vitest';
import { computeKnownAnswer, knownAnswer } from '../../src/trainer/known-answer.ts';
import { naiveKernel, naiveKernelWith } from '../../src/trainer/naive-kernel.ts';
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

test('a processor that rounds product and sum apart gives another', () => {
  const unfused = naiveKernelWith((a, b, c) => Math.fround(Math.fround(a * b) + c));
  expect(computeKnownAnswer(unfused)).not.toBe(knownAnswer);
});

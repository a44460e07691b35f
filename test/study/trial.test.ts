import { expect, test } from 'vitest';
import { parseTrialName, trialName, trialStarts, waitingTrial } from '../../src/study/trial.ts';
import type { TrialStatus } from '../../src/study/trial.ts';

test('a trial name parses to the trial that it was made from, and other texts to null', () => {
  for (const id of [
    { stage: 'coarse', index: 7, replicate: 1 },
    { stage: 'a.b-c', index: 12, replicate: 3 },
    { stage: 'coarse', index: 1_000_000, replicate: 1 },
    { stage: 'coarse', index: 1_000_002, replicate: 4 },
  ]) {
    expect(parseTrialName(trialName(id))).toEqual(id);
  }
  expect(trialName({ stage: 'coarse', index: 1_000_002, replicate: 4 })).toBe('coarse/also-2.4');
  for (const text of [
    '',
    'coarse',
    'coarse/0',
    'coarse/07',
    'coarse/7.0',
    '/7',
    'Coarse/7',
    'coarse/1000001',
    'coarse/also-0',
  ])
    expect(parseTrialName(text)).toBeNull();
});

test('starts of a trial are its attempts without the continuations from rung to rung', () => {
  const result = { kind: 'complete', steps: 1, seconds: 1, digest: '', curve: [] } as const;
  const rung = {
    result: { ...result, validationCorrect: new Uint8Array() },
    worker: 'w',
    fingerprint: '',
    audit: null,
  };
  const starts = (status: TrialStatus, attempts: number, reached: number): number =>
    trialStarts({
      ...waitingTrial({ stage: 'coarse', index: 1, replicate: 1 }, {}),
      status,
      attempts,
      rungs: { toStep: null, results: Array.from({ length: reached }, () => rung), stop: null },
    });
  expect(starts('waiting', 0, 0)).toBe(0);
  expect(starts('running', 1, 0)).toBe(1);
  expect(starts('paused', 1, 1)).toBe(1);
  expect(starts('running', 4, 3)).toBe(1);
  expect(starts('complete', 4, 4)).toBe(1);
  expect(starts('stopped', 2, 2)).toBe(1);
  // It diverged after its third rung.
  expect(starts('failed', 4, 3)).toBe(1);
  // One attempt was lost.
  expect(starts('complete', 5, 4)).toBe(2);
  expect(starts('running', 5, 3)).toBe(2);
});

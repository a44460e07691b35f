import { expect, test } from 'vitest';
import { parseTrialName, trialName } from '../../src/study/trial.ts';

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

import { expect, test } from 'vitest';
import { parseTrialName, trialName } from '../../src/study/trial.ts';

test('a trial name parses to the trial that it was made from, and other texts to null', () => {
  for (const id of [
    { stage: 'coarse', index: 7, replicate: 1 },
    { stage: 'a.b-c', index: 12, replicate: 3 },
  ]) {
    expect(parseTrialName(trialName(id))).toEqual(id);
  }
  for (const text of ['', 'coarse', 'coarse/0', 'coarse/07', 'coarse/7.0', '/7', 'Coarse/7'])
    expect(parseTrialName(text)).toBeNull();
});

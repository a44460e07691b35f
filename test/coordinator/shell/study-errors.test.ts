/** Errors about studies. */
import { expect, test } from 'vitest';
import { studyDiffers } from '../../../src/coordinator/shell/study-errors.ts';
import { compareSpecs } from '../../../src/study/spec/compare-specs.ts';
import { exampleStudy } from '../../study/support/example-study.ts';

test('the refusal of a changed study has both values of each key, and stages by name', () => {
  const stored = exampleStudy();
  const [coarse, fine] = [stored.stages[0]!, stored.stages[1]!];
  const given = {
    ...stored,
    seed: stored.seed + 1,
    dataset: { ...stored.dataset!, test: undefined },
    stages: [coarse, { ...fine, trials: fine.trials - 1 }],
  };
  const comparison = compareSpecs(stored, given);
  const differences = comparison.kind === 'different' ? comparison.differences : [];
  const { what } = studyDiffers('example', differences);
  expect(what).toContain(`seed ${stored.seed} stored, ${stored.seed + 1} in the file`);
  expect(what).toContain(`fine: trials ${fine.trials} stored, ${fine.trials - 1} in the file`);
  expect(what).toMatch(/dataset\.test .+ stored, none in the file/);
});

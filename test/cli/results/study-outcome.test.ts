/** Why a study failed, and what to do. */
import { expect, test } from 'vitest';
import { studyFailure } from '../../../src/cli/results/study-outcome.ts';
import { study, trial, trials } from '../../report/support/sample-study.ts';

const failed = {
  ...study,
  status: 'failed',
  reason: 'a ranking needs at least 3 configurations',
} as const;

test('a study whose trials diverged fails with the reason, and the fix lowers the learning rate', () => {
  expect(studyFailure(failed, trials)).toMatchObject({
    code: 'STUDY_FAILED',
    what: 'Study sample failed: a ranking needs at least 3 configurations.',
    fix: '1 trial diverged: lower the learning rate, or search λ below 9.00e-2 in the study file, and run it again with --fresh.',
  });
  const larger = trial('fine', 3, 0.1);
  expect(studyFailure(failed, [...trials, larger])?.fix).toBe(
    '1 trial diverged: lower the learning rate in the study file, and run it again with --fresh.',
  );
});

test('the fix for a study whose trials were lost names the command that lists the reasons', () => {
  const lost = trial('coarse', 1, 0.1, {
    status: 'failed',
    result: null,
    reason: 'failed 3 times',
  });
  expect(studyFailure(failed, [lost])?.fix).toContain("results sample --where 'status = failed'");
});

test('a cancelled study has an error, and a complete one has none', () => {
  expect(studyFailure({ ...study, status: 'cancelled' }, trials)).toMatchObject({
    what: 'Study sample was cancelled.',
    fix: 'Run it again with --retry to take it up again, or with --fresh.',
  });
  expect(studyFailure(study, trials)).toBeNull();
});

/** What became of an attempt, as the kind of its bar in the timeline. */
import { expect, test } from 'vitest';
import { timelineOf } from '../../../src/report/charts/timeline-lanes.ts';
import type { AttemptRecord } from '../../../src/study/trial.ts';
import { attemptOf } from '../../store/support/records.ts';

test('an audit that gave the same result again is a check, a search that did came too late', () => {
  const attempt: AttemptRecord = {
    ...attemptOf({ stage: 'coarse', index: 1, replicate: 1 }, 1),
    endedAtMs: 2e12,
    outcome: 'duplicate',
  };
  const kindOf = (kind: AttemptRecord['kind']) =>
    timelineOf([{ ...attempt, kind }], 2e12).bars.map(({ kind }) => kind);
  expect(kindOf('audit')).toEqual(['check']);
  expect(kindOf('test')).toEqual(['check']);
  expect(kindOf('search')).toEqual(['ended']);
});

/** The kind of an attempt's bar in the timeline. */
import { expect, test } from 'vitest';
import { buildTimeline } from '../../../src/report/charts/timeline-lanes.ts';
import type { AttemptRecord } from '../../../src/study/trial.ts';
import { openAttempt } from '../../store/support/records.ts';

test('the bar of a duplicate result is a check for an audit and a test, and has ended for a search', () => {
  const attempt: AttemptRecord = {
    ...openAttempt({ stage: 'coarse', index: 1, replicate: 1 }, 1),
    endedAtMs: 2e12,
    outcome: 'duplicate',
  };
  const toKind = (kind: AttemptRecord['kind']) =>
    buildTimeline([{ ...attempt, kind }], 2e12).bars.map(({ kind }) => kind);
  expect(toKind('audit')).toEqual(['check']);
  expect(toKind('test')).toEqual(['check']);
  expect(toKind('search')).toEqual(['ended']);
});

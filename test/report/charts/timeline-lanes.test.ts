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

test('the time in which the coordinator was away is cut out of a timeline, although packs were lost in it', () => {
  const hour = 3_600_000;
  const pack = (name: string, from: number, to: number, outcome: AttemptRecord['outcome']) => ({
    ...openAttempt({ stage: 'coarse', index: 1, replicate: 1 }, 1),
    pack: name,
    assignedAtMs: from,
    endedAtMs: to,
    outcome,
  });
  const { cuts, bars, seconds } = buildTimeline(
    [
      pack('a', 0, 60_000, 'accepted'),
      pack('b', 60_000, 10 * hour + 10_000, 'lost'),
      pack('c', 10 * hour, 10 * hour + 60_000, 'accepted'),
    ],
    11 * hour,
  );
  expect(cuts).toMatchObject([{ seconds: 10 * 3600 - 60, isLost: true }]);
  expect(seconds).toBeCloseTo(120 * 1.02, 6);
  const lost = bars.find(({ kind }) => kind === 'lost')!;
  expect([lost.from, lost.to]).toEqual([60, expect.closeTo(72.4, 6)]);
});

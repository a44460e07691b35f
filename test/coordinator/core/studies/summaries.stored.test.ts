/** Studies that nobody works on are shown without reading them again and again. */
import { expect, test } from 'vitest';
import { StoredStudies } from '../../../../src/coordinator/core/studies/summaries.ts';
import type { StudyRecord } from '../../../../src/study/study-record.ts';
import { exampleStudy } from '../../../study/support/example-study.ts';

const record = (change: Partial<StudyRecord>): StudyRecord => ({
  spec: exampleStudy(),
  status: 'complete',
  reason: null,
  createdAtMs: 1,
  endedAtMs: 2,
  selfTestDigest: 'ab'.repeat(32),
  shardDigests: {},
  officialData: null,
  stages: [],
  winner: null,
  ...change,
});

test('a study that is over is read once; one that is not, or was made anew, again', () => {
  let reads = 0;
  const stored = new StoredStudies({ trials: () => (reads++, []) });
  for (let i = 0; i < 3; i++) stored.progress(record({}));
  expect(reads).toBe(1);
  stored.progress(record({ createdAtMs: 5, endedAtMs: 6 }));
  expect(reads).toBe(2);
  for (let i = 0; i < 3; i++) stored.progress(record({ status: 'running', endedAtMs: null }));
  expect(reads).toBe(5);
});

import { expect, test } from 'vitest';
import { StudyOverview } from '../../../src/coordinator/shell/study-overview.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import { exampleStudy } from '../../study/support/example-study.ts';
import { storedStudy } from '../support/small-cluster.ts';

test('the trials of a finished study are read once, those of an unfinished or replaced one again', async () => {
  let reads = 0;
  let record: StudyRecord | null = null;
  let isServed = false;
  const overview = new StudyOverview({
    store: {
      studies: async () => await Promise.resolve(record === null ? [] : [record]),
      study: async () => await Promise.resolve(record),
      trials: async () => await Promise.resolve((reads++, [])),
    },
    state: () => null,
    storeProblem: () => null,
    isServed: () => isServed,
    msPerTrial: () => 1_000,
  });
  const look = async (changes: Partial<StudyRecord>): Promise<number> => {
    ({ record } = storedStudy(exampleStudy(), changes));
    for (let i = 0; i < 3; i++) await overview.study('example');
    return reads;
  };
  expect(await look({ status: 'complete', createdAtMs: 1, endedAtMs: 2 })).toBe(1);
  expect(await look({ status: 'complete', createdAtMs: 5, endedAtMs: 6 })).toBe(2);
  expect(await look({ status: 'running' })).toBe(5);
  expect(await overview.study('example')).toMatchObject({ status: 'interrupted', msLeft: null });
  isServed = true;
  expect(await overview.study('example')).toMatchObject({
    status: 'running',
    msLeft: expect.any(Number),
  });
});

test('a study that the coordinator has left out has the reason, unless it is over', async () => {
  let record = storedStudy(exampleStudy(), { status: 'running' }).record;
  const overview = new StudyOverview({
    store: {
      studies: async () => await Promise.resolve([record]),
      study: async () => await Promise.resolve(record),
      trials: async () => await Promise.resolve([]),
    },
    state: () => null,
    storeProblem: () => null,
    isServed: () => false,
    msPerTrial: () => null,
    leftOut: () => 'Its data has changed.',
  });
  expect((await overview.study('example'))?.reason).toBe('left out: Its data has changed.');
  ({ record } = storedStudy(exampleStudy(), { status: 'complete', endedAtMs: 2 }));
  expect((await overview.study('example'))?.reason).toBe(null);
});

/** Following a study without a coordinator. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { watchLineSchema } from '../../../src/report/files/cluster-schemas.ts';
import type { StoreRow } from '../../../src/store/rows.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import type { StudyStatus } from '../../../src/study/trial.ts';
import { startedStudy } from '../../store/support/records.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';
import { inProcess } from '../support/in-process.ts';

async function watchStored(status: StudyStatus, endedAtMs: number | null, ...flags: string[]) {
  using directory = temporaryDirectory();
  const state = join(directory.path, 'state');
  {
    await using store = await openStore(state, { owner: 'the test' });
    const end: StoreRow = { kind: 'study-status', study: 'first', status, reason: null, endedAtMs };
    await store.commit([...startedStudy, end]);
  }
  return await inProcess(['watch', 'first', '--state', state, ...flags]);
}

test('watch prints how a stored study ended, if no coordinator runs', async () => {
  const complete = await watchStored('complete', 2e12);
  expect(complete).toEqual({
    code: 0,
    stdout: '',
    stderr:
      'first is complete and no coordinator is running. See its results: `ridgeline results first`\n',
  });
  const cancelled = await watchStored('cancelled', 2e12, '--format', 'jsonl');
  expect(cancelled.code).toBe(1);
  expect(watchLineSchema.parse(JSON.parse(cancelled.stdout))).toMatchObject({
    study: 'first',
    status: 'cancelled',
    workers: [],
  });
});

test('watch fails for a stored study that has not ended, if no coordinator runs', async () => {
  const running = await watchStored('running', null);
  expect([running.code, running.stdout]).toEqual([4, '']);
});

/** What the dashboard of stored studies reads while other processes write. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StoredCluster } from '../../../src/cli/cluster/stored-cluster.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { specNamed, studyRecord } from '../../store/support/records.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';
import { testContext } from '../support/test-context.ts';

test('the dashboard of stored studies shows a store that appears, grows, and is replaced, and changes nothing', async () => {
  using state = temporaryDirectory();
  const dir = join(state.path, 'state');
  await using cluster = new StoredCluster(testContext({ state: dir }));
  const names = async () => (await cluster.studies()).map(({ study }) => study);
  await cluster.open();
  expect(await names()).toEqual([]);
  for (const round of [['first', 'second'], ['third']]) {
    const store = await openStore(dir, { owner: 'the test' });
    for (const [index, name] of round.entries()) {
      await store.commit([{ kind: 'study-created', record: studyRecord(specNamed(name)) }]);
      expect(await names()).toEqual(round.slice(0, index + 1));
    }
    expect((await cluster.study(round[0]!))?.status).toBe('waiting');
    await store.close();
    for (const ending of ['', '-wal', '-shm', '-mark'])
      rmSync(join(dir, `ridgeline.db${ending}`), { force: true });
  }
  await expect(cluster.setStudy('third')).rejects.toThrow('not changed');
  expect(cluster.tokenRole('no token')).toBe(null);
});

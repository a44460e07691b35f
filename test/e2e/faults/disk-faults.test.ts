/** Full disks, disks that do not confirm writes, and a store changed under a running coordinator. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { writeStudy } from '../support/processes.ts';
import { check } from './checker.ts';
import { FaultCluster } from './fault-cluster.ts';
import { failFsyncOnce, fillDiskAgainAndAgain } from './scenario-disk.ts';

const nothing = { lost: [], twice: [], broken: [] };

describe.concurrent('a coordinator', () => {
  test('a coordinator with a full disk acknowledges no unstored result, reports the reason, and resumes when there is space', async ({
    onTestFinished,
    skip,
  }) => {
    const filled = await fillDiskAgainAndAgain(onTestFinished, 1);
    if (filled === null) return skip('mounting a tmpfs needs root');
    expect(filled.findings).toMatchObject(nothing);
    const [status = ''] = filled.statuses;
    expect(JSON.parse(status)).toMatchObject({
      studies: [{ study: 'disk', reason: expect.stringMatching(/disk is full/) }],
    });
  });

  test('a coordinator whose disk does not confirm a write ends at once, and its next start has every acknowledged result', async ({
    onTestFinished,
    skip,
  }) => {
    const failed = await failFsyncOnce(onTestFinished);
    if (failed === null) return skip('making fsync fail needs a C compiler (cc)');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(
      /^ridgeline: The disk did not confirm a write to the store .*\n {2}fix: /m,
    );
    expect(failed.findings).toMatchObject(nothing);
  });

  test('a coordinator whose store was changed by another program ends instead of retrying', async ({
    onTestFinished,
  }) => {
    const cluster = await FaultCluster.make({ onEnd: onTestFinished });
    const study = writeStudy(cluster.dir, { name: 'disk', trials: 8, coarseOnly: true });
    const coordinator = await cluster.coordinator(study);
    const raw = new DatabaseSync(join(cluster.state, 'ridgeline.db'));
    raw.exec('DELETE FROM trial WHERE trial_index = 3');
    raw.close();
    cluster.worker();
    const { code, stderr } = await coordinator.finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ridgeline: unexpected error: Invariant broken/m);
    expect(check(cluster.state, 'disk', cluster.books).lost).toEqual([]);
  });
});

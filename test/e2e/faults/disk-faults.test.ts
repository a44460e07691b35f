/** Disks that are full, disks that lie, and stores that were tampered with under a running coordinator. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { writeStudy, type OnEnd } from '../processes.ts';
import { check } from './checker.ts';
import { FaultCluster, trialsEnded } from './fault-cluster.ts';
import { fillDisk, smallDisk } from './small-disk.ts';

const nothing = { lost: [], twice: [], broken: [] };
const trials = { name: 'disk', trials: 8, cycles: 4, coarseOnly: true };

/** A library that makes fsync fail, compiled here; null where there is no C compiler. */
function failingFsync(dir: string): string | null {
  const library = join(dir, 'failing-fsync.so');
  try {
    const source = new URL('./failing-fsync.c', import.meta.url).pathname;
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], {
      stdio: 'ignore',
    });
    return library;
  } catch {
    return null;
  }
}

async function clusterOn(onEnd: OnEnd, stateDir?: string) {
  const cluster = await FaultCluster.make(stateDir === undefined ? { onEnd } : { onEnd, stateDir });
  return { cluster, study: writeStudy(cluster.dir, trials) };
}

describe.concurrent('a coordinator', { timeout: 240_000 }, () => {
  test('whose disk is full acknowledges nothing that it has not stored, says why, and goes on when there is space', async ({
    onTestFinished,
    skip,
  }) => {
    const disk = smallDisk(onTestFinished);
    if (disk === null) return skip('mounting a tmpfs needs root');
    const { cluster, study } = await clusterOn(onTestFinished, join(disk, 'state'));
    const coordinator = await cluster.coordinator(study);
    cluster.worker();
    await trialsEnded(coordinator, 2);
    const ballast = join(disk, 'ballast');
    fillDisk(ballast);
    await coordinator.says(/nothing can be stored/);
    const status = await cluster.command('status', '--format', 'json');
    expect(JSON.parse(status)).toMatchObject({
      studies: [
        { study: 'disk', reason: expect.stringMatching(/nothing is granted.*disk is full/) },
      ],
    });
    expect(check(cluster.state, 'disk', cluster.books)).toMatchObject({ lost: [], twice: [] });
    rmSync(ballast);
    await coordinator.says(/the store can be written again/);
    await coordinator.says(/disk is complete/);
    coordinator.kill('SIGTERM');
    expect((await coordinator.finished).code).toBe(0);
    expect(check(cluster.state, 'disk', cluster.books)).toMatchObject(nothing);
  });

  test('whose disk does not confirm a write ends at once, and has everything at its next start', async ({
    onTestFinished,
    skip,
  }) => {
    const { cluster, study } = await clusterOn(onTestFinished);
    const library = failingFsync(cluster.dir);
    if (library === null) return skip('making fsync fail needs a C compiler (cc)');
    const sign = join(cluster.dir, 'fails-now');
    const env = { LD_PRELOAD: library, FSYNC_FAILS_WHILE: sign };
    const coordinator = await cluster.coordinator(study, { env });
    cluster.worker();
    await trialsEnded(coordinator, 2);
    writeFileSync(sign, '');
    const { code, stderr } = await coordinator.finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^ridgeline: The disk did not confirm a write to the store .*\n {2}fix: /m,
    );
    expect(check(cluster.state, 'disk', cluster.books)).toMatchObject({ lost: [], twice: [] });
    const again = await cluster.coordinator(study);
    await again.says(/disk is complete/);
    again.kill('SIGTERM');
    await again.finished;
    expect(check(cluster.state, 'disk', cluster.books)).toMatchObject(nothing);
  });

  test('whose store refuses a row, since it is not as remembered, ends instead of trying again', async ({
    onTestFinished,
  }) => {
    const { cluster, study } = await clusterOn(onTestFinished);
    const coordinator = await cluster.coordinator(study);
    const raw = new DatabaseSync(join(cluster.state, 'ridgeline.db'));
    raw.exec('DELETE FROM trial WHERE k = 3');
    raw.close();
    cluster.worker();
    const { code, stderr } = await coordinator.finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ridgeline: unexpected error: Invariant broken/m);
    expect(check(cluster.state, 'disk', cluster.books).lost).toEqual([]);
  });
});

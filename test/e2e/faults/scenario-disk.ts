/** Full disks, and disks that do not confirm writes, under a running coordinator. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillDisk, smallDisk } from '../../store/support/small-disk.ts';
import { writeStudy, type OnEnd } from '../support/processes.ts';
import { check, type Findings } from './checker.ts';
import { FaultCluster, trialsEnded } from './fault-cluster.ts';

/** Fills and frees a coordinator's disk `times` times. @returns null if no disk can be mounted */
export async function fillDiskAgainAndAgain(
  onEnd: OnEnd,
  times: number,
): Promise<{ findings: Findings; statuses: string[]; slowestMs: number } | null> {
  const disk = smallDisk(8);
  if (disk === null) return null;
  onEnd(() => disk[Symbol.dispose]());
  const cluster = await FaultCluster.make({ onEnd, stateDir: join(disk.path, 'state') });
  const study = { name: 'disk', trials: 4 + 6 * times, cycles: 4, coarseOnly: true };
  const coordinator = await cluster.coordinator(writeStudy(cluster.dir, study));
  cluster.worker();
  const ballast = join(disk.path, 'ballast');
  const statuses: string[] = [];
  let slowestMs = 0;
  for (let time = 0; time < times; time++) {
    await trialsEnded(coordinator, 2 + 4 * time);
    fillDisk(ballast);
    await coordinator.until(
      () => ((coordinator.stderr.match(/nothing can be stored/g) ?? []).length > time ? 1 : null),
      'saying that nothing can be stored',
    );
    statuses.push(await cluster.command('status', '--format', 'json'));
    // What was acknowledged is in the store now, not only later.
    const { lost } = check(cluster.state, 'disk', cluster.books);
    if (lost.length > 0) throw new Error(`acknowledged without being stored: ${lost.join('; ')}`);
    const ended = coordinator.stderr.match(/coarse\/\d+ .* on w\d+/g)?.length ?? 0;
    rmSync(ballast);
    const freedMs = performance.now();
    await trialsEnded(coordinator, ended + 1);
    slowestMs = Math.max(slowestMs, performance.now() - freedMs);
  }
  await coordinator.prints(/disk is complete/);
  coordinator.kill('SIGTERM');
  await coordinator.finished;
  return { findings: check(cluster.state, 'disk', cluster.books), statuses, slowestMs };
}

/** Makes an fsync fail, and starts the process again. @returns null if it cannot be made to fail */
export async function failFsyncOnce(
  onEnd: OnEnd,
): Promise<{ findings: Findings; code: number | null; stderr: string; endedMs: number } | null> {
  const cluster = await FaultCluster.make({ onEnd });
  const text = { name: 'disk', trials: 8, cycles: 4, coarseOnly: true };
  const study = writeStudy(cluster.dir, text);
  const library = failingFsync(cluster.dir);
  if (library === null) return null;
  const sign = join(cluster.dir, 'fails-now');
  const env = { LD_PRELOAD: library, FSYNC_FAILS_WHILE: sign };
  const coordinator = await cluster.coordinator(study, { env });
  cluster.worker();
  await trialsEnded(coordinator, 2);
  const failedMs = performance.now();
  writeFileSync(sign, '');
  const { code, stderr } = await coordinator.finished;
  const endedMs = performance.now() - failedMs;
  const { lost } = check(cluster.state, 'disk', cluster.books);
  if (lost.length > 0) throw new Error(`acknowledged without being stored: ${lost.join('; ')}`);
  const again = await cluster.coordinator(study);
  await again.prints(/disk is complete/);
  again.kill('SIGTERM');
  await again.finished;
  return { findings: check(cluster.state, 'disk', cluster.books), code, stderr, endedMs };
}

/** A library that makes fsync fail; null without a C compiler. */
function failingFsync(dir: string): string | null {
  const library = join(dir, 'failing-fsync.so');
  try {
    const source = new URL('./failing-fsync.c', import.meta.url).pathname;
    const args = ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'];
    execFileSync('cc', args, { stdio: 'ignore' });
    return library;
  } catch {
    return null;
  }
}

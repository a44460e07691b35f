/** Submissions: studies that are submitted, changed and deleted at the same time, while the disk is full. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import type { CoordinatorOptions } from '../../../src/coordinator/shell/coordinator-options.ts';
import { Coordinator } from '../../../src/coordinator/shell/coordinator-server.ts';
import { studyOver } from '../../../src/coordinator/shell/study-errors.ts';
import { openDataset } from '../../../src/dataset/open-dataset.ts';
import { storedRanks } from '../../../src/search/ranking/ranking.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import type { StudySpec } from '../../../src/study/spec/study-spec.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { npyBytes, npyLabels, zip } from '../../dataset/support/npy.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';
import { exampleStudy, twoStages } from '../../study/support/example-study.ts';
import { settings as smallSettings } from '../support/small-cluster.ts';

const settings = { ...smallSettings, selfTestDigest: 'ab'.repeat(32) };

/** A coordinator with a real store, whose disk can be filled and whose clock can be advanced. */
async function startBench(path: string | null = null, changes: Partial<CoordinatorOptions> = {}) {
  await using cleanup = new AsyncDisposableStack();
  path ??= cleanup.use(temporaryDirectory()).path;
  const real = cleanup.use(await openStore(path, { owner: 'the test', rank: storedRanks }));
  const disk = { isFull: false, tries: 0 };
  const full = new RidgelineError('STATE_UNWRITABLE', 'The disk is full.', 'Free some space.');
  const store: Store = {
    ...real,
    commit: async (rows) => {
      disk.tries += 1;
      if (disk.isFull) throw full;
      await real.commit(rows);
    },
  };
  const time = { passedMs: 0 };
  const ends: unknown[] = [];
  const coordinator = await Coordinator.start({
    store,
    settings,
    dataDir: path,
    describeTrainer,
    clock: {
      monotonicMs: () => performance.now() + time.passedMs,
      wallMs: () => Date.now() + time.passedMs,
    },
    log: pino({ level: 'silent' }),
    endProcess: (error) => ends.push(error),
    ...changes,
  });
  cleanup.defer(async () => await coordinator.stop('the test has ended'));
  const rest = cleanup.move();
  return {
    coordinator,
    disk,
    time,
    ends,
    [Symbol.asyncDispose]: async () => await rest.disposeAsync(),
  };
}

const spec = exampleStudy();
const longer = { ...spec, stages: twoStages(12, 20) };
const unreadable: StudySpec = { ...spec, dataset: { ...spec.dataset!, name: 'cifar10' } };
const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  await promise.then(
    () => null,
    (error: unknown) => error,
  );

describe('submitting a study', () => {
  test('several times at once creates it once', async () => {
    await using bench = await startBench();
    const { coordinator } = bench;
    const outcomes = await Promise.all(
      [spec, spec, longer].map((each) => coordinator.submit(each)),
    );
    expect(outcomes).toEqual(['created', 'resumed', 'extended']);
    expect(await coordinator.overview.studies()).toMatchObject([
      { study: 'example', total: longer.stages.reduce((sum, { trials }) => sum + trials, 0) },
    ]);
    expect(bench.ends).toEqual([]);
  });

  test('fails while the disk is full, and succeeds once there is space', async () => {
    await using bench = await startBench();
    const { coordinator, disk } = bench;
    disk.isFull = true;
    expect(await failure(coordinator.submit(spec))).toMatchObject({ code: 'STATE_UNWRITABLE' });
    expect(await failure(coordinator.submit(spec))).toMatchObject({ code: 'STATE_UNWRITABLE' });
    disk.isFull = false;
    await vi.waitFor(() => expect(coordinator.storeProblem).toBe(null), 5_000);
    expect(await coordinator.overview.studies()).toEqual([]);
    expect(await coordinator.submit(spec)).toBe('created');
    expect(bench.ends).toEqual([]);
  });

  test('fails if the disk fills up while its data is read', async () => {
    await using bench = await startBench();
    const { coordinator, disk } = bench;
    await coordinator.submit({ ...spec, study: 'other' });
    const submitted = failure(coordinator.submit(spec));
    disk.isFull = true;
    await failure(coordinator.setStudy('other', 'pause', 'lunch'));
    expect(await submitted).toMatchObject({ code: 'STATE_UNWRITABLE' });
  });

  test('with fresh deletes the stored study only after the new data was read', async () => {
    await using bench = await startBench();
    const { coordinator } = bench;
    await coordinator.submit(spec);
    expect(await failure(coordinator.submit(unreadable, { fresh: true }))).toMatchObject({
      code: 'DATASET_MISSING',
    });
    expect(await coordinator.overview.study('example')).toMatchObject({ status: 'waiting' });
    expect(await coordinator.submit({ ...spec, seed: 4 }, { fresh: true })).toBe('created');
    expect(await coordinator.store.study('example')).toMatchObject({ spec: { seed: 4 } });
    expect(bench.ends).toEqual([]);
  });
});

test('a study that will be submitted with fresh is not resumed, and stays stored until the new data was read', async () => {
  using directory = temporaryDirectory();
  {
    await using bench = await startBench(directory.path);
    await bench.coordinator.submit(spec);
  }
  const other = {
    settings: { ...settings, selfTestDigest: 'cd'.repeat(32), onlyStudy: 'example' },
  };
  // With another arithmetic the study cannot be resumed; --fresh must still work.
  expect(await failure(startBench(directory.path, other))).toMatchObject({ code: 'STUDY_DIFFERS' });
  await using bench = await startBench(directory.path, { ...other, startsAfresh: 'example' });
  const { coordinator } = bench;
  expect(await failure(coordinator.submit(unreadable, { fresh: true }))).toMatchObject({
    code: 'DATASET_MISSING',
  });
  expect(await coordinator.store.trials('example')).toHaveLength(12);
  expect(await coordinator.submit({ ...spec, seed: 4 }, { fresh: true })).toBe('created');
  expect(await coordinator.store.study('example')).toMatchObject({
    spec: { seed: 4 },
    selfTestDigest: other.settings.selfTestDigest,
  });
  expect(bench.ends).toEqual([]);
});

test('a study that cannot be resumed does not block others, and is left out until it is submitted again', async () => {
  using directory = temporaryDirectory();
  {
    await using bench = await startBench(directory.path);
    await bench.coordinator.submit(spec);
  }
  const pause = async (coordinator: Coordinator): Promise<unknown> =>
    await failure(coordinator.setStudy('example', 'pause', 'lunch'));
  {
    // With onlyStudy, the data of other studies is not read.
    const alone = { settings: { ...settings, onlyStudy: 'other' } };
    await using bench = await startBench(directory.path, alone);
    const { coordinator } = bench;
    expect(await pause(coordinator)).toMatchObject({ code: 'STUDY_FAILED' });
    expect(await coordinator.submit({ ...spec, study: 'other' })).toBe('created');
    expect(await coordinator.submit(spec)).toBe('resumed');
    expect(await pause(coordinator)).toBe(null);
  }
  const changed = { settings: { ...settings, selfTestDigest: 'cd'.repeat(32) } };
  await using bench = await startBench(directory.path, changed);
  const { coordinator } = bench;
  expect(await pause(coordinator)).toMatchObject({ code: 'STUDY_FAILED' });
  expect(await failure(coordinator.submit(spec))).toMatchObject({ code: 'STUDY_DIFFERS' });
  expect(await coordinator.submit({ ...spec, study: 'third' })).toBe('created');
  expect(await coordinator.submit({ ...spec, seed: 4 }, { fresh: true })).toBe('created');
  expect(bench.ends).toEqual([]);
});

describe('a study that is over', () => {
  test('cannot be cancelled or paused again, also if all requests arrive at once', async () => {
    await using bench = await startBench();
    const { coordinator } = bench;
    await coordinator.submit(spec);
    const changes = (['cancel', 'cancel', 'pause'] as const).map((change) =>
      failure(coordinator.setStudy('example', change, 'enough')),
    );
    const [first, ...others] = await Promise.all(changes);
    expect(first).toBe(null);
    for (const other of others)
      expect(other).toMatchObject({
        code: 'STUDY_FAILED',
        fix: expect.stringMatching(
          /^Take it up again with `ridgeline resume example`.*ridgeline submit STUDY\.yaml --fresh/,
        ),
      });
    expect(bench.ends).toEqual([]);
  });

  test('and complete can be extended, and the error for other changes suggests it', () => {
    expect(studyOver('example', 'complete').fix).toMatch(
      /^Submit .* more trials .*ridgeline submit STUDY\.yaml --fresh/,
    );
  });

  test('is removed from memory with its data after a while, and stays in the overview', async () => {
    await using bench = await startBench();
    const { coordinator, time } = bench;
    const opened = await openDataset(spec.dataset!, { dataDir: '/nowhere' });
    const [shard] = opened.reference(spec.seed, 'test').shards;
    await coordinator.submit(spec);
    await coordinator.setStudy('example', 'cancel', 'enough');
    const isServed = (): boolean => coordinator.fetchShard(shard!.digest, 0) !== null;
    expect(isServed()).toBe(true);
    time.passedMs = settings.forgetMs;
    await vi.waitFor(() => expect(isServed()).toBe(false), 5_000);
    expect(await coordinator.overview.study('example')).toMatchObject({
      status: 'cancelled',
      reason: 'enough',
    });
    expect(await coordinator.submit(spec, { fresh: true })).toBe('created');
    expect(isServed()).toBe(true);
  });
});

test('the priority of a study is stored, and a submission with another one changes it', async () => {
  using directory = temporaryDirectory();
  {
    await using bench = await startBench(directory.path);
    await bench.coordinator.submit(spec, { priority: 7 });
  }
  await using bench = await startBench(directory.path);
  const { coordinator } = bench;
  const priority = async () => (await coordinator.overview.study('example'))?.priority;
  expect(await priority()).toBe(7);
  expect(await coordinator.submit(spec)).toBe('resumed');
  expect(await priority()).toBe(7);
  expect(await coordinator.submit(spec, { priority: 2 })).toBe('resumed');
  expect(await priority()).toBe(2);
});

describe('a study whose files have moved', () => {
  const archive = (salt: number): Buffer =>
    zip({ 'x.npy': npyBytes([1_797, 2, 2], salt), 'y.npy': npyLabels(labels) });
  const labels = Array.from({ length: 1_797 }, (_, i) => i % 3);
  const at = (path: string, from: StudySpec = spec): StudySpec => ({
    ...from,
    dataset: { ...from.dataset!, name: undefined, path },
  });

  test('is resumed and extended at the new place, which is stored, if the records are equal', async () => {
    using dir = temporaryDirectory();
    const [before, after] = [join(dir.path, 'a.npz'), join(dir.path, 'b.npz')];
    writeFileSync(before, archive(0));
    const state = join(dir.path, 'state');
    {
      await using bench = await startBench(state);
      expect(await bench.coordinator.submit(at(before))).toBe('created');
    }
    renameSync(before, after);
    {
      await using bench = await startBench(state);
      expect(await bench.coordinator.submit(at(after))).toBe('resumed');
    }
    await using bench = await startBench(state);
    const { coordinator } = bench;
    expect(await coordinator.overview.study('example')).toMatchObject({ status: 'waiting' });
    expect((await coordinator.store.study('example'))?.spec.dataset?.path).toBe(after);
    // Also while the study is in memory.
    renameSync(after, before);
    expect(await coordinator.submit(at(before, longer))).toBe('extended');
    expect((await coordinator.store.study('example'))?.spec.dataset?.path).toBe(before);
  });

  test('is refused if the records differ', async () => {
    using dir = temporaryDirectory();
    const [before, other] = [join(dir.path, 'a.npz'), join(dir.path, 'b.npz')];
    writeFileSync(before, archive(0));
    writeFileSync(other, archive(1));
    await using bench = await startBench(join(dir.path, 'state'));
    await bench.coordinator.submit(at(before));
    expect(await failure(bench.coordinator.submit(at(other)))).toMatchObject({
      code: 'STUDY_DIFFERS',
      what: expect.stringContaining(`has changed since it was started: all of ${other}`),
    });
  });
});

test('a coordinator that was stopped while its disk was full does not write any more', async () => {
  await using bench = await startBench();
  const { coordinator, disk } = bench;
  disk.isFull = true;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  await failure(coordinator.submit(spec));
  const { tries } = disk;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(disk.tries).toBe(tries + 1);
  await coordinator.stop('enough');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(disk.tries).toBe(tries + 1);
  expect(bench.ends).toEqual([]);
});

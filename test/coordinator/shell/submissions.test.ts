/** Studies that are handed in, changed and thrown away at once, while the disk fails, and long ago. */
import { pino } from 'pino';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import {
  Coordinator,
  type CoordinatorOptions,
} from '../../../src/coordinator/shell/coordinator-server.ts';
import { studyOver } from '../../../src/coordinator/shell/study-errors.ts';
import { openDataset } from '../../../src/dataset/open-dataset.ts';
import { openStore, type Store } from '../../../src/store/sqlite/open-store.ts';
import type { StudySpec } from '../../../src/study/spec/study-spec.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';
import { exampleStudy } from '../../study/support/example-study.ts';

const settings = {
  leaseMs: 20_000,
  heartbeatMs: 5_000,
  reconnectMs: 1_000,
  forgetMs: 600_000,
  selfTestDigest: 'ab'.repeat(32),
  version: 'test',
};

/** A real coordinator over a real store, whose disk can be filled and whose clock can be put forward. */
async function startBench(path: string | null = null, changes: Partial<CoordinatorOptions> = {}) {
  using cleanup = new DisposableStack();
  path ??= cleanup.use(temporaryDirectory()).path;
  const real = cleanup.use(openStore(path, { owner: 'the test' }));
  const disk = { isFull: false, tries: 0 };
  const full = new RidgelineError('STATE_UNWRITABLE', 'The disk is full.', 'Free some space.');
  const store: Store = {
    ...real,
    commit: (rows) => {
      disk.tries += 1;
      if (disk.isFull) throw full;
      real.commit(rows);
    },
  };
  const time = { passedMs: 0 };
  const ends: unknown[] = [];
  const coordinator = await Coordinator.start({
    store,
    settings,
    dataDir: path,
    clock: {
      monotonicMs: () => performance.now() + time.passedMs,
      wallMs: () => Date.now() + time.passedMs,
    },
    log: pino({ level: 'silent' }),
    endProcess: (error) => ends.push(error),
    ...changes,
  });
  cleanup.defer(() => coordinator.stop('the test has ended'));
  const rest = cleanup.move();
  return { coordinator, disk, time, ends, [Symbol.dispose]: () => rest.dispose() };
}

const spec: StudySpec = exampleStudy();
const longer: StudySpec = {
  ...spec,
  stages: spec.stages.map((stage) => (stage.name === 'fine' ? { ...stage, trials: 20 } : stage)),
};
const unreadable: StudySpec = {
  ...spec,
  dataset: { ...spec.dataset, source: { kind: 'named', name: 'cifar10' } },
};
const refusal = async (promise: Promise<unknown>): Promise<unknown> =>
  await promise.then(
    () => null,
    (error: unknown) => error,
  );

describe('a study that is handed in', () => {
  test('several times at once is made once', async () => {
    using bench = await startBench();
    const { coordinator } = bench;
    const outcomes = await Promise.all(
      [spec, spec, longer].map((each) => coordinator.submit(each)),
    );
    expect(outcomes).toEqual(['created', 'resumed', 'extended']);
    expect(coordinator.overview.studies()).toMatchObject([{ study: 'example', total: 12 }]);
    expect(bench.ends).toEqual([]);
  });

  test('while the disk is full is refused, and is taken when there is space', async () => {
    using bench = await startBench();
    const { coordinator, disk } = bench;
    disk.isFull = true;
    expect(await refusal(coordinator.submit(spec))).toMatchObject({ code: 'STATE_UNWRITABLE' });
    expect(await refusal(coordinator.submit(spec))).toMatchObject({ code: 'STATE_UNWRITABLE' });
    disk.isFull = false;
    await vi.waitFor(() => expect(coordinator.storeProblem).toBe(null), 5_000);
    expect(coordinator.overview.studies()).toEqual([]);
    expect(await coordinator.submit(spec)).toBe('created');
    expect(bench.ends).toEqual([]);
  });

  test('is not said to be made when the disk fills up while its data is read', async () => {
    using bench = await startBench();
    const { coordinator, disk } = bench;
    await coordinator.submit({ ...spec, study: 'other' });
    const submitted = refusal(coordinator.submit(spec));
    disk.isFull = true;
    await refusal(coordinator.setStudy('other', 'pause', 'lunch'));
    expect(await submitted).toMatchObject({ code: 'STATE_UNWRITABLE' });
  });

  test('afresh throws the former one away only once its data could be read', async () => {
    using bench = await startBench();
    const { coordinator } = bench;
    await coordinator.submit(spec);
    expect(await refusal(coordinator.submit(unreadable, true))).toMatchObject({
      code: 'DATASET_MISSING',
    });
    expect(coordinator.overview.study('example')).toMatchObject({ status: 'waiting' });
    expect(await coordinator.submit({ ...spec, seed: 4 }, true)).toBe('created');
    expect(coordinator.store.study('example')?.spec.seed).toBe(4);
    expect(bench.ends).toEqual([]);
  });
});

test('a study that starts afresh is not gone on with, and is there until its data could be read', async () => {
  using directory = temporaryDirectory();
  {
    using bench = await startBench(directory.path);
    await bench.coordinator.submit(spec);
  }
  const other = {
    settings: { ...settings, selfTestDigest: 'cd'.repeat(32), onlyStudy: 'example' },
  };
  // Under another arithmetic it cannot be gone on with: `--fresh` is the way out, and must be one.
  expect(await refusal(startBench(directory.path, other))).toMatchObject({ code: 'STUDY_DIFFERS' });
  using bench = await startBench(directory.path, { ...other, startsAfresh: 'example' });
  const { coordinator } = bench;
  expect(await refusal(coordinator.submit(unreadable, true))).toMatchObject({
    code: 'DATASET_MISSING',
  });
  expect(coordinator.store.trials('example')).toHaveLength(12);
  expect(await coordinator.submit({ ...spec, seed: 4 }, true)).toBe('created');
  expect(coordinator.store.study('example')).toMatchObject({
    spec: { seed: 4 },
    selfTestDigest: other.settings.selfTestDigest,
  });
  expect(bench.ends).toEqual([]);
});

test('a study that cannot be gone on with holds up no other; it rests until it is handed in again', async () => {
  using directory = temporaryDirectory();
  {
    using bench = await startBench(directory.path);
    await bench.coordinator.submit(spec);
  }
  const pause = async (coordinator: Coordinator): Promise<unknown> =>
    await refusal(coordinator.setStudy('example', 'pause', 'lunch'));
  {
    // Where another one is run alone, its data is not even looked at.
    const alone = { settings: { ...settings, onlyStudy: 'other' } };
    using bench = await startBench(directory.path, alone);
    const { coordinator } = bench;
    expect(await pause(coordinator)).toMatchObject({ code: 'STUDY_FAILED' });
    expect(await coordinator.submit({ ...spec, study: 'other' })).toBe('created');
    expect(await coordinator.submit(spec)).toBe('resumed');
    expect(await pause(coordinator)).toBe(null);
  }
  const changed = { settings: { ...settings, selfTestDigest: 'cd'.repeat(32) } };
  using bench = await startBench(directory.path, changed);
  const { coordinator } = bench;
  expect(await pause(coordinator)).toMatchObject({ code: 'STUDY_FAILED' });
  expect(await refusal(coordinator.submit(spec))).toMatchObject({ code: 'STUDY_DIFFERS' });
  expect(await coordinator.submit({ ...spec, study: 'third' })).toBe('created');
  expect(await coordinator.submit({ ...spec, seed: 4 }, true)).toBe('created');
  expect(bench.ends).toEqual([]);
});

describe('a study', () => {
  test('that is cancelled twice at once is cancelled once', async () => {
    using bench = await startBench();
    const { coordinator } = bench;
    await coordinator.submit(spec);
    const changes = (['cancel', 'cancel', 'pause'] as const).map((change) =>
      refusal(coordinator.setStudy('example', change, 'enough')),
    );
    const [first, ...others] = await Promise.all(changes);
    expect(first).toBe(null);
    for (const other of others)
      expect(other).toMatchObject({
        code: 'STUDY_FAILED',
        fix: expect.stringMatching(/^Give .* another name.*ridgeline submit STUDY\.yaml --fresh/),
      });
    expect(bench.ends).toEqual([]);
  });

  test('that is complete and cannot be changed is said to be extended by more trials', () => {
    expect(studyOver('example', 'complete').fix).toMatch(
      /^Submit .* more trials .*ridgeline submit STUDY\.yaml --fresh/,
    );
  });

  test('that has long been over is no longer held, with its data, and is known all the same', async () => {
    using bench = await startBench();
    const { coordinator, time } = bench;
    const opened = await openDataset(spec.dataset, { dataDir: '/nowhere' });
    const [part] = opened.reference(spec.seed, 'test').parts;
    await coordinator.submit(spec);
    await coordinator.setStudy('example', 'cancel', 'enough');
    const isHeld = (): boolean => coordinator.fetchPart(part!.digest, 0) !== null;
    expect(isHeld()).toBe(true);
    time.passedMs = settings.forgetMs;
    await vi.waitFor(() => expect(isHeld()).toBe(false), 5_000);
    expect(coordinator.overview.study('example')).toMatchObject({
      status: 'cancelled',
      reason: 'enough',
    });
    expect(await coordinator.submit(spec, true)).toBe('created');
    expect(isHeld()).toBe(true);
  });
});

test('a coordinator that was stopped while its disk was full tries nothing any more', async () => {
  using bench = await startBench();
  const { coordinator, disk } = bench;
  disk.isFull = true;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  await refusal(coordinator.submit(spec));
  const { tries } = disk;
  vi.advanceTimersByTime(1_000);
  expect(disk.tries).toBe(tries + 1);
  coordinator.stop('enough');
  vi.advanceTimersByTime(10_000);
  expect(disk.tries).toBe(tries + 1);
  expect(bench.ends).toEqual([]);
});

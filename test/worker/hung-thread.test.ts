/**
 * Hung thread: a thread that never yields, in a process that sends heartbeats. Its lease expires because
 * its progress does not change, and the thread is terminated. Threads, session and dispatcher are real; there is
 * no network between them.
 */
import { expect, test } from 'vitest';
import type { Moment, StudyData } from '../../src/coordinator/core/state/cluster-state.ts';
import type { Decision } from '../../src/coordinator/core/state/turn.ts';
import { Dispatcher } from '../../src/coordinator/core/dispatcher.ts';
import type { Assignment } from '../../src/rpc/messages/messages.ts';
import type { StoreRow } from '../../src/store/rows.ts';
import { datasetKey } from '../../src/study/spec/dataset-reference.ts';
import type { StudySpec } from '../../src/study/spec/study-spec.ts';
import type { TrainingData } from '../../src/study/images.ts';
import { twoLayer } from '../../src/trainers/two-layer/description.ts';
import { chooseKernel } from '../../src/trainers/two-layer/kernel-file.ts';
import { WorkerSession, type SessionEffect } from '../../src/worker/session.ts';
import { ThreadPool } from '../../src/worker/thread-pool.ts';
import { exampleStudy } from '../study/support/example-study.ts';
import {
  plainSettings,
  randomImages,
  splitImages,
} from '../trainers/two-layer/support/synthetic-images.ts';

const settings = {
  leaseMs: 2_000,
  heartbeatMs: 100,
  reconnectMs: 1_000,
  forgetMs: 600_000,
  selfTestDigest: 'right',
  version: 'test',
};

function buildReference(name: string, count: number): StudyData {
  const shard = { name, digest: name.padEnd(64, '0'), bytes: 1, count };
  const split = { count: 8 };
  const search = {
    shards: [shard],
    seed: 1,
    train: split,
    validation: split,
    test: null,
    stratify: false,
  };
  return { search, test: null, validationCount: 8, trainer: twoLayer };
}

/** One of its steps takes many seconds, so it looks like a hung thread. */
const endless = {
  reference: buildReference('endless', 4_008),
  images: splitImages(
    randomImages(1, 4_008, { channels: 3, height: 32, width: 32, classes: 10 }),
    4_000,
    8,
  ),
  trainer: { ...plainSettings, hidden: 4_096, batch: 4_000 },
};
const quick = {
  reference: buildReference('quick', 48),
  images: splitImages(
    randomImages(2, 48, { channels: 1, height: 4, width: 4, classes: 10 }),
    40,
    8,
  ),
  trainer: plainSettings,
};

/** Dispatcher and worker in one process, with real time and threads. */
class Bench implements AsyncDisposable {
  readonly rows: StoreRow[] = [];
  readonly dispatcher = new Dispatcher(settings, [], new Map(), this.now());
  readonly session = new WorkerSession({
    session: 'session',
    name: 'worker',
    version: 'test',
    threads: 1,
    packMax: 1,
    kernel: 'portable',
    selfTestDigest: 'right',
  });
  readonly pool: ThreadPool;
  readonly data = new Map<string, TrainingData>();
  #waiting: { readonly isThere: () => boolean; readonly resolve: () => void }[] = [];
  readonly #timers: NodeJS.Timeout[];

  constructor(pool: ThreadPool) {
    this.pool = pool;
    const hello = this.session.hello(new Map());
    this.decide(this.dispatcher.joined(hello, '127.0.0.1:1', this.now()));
    this.#timers = [
      setInterval(() => this.decide(this.dispatcher.tick(this.now())), 50),
      setInterval(
        () => this.perform(this.session.heartbeat(this.pool.progress())),
        settings.heartbeatMs,
      ),
    ];
  }

  now(): Moment {
    return { monotonicMs: performance.now(), wallMs: Date.now() };
  }

  submit(study: string, { reference, images, trainer }: typeof quick): void {
    const spec: StudySpec = exampleStudy({ study });
    const stages = spec.stages.slice(0, 1).map((stage) => ({ ...stage, trials: 3 }));
    const details = { shardDigests: {}, officialData: null, dataWarnings: [] };
    this.data.set(datasetKey(reference.search), images);
    this.decide(
      this.dispatcher.submit({ ...spec, trainer, stages }, reference, details, this.now()),
    );
  }

  decide({ persist, afterCommit }: Decision): void {
    this.rows.push(...persist);
    for (const effect of afterCommit)
      if (effect.kind === 'send') this.perform(this.session.received(effect.message));
    this.#waiting = this.#waiting.filter(({ isThere, resolve }) => {
      if (!isThere()) return true;
      resolve();
      return false;
    });
  }

  async until(isThere: () => boolean): Promise<void> {
    if (isThere()) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push({ isThere, resolve });
    });
  }

  perform(effects: readonly SessionEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'send' && effect.message.kind !== 'hello')
        this.decide(this.dispatcher.received('session', effect.message, this.now()));
      if (effect.kind === 'fetch') this.perform(this.session.datasetReady(effect.dataset));
      if (effect.kind === 'stop') this.pool.stop(effect.pack, effect.reason);
      if (effect.kind === 'train') void this.#train(effect.assignment);
    }
  }

  async #train({ pack, members, dataset, ...same }: Assignment): Promise<void> {
    const params = members.map((member) => member.params);
    const data = this.data.get(dataset)!;
    const end = await this.pool.train(pack, { ...same, params, data }, () => undefined);
    this.perform(
      end.kind === 'ended'
        ? this.session.packEnded(pack, end.results)
        : this.session.packStopped(pack, end),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.pool[Symbol.asyncDispose]();
  }
}

test('a hung thread is terminated when its lease expires, and trains the next pack', async () => {
  await using bench = new Bench(new ThreadPool(1, await chooseKernel('portable', [])));
  const closed = (study: string) =>
    bench.rows.filter((row) => row.kind === 'attempt-closed' && row.study === study);
  bench.submit('endless', endless);
  await bench.until(() => closed('endless').length > 0);
  expect(closed('endless')[0]).toMatchObject({ outcome: 'timeout', countsAsFailure: true });
  // The process has sent heartbeats: the session is connected, and the thread is free.
  expect(bench.dispatcher.state.workers.get('session')?.connected).toBe(true);
  bench.decide(bench.dispatcher.cancel('endless', 'enough', bench.now()));
  bench.submit('quick', quick);
  await bench.until(() => bench.dispatcher.state.studies.get('quick')?.status === 'complete');
  expect(closed('quick')).toHaveLength(3);
  for (const row of closed('quick')) expect(row).toMatchObject({ outcome: 'accepted' });
  expect(bench.pool.progress().size).toBe(0);
});

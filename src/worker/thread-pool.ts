/**
 * The node's threads: Piscina with one pack a thread and no queue of its own, since waiting happens
 * in one place only, the coordinator.
 */
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { assert } from '../base/assert.ts';
import { messageOf } from '../base/errors.ts';
import type { TrialResult } from '../study/trial.ts';
import type { KernelSource } from '../trainers/two-layer/kernel-file.ts';
import type { MeasuredMessage, PackWork } from './trial-thread.ts';

export type TrainRequest = Omit<PackWork, 'progress' | 'port'>;

/** How a pack left its thread, where that did not fail. */
export type PackEnd =
  | { readonly kind: 'ended'; readonly results: TrialResult[] }
  | { readonly kind: 'stopped'; readonly reason: string };

interface RunningPack {
  readonly progress: Int32Array;
  readonly stop: (reason: string) => void;
}

/** Threads that train. `await using` it: leaving the scope waits for the threads to be gone. */
export class ThreadPool implements AsyncDisposable {
  readonly #pool: Piscina<PackWork, TrialResult[]>;
  readonly #running = new Map<string, RunningPack>();

  constructor(threads: number, kernel: KernelSource) {
    this.#pool = new Piscina<PackWork, TrialResult[]>({
      // Our own extension: .ts when run from source, .js when run from a release.
      filename: new URL(`./trial-thread${extname(import.meta.url)}`, import.meta.url).href,
      name: 'runPack',
      workerData: { kernel },
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      // A thread that was stopped is replaced while the next pack may arrive already.
      maxQueue: threads,
      atomics: 'disabled',
      // A thread computes in its kernel's memory: what it leaves for the collector is little.
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
    });
  }

  /**
   * @param request may still be on its way: `stop` waits for it no more than for the thread
   * @returns `stopped` where the request fails, too
   * @throws where the thread fails
   */
  async train(
    pack: string,
    request: TrainRequest | Promise<TrainRequest>,
    onMeasured: (measured: MeasuredMessage) => void,
  ): Promise<PackEnd> {
    assert(!this.#running.has(pack), () => `pack ${pack} runs once`);
    const stopped = Promise.withResolvers<PackEnd>();
    const stop = new AbortController();
    const progress = new Int32Array(new SharedArrayBuffer(4));
    this.#running.set(pack, {
      progress,
      stop(reason) {
        stopped.resolve({ kind: 'stopped', reason });
        stop.abort();
      },
    });
    try {
      const ended = this.#run(request, progress, stop.signal, onMeasured);
      return await Promise.race([stopped.promise, ended]);
    } finally {
      this.#running.delete(pack);
    }
  }

  async #run(
    request: TrainRequest | Promise<TrainRequest>,
    progress: Int32Array,
    signal: AbortSignal,
    onMeasured: (measured: MeasuredMessage) => void,
  ): Promise<PackEnd> {
    let ready: TrainRequest;
    try {
      ready = await request;
    } catch (error) {
      // Its trials have done nothing wrong: they go back, and are not charged.
      return { kind: 'stopped', reason: messageOf(error) };
    }
    const { port1, port2 } = new MessageChannel();
    port1.on('message', onMeasured);
    try {
      const work = { ...ready, progress, port: port2 };
      const results = await this.#pool.run(work, { signal, transferList: [port2] });
      return { kind: 'ended', results };
    } finally {
      port1.close();
    }
  }

  /** Terminates the pack's thread: stopped, not asked; a loop cannot refuse. */
  stop(pack: string, reason: string): void {
    this.#running.get(pack)?.stop(reason);
  }

  /** How far each running pack has come; only whether it grew means anything. */
  progress(): Map<string, number> {
    return new Map(
      [...this.#running].map(([pack, { progress }]) => [pack, Atomics.load(progress, 0)]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pack of this.#running.keys()) this.stop(pack, 'the worker ends');
    await this.#pool.destroy();
  }
}

/** Threads by default: one for each core that this process may use. */
export function defaultThreads(): number {
  return availableParallelism();
}

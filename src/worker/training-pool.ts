/**
 * Threads for training runs that are watched, stopped and resumed, one network each: what `train` uses.
 * The cluster's packs are the business of `thread-pool.ts`.
 */
import { once } from 'node:events';
import { extname } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { RidgelineError } from '../base/errors.ts';
import type { TrialResult } from '../study/trial.ts';
import type { KernelSource } from '../trainers/two-layer/kernel-file.ts';
import type { TrainingEnd, TrainingMessage, TrainingWork } from './trial-thread.ts';

export type TrainingRequest = Omit<TrainingWork, 'control' | 'port'>;

/** One network in training, seen from outside its thread. */
export interface RunningTraining {
  /** Null where it was stopped; by then every message has been heard. */
  readonly finished: Promise<TrialResult | null>;
  /** Updates done. */
  step(): number;
  /** After the update that is running, it hands out its state and ends. */
  stop(): void;
}

/** `await using` it: leaving the scope waits for the threads to be gone. */
export class TrainingPool implements AsyncDisposable {
  readonly #pool: Piscina<TrainingWork, TrainingEnd>;

  constructor(threads: number, kernel: KernelSource) {
    this.#pool = new Piscina<TrainingWork, TrainingEnd>({
      // Our own extension: .ts when run from source, .js when run from a release.
      filename: new URL(`./trial-thread${extname(import.meta.url)}`, import.meta.url).href,
      name: 'runTraining',
      workerData: { kernel },
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
    });
  }

  start(request: TrainingRequest, onMessage: (message: TrainingMessage) => void): RunningTraining {
    const { port1, port2 } = new MessageChannel();
    const control = new Int32Array(new SharedArrayBuffer(8));
    port1.on('message', onMessage);
    const closed = once(port1, 'close');
    const run = async (): Promise<TrialResult | null> => {
      try {
        const end = await this.#pool.run(
          { ...request, control, port: port2 },
          { transferList: [port2] },
        );
        // The result comes another way than the messages, and may overtake them.
        await closed;
        if (end.kind === 'refused') throw new RidgelineError(end.code, end.what, end.fix);
        return end.kind === 'ended' ? end.result : null;
      } finally {
        port1.close();
      }
    };
    return {
      finished: run(),
      step: () => Atomics.load(control, 0),
      stop: () => void Atomics.store(control, 1, 1),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}

/** Training pool: threads that train packs and report measurements, progress and states. */
import { once } from 'node:events';
import { extname } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { RidgelineError } from '../base/errors.ts';
import type { TrainingData } from '../study/images.ts';
import type { TrialResult } from '../study/trial.ts';
import type { TrainerSource } from '../trainers/open-trainer.ts';
import type { TrialsRequest } from '../trainers/train-trials.ts';
import { threadResources } from './thread-count.ts';
import {
  counters,
  type TrainingEnd,
  type TrainingMessage,
  type TrainingWork,
} from './training-work.ts';

export interface TrainingRequest extends TrialsRequest {
  readonly data: TrainingData;
}

export interface TrainingOptions {
  /** Whether `onMessage` receives states, from which training can resume. */
  readonly postStates?: boolean;
  /** Whether `onMessage` receives the rungs that members reach. */
  readonly postRungs?: boolean;
  /** Terminates the thread. */
  readonly signal?: AbortSignal;
}

/** A pack in training. */
export interface RunningTraining {
  /**
   * One result per trial, after the last message; null if `stop` was called.
   *
   * @throws RidgelineError of the trainer; the thread's error if it crashes
   */
  readonly finished: Promise<TrialResult[] | null>;
  /** Updates done. */
  step(): number;
  /** A counter that grows while the thread works. */
  progress(): number;
  /** What a module of a user has printed so far (`study/attempt-log.ts`); absent: nothing. */
  output?(): string;
  /** Stops after the running update, with a last state of each member. */
  stop(): void;
}

/** What trains packs: threads of Ridgeline's own trainers, or of modules of users. */
export interface TrainingThreads<Request extends TrialsRequest> extends AsyncDisposable {
  start(
    request: Request,
    onMessage: (message: TrainingMessage) => void,
    options?: TrainingOptions,
  ): RunningTraining;
}

/** Disposing of the pool waits until its threads have ended. */
export class TrainingPool implements TrainingThreads<TrainingRequest> {
  readonly #pool: Piscina<TrainingWork, TrainingEnd>;

  constructor(threads: number, source: TrainerSource) {
    this.#pool = new Piscina<TrainingWork, TrainingEnd>({
      // The extension of this file: .ts in the source tree, .js in a release.
      filename: new URL(`./trial-thread${extname(import.meta.url)}`, import.meta.url).href,
      name: 'runTraining',
      workerData: source,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      // A pack may arrive while the thread of an aborted one is being replaced.
      maxQueue: threads,
      atomics: 'disabled',
      // Kernels compute in their own memory, so a thread allocates little on the heap.
      resourceLimits: threadResources,
    });
    // A thread that ends while it is idle is replaced; a pack that needs it reports the error.
    this.#pool.on('error', () => undefined);
  }

  start(
    request: TrainingRequest,
    onMessage: (message: TrainingMessage) => void,
    options: TrainingOptions = {},
  ): RunningTraining {
    const control = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
    return {
      finished: this.#run(request, control, onMessage, options),
      progress: () => Atomics.load(control, counters.progress),
      step: () => Atomics.load(control, counters.step),
      stop: () => void Atomics.store(control, counters.stop, 1),
    };
  }

  async #run(
    { data, ...request }: TrainingRequest,
    control: Int32Array,
    onMessage: (message: TrainingMessage) => void,
    { postStates = false, postRungs = false, signal }: TrainingOptions,
  ): Promise<TrialResult[] | null> {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', onMessage);
    const closed = once(port1, 'close');
    try {
      const work = { request, data, postStates, postRungs, control, port: port2 };
      const options = signal === undefined ? {} : { signal };
      const end = await this.#pool.run(work, { ...options, transferList: [port2] });
      // The result arrives on another channel and may overtake the messages.
      await closed;
      if (end.kind === 'refused') throw new RidgelineError(end.code, end.what, end.fix);
      return end.kind === 'ended' ? end.results : null;
    } finally {
      port1.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}

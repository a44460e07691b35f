/**
 * Module threads: trains trials with modules of the user, each in a new thread and with its files in a new
 * folder. It has no queue: trials wait in the coordinator.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import type { TrialResult } from '../../study/trial.ts';
import { durationMs } from '../../base/duration.ts';
import { moduleSettings } from '../../trainers/module/settings.ts';
import { CommandFailure } from '../command/command-failure.ts';
import { commandEnvironment, withoutSecrets } from '../command/environment.ts';
import { removeFolder, type CommandHost } from '../command/run-trial.ts';
import { threadUnfit } from '../thread-unfit.ts';
import type {
  RunningTraining,
  TrainingOptions,
  TrainingRequest,
  TrainingThreads,
} from '../training-pool.ts';
import { counters, type TrainingMessage } from '../training-work.ts';
import { writeFiles } from './module-folder.ts';
import { runThread, type RunningThread, type ThreadEnd } from './run-thread.ts';

export interface ModuleRequest extends TrainingRequest {
  /** Contents of the files of the study, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface ModuleThreadsOptions extends CommandHost {
  /** Where folders are made. */
  readonly directory: string;
}

interface RunOptions extends TrainingOptions {
  readonly onStarted: (thread: RunningThread) => void;
}

/** Disposing of it ends its threads and removes their folders. */
export class ModuleThreads implements TrainingThreads<ModuleRequest>, AsyncDisposable {
  readonly #options: ModuleThreadsOptions;
  readonly #running = new Map<RunningThread, Promise<unknown>>();
  #folders = 0;

  constructor(options: ModuleThreadsOptions) {
    this.#options = options;
  }

  start(
    request: ModuleRequest,
    onMessage: (message: TrainingMessage) => void,
    options: TrainingOptions = {},
  ): RunningTraining {
    const control = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
    // A module that hangs ends at its own limits, `trainer.silence` and `trainer.timeout`.
    let beats = 0;
    let output = (): string => '';
    const onStarted = (thread: RunningThread): void => void ({ output } = thread);
    return {
      finished: this.#run(request, control, onMessage, { ...options, onStarted }),
      output: () => output(),
      progress: () => ++beats,
      step: () => Atomics.load(control, counters.step),
      stop: () => void Atomics.store(control, counters.stop, 1),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const thread of this.#running.keys()) thread.stop();
    await Promise.allSettled(this.#running.values());
  }

  async #run(
    { files, data, ...request }: ModuleRequest,
    control: Int32Array,
    onMessage: (message: TrainingMessage) => void,
    { postStates = false, postRungs = false, signal, onStarted }: RunOptions,
  ): Promise<TrialResult[] | null> {
    const { directory } = this.#options;
    this.#folders += 1;
    const folder = join(directory, `${process.pid}-module-${this.#folders}`);
    const settings = moduleSettings(request.settings);
    try {
      await writeFiles(folder, files);
      signal?.throwIfAborted();
      const { port1, port2 } = new MessageChannel();
      port1.on('message', onMessage);
      const closed = once(port1, 'close');
      const training = { request, data, postStates, postRungs, control, port: port2 };
      const thread = runThread(
        { folder, module: settings.module, work: { kind: 'train', training } },
        {
          heapMb: settings.heapMb,
          timeoutMs: durationMs(settings.timeout),
          silenceMs: durationMs(settings.silence),
          environment: commandEnvironment({ ...this.#options, folder, device: null }),
          transfer: [port2],
          progress: () => Atomics.load(control, counters.progress),
          blank: (text) => withoutSecrets(text, this.#options),
        },
      );
      onStarted(thread);
      const stop = (): void => thread.stop();
      signal?.addEventListener('abort', stop, { once: true });
      this.#running.set(thread, Promise.all([thread.ended, closed]));
      const end = await thread.ended;
      // The end arrives on another channel and may overtake the messages.
      await closed;
      this.#running.delete(thread);
      signal?.removeEventListener('abort', stop);
      signal?.throwIfAborted();
      return this.#results(end, settings.module, thread.output());
    } finally {
      await removeFolder(folder);
    }
  }

  #results(end: ThreadEnd, module: string, output: string): TrialResult[] | null {
    if (end.kind === 'ended') return end.results;
    if (end.kind === 'unfit') throw threadUnfit(end.cause);
    if (end.kind === 'stopped') return null;
    assert(end.kind === 'failed', 'a thread that trains declares nothing');
    const reason = withoutSecrets(`${module} ${end.reason}`, this.#options);
    throw new CommandFailure(reason, output);
  }
}

/**
 * Referee: a worker process on the coordinator's machine, which computes disputed trials. It is started when
 * there is a dispute, and leaves when all are settled. It shares the coordinator's cache of data.
 */
import type { Launcher } from '../../launch/launcher.ts';
import { LocalLauncher } from '../../launch/local.ts';
import { shardCacheDirectory, type Context } from '../process/context.ts';
import { programPath } from './local-workers.ts';

export class Referee {
  readonly #context: Context;
  readonly #cache: string;
  readonly #joinText = Promise.withResolvers<string>();
  #launcher: Launcher | null = null;
  #isStopped = false;

  constructor(context: Context, flags: { readonly cache?: string }) {
    this.#context = context;
    this.#cache = shardCacheDirectory(context, flags);
  }

  /** The coordinator listens. @param joinText with its own token */
  listening(joinText: string): void {
    this.#joinText.resolve(joinText);
  }

  /** Starts the worker; if an earlier one is still leaving, after its end. */
  start(): void {
    if (this.#isStopped) return;
    if (this.#launcher !== null && this.#launcher.count() > 0) {
      void this.#launcher.ended.then(() => this.start());
      return;
    }
    this.#launcher = new LocalLauncher({
      program: programPath(),
      joinText: this.#joinText.promise,
      workerArguments: ['--name', 'coordinator', '--threads', '1', '--cache', this.#cache],
      log: this.#context.log,
    });
    this.#launcher.start(1);
    // It is not replaced: without it, the majority of tokens decides.
    this.#launcher.stop('when-drained');
  }

  stop(): void {
    this.#isStopped = true;
    this.#launcher?.stop('kill');
  }
}

/**
 * Module runner: the trials that modules of users train on this worker, by pack. It runs a module only if
 * the operator of the worker allows it, with files that it fetches from the coordinator.
 */
import type { ShardCache } from '../../dataset/shards/shard-cache.ts';
import { programFiles } from '../../study/program-files.ts';
import { allowOption, meetsNeeds } from '../../study/program-needs.ts';
import { moduleNeeds, type ModuleSettings } from '../../trainers/module/settings.ts';
import { allowedNeeds } from '../command/allowance.ts';
import type { CommandPoolOptions } from '../command/command-pool.ts';
import { ProgramFiles } from '../command/program-files.ts';
import type { FetchShard } from '../dataset-holder.ts';
import { ThreadPool } from '../thread-pool.ts';
import type { TrainingRequest } from '../training-pool.ts';
import { ModuleThreads, type ModuleRequest } from './module-threads.ts';

export class ModuleRunner implements AsyncDisposable {
  readonly #allowance: CommandPoolOptions['allowance'];
  readonly #pool: ThreadPool<ModuleRequest>;
  readonly #files: ProgramFiles;

  constructor(options: CommandPoolOptions, cache: ShardCache) {
    this.#allowance = options.allowance;
    this.#pool = new ThreadPool(new ModuleThreads(options));
    this.#files = new ProgramFiles(cache);
  }

  /** A pool that trains with this module. A pack is returned if the module is not allowed. */
  using(settings: ModuleSettings, fetch: FetchShard): Pick<ThreadPool, 'train'> {
    return {
      train: async (pack, request, onMeasured, withRungs) => {
        const withFiles = this.#withFiles(settings, fetch, request);
        return await this.#pool.train(pack, withFiles, onMeasured, withRungs);
      },
    };
  }

  stop(pack: string, reason: string): void {
    this.#pool.stop(pack, reason);
  }

  progress(): Map<string, number> {
    return this.#pool.progress();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }

  async #withFiles(
    settings: ModuleSettings,
    fetch: FetchShard,
    request: TrainingRequest | Promise<TrainingRequest>,
  ): Promise<ModuleRequest> {
    const ready = await request;
    const needs = moduleNeeds(settings);
    if (!meetsNeeds(new Set(allowedNeeds(this.#allowance)), needs))
      throw new Error(`this worker was not started with ${allowOption(needs)}`);
    const files = new Map<string, Uint8Array>();
    for (const file of programFiles(settings))
      files.set(file.name, await this.#files.read(file, fetch));
    return { ...ready, files };
  }
}

/**
 * Pack runner: trains the packs of a worker, in its threads or with programs of users, on the data sets and
 * files that it fetches from the coordinator.
 */
import { assert } from '../base/assert.ts';
import type { ShardCache } from '../dataset/shards/shard-cache.ts';
import type { Assignment } from '../rpc/messages/messages.ts';
import type { DatasetReference } from '../study/spec/dataset-reference.ts';
import { trialName, type Measurement } from '../study/trial.ts';
import { commandSettings, isCommand } from '../trainers/command/settings.ts';
import { taskSeed } from '../trainers/command/task.ts';
import type { TrainerSource } from '../trainers/open-trainer.ts';
import {
  CommandPool,
  type CommandPoolOptions,
  type CommandRequest,
} from './command/command-pool.ts';
import { ProgramFiles } from './command/program-files.ts';
import { DatasetHolder, type FetchShard } from './dataset-holder.ts';
import { ThreadPool, type PackEnd } from './thread-pool.ts';
import type { TrainingRequest } from './training-pool.ts';

export interface PackRunnerOptions {
  readonly threads: number;
  readonly trainer: TrainerSource;
  /** Programs of users, and how they run. */
  readonly commands: CommandPoolOptions;
}

export class PackRunner implements AsyncDisposable {
  readonly #threads: ThreadPool;
  readonly #commands: CommandPool;
  readonly #data: DatasetHolder;
  readonly #files: ProgramFiles;

  private constructor({ threads, trainer, commands }: PackRunnerOptions, cache: ShardCache) {
    this.#threads = new ThreadPool(threads, trainer);
    this.#commands = new CommandPool(commands);
    this.#data = new DatasetHolder(cache);
    this.#files = new ProgramFiles(cache);
  }

  static async start(options: PackRunnerOptions, cache: ShardCache): Promise<PackRunner> {
    const runner = new PackRunner(options, cache);
    await runner.#commands.removeAbandoned();
    return runner;
  }

  /**
   * @param fetch throws if there is no connection
   * @throws if the trials, or their program, are the cause of a failure
   */
  async train(
    assignment: Assignment,
    fetch: FetchShard,
    onMeasured: (member: number, measurement: Measurement) => void,
  ): Promise<PackEnd> {
    const { pack, settings } = assignment;
    return isCommand(settings)
      ? await this.#commands.train(pack, this.#commandRequest(assignment, fetch), onMeasured)
      : await this.#threads.train(pack, this.#threadRequest(assignment, fetch), onMeasured);
  }

  /** Ends the training of a pack, also if it hangs. */
  stop(pack: string, reason: string): void {
    this.#threads.stop(pack, reason);
    this.#commands.stop(pack, reason);
  }

  /** A counter per running pack. It grows while the pack is trained. */
  progress(): Map<string, number> {
    return new Map([...this.#threads.progress(), ...this.#commands.progress()]);
  }

  /** Loads a data set into memory. @throws as `DatasetHolder.load` */
  async load(reference: DatasetReference, fetch: FetchShard): Promise<void> {
    // A trainer that reads its own data has none here.
    if (reference.shards.length > 0) await this.#data.load(reference, fetch);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#threads[Symbol.asyncDispose](),
      this.#commands[Symbol.asyncDispose](),
    ]);
  }

  async #threadRequest(assignment: Assignment, fetch: FetchShard): Promise<TrainingRequest> {
    const { dataset, seed, replicate, settings, measureTest, members } = assignment;
    const data = await this.#data.get(dataset, fetch);
    const params = members.map((member) => member.params);
    return { seed, replicate, settings, measureTest, params, data };
  }

  async #commandRequest(assignment: Assignment, fetch: FetchShard): Promise<CommandRequest> {
    const { seed, replicate, measureTest, members } = assignment;
    const settings = commandSettings(assignment.settings);
    const [member] = members;
    assert(member && members.length === 1, 'a program trains one trial');
    const { key, params } = member;
    const task = {
      contract: 1,
      trial: trialName(key.trial),
      attempt: key.attempt,
      replicate,
      seed: taskSeed(seed, replicate),
      parameters: { ...settings.parameters, ...params },
      from: null,
      to: settings.rungs.at(-1) ?? 1,
      test: measureTest,
      data: null,
      out: 'out',
    } as const;
    return { settings, task, file: async (file) => await this.#files.read(file, fetch) };
  }
}

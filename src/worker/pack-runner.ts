/**
 * Pack runner: trains the packs of a worker, in its threads or with programs of users, on the data sets and
 * files that it fetches from the coordinator.
 */
import type { ShardCache } from '../dataset/shards/shard-cache.ts';
import type { Assignment, Rung } from '../rpc/messages/messages.ts';
import type { DatasetReference } from '../study/spec/dataset-reference.ts';
import type { Measurement, TrialResult } from '../study/trial.ts';
import { isCommand } from '../trainers/command/settings.ts';
import type { DescribeTrainer } from '../study/trainer-description.ts';
import { noData } from '../trainers/module/module-data.ts';
import { isModule } from '../trainers/module/settings.ts';
import type { TrainerSource } from '../trainers/open-trainer.ts';
import type { CommandPoolOptions } from './command/command-pool.ts';
import { CommandRunner } from './command/command-runner.ts';
import { findStates } from './states/find-states.ts';
import { DatasetHolder, type FetchShard } from './dataset-holder.ts';
import {
  distinctScopes,
  hasRungs,
  ownPart,
  statesLeft,
  type LeftState,
  type Resumption,
  type StateScope,
} from './states/state-keys.ts';
import type { StateKeeper } from './states/state-keeper.ts';
import { ModuleRunner } from './module/module-runner.ts';
import { ThreadPool, type PackEnd } from './thread-pool.ts';
import { TrainingPool, type TrainingRequest } from './training-pool.ts';

/**
 * How a pack ended. `passed`: by member, the rung that it has passed from the first step; absent: none.
 * `output`: what a program of the user has printed (`study/attempt-log.ts`); absent: nothing.
 */
type RunEnd = { readonly output?: string } & (
  | Extract<PackEnd, { readonly kind: 'stopped' }>
  | {
      readonly kind: 'ended';
      readonly results: readonly TrialResult[];
      readonly passed: readonly (Rung | null)[];
      /** States at the rung to which it was trained; absent: none. */
      readonly left?: readonly LeftState[];
      /** Whether a state of another worker was wrong, so that it began with the first step. */
      readonly isRejected?: boolean;
    }
);

export interface PackRunnerOptions {
  readonly threads: number;
  readonly trainer: TrainerSource;
  readonly describeTrainer: DescribeTrainer;
  /** Programs of users, and how they run. */
  readonly commands: CommandPoolOptions;
  /** Most bytes of states of programs on disk. */
  readonly stateMax: number;
  /** The runner disposes of it. */
  readonly states: StateKeeper;
}

export class PackRunner implements AsyncDisposable {
  readonly #threads: ThreadPool;
  readonly #modules: ModuleRunner;
  readonly #commands: CommandRunner;
  readonly #data: DatasetHolder;
  readonly #states: StateKeeper;
  readonly #describe: DescribeTrainer;

  private constructor(
    { threads, trainer, states, describeTrainer }: PackRunnerOptions,
    commands: CommandRunner,
    modules: ModuleRunner,
    cache: ShardCache,
  ) {
    this.#states = states;
    this.#describe = describeTrainer;
    this.#threads = new ThreadPool(new TrainingPool(threads, trainer));
    this.#modules = modules;
    this.#commands = commands;
    this.#data = new DatasetHolder(cache);
  }

  static async start(options: PackRunnerOptions, cache: ShardCache): Promise<PackRunner> {
    const { stateMax } = options;
    const commands = await CommandRunner.start({ ...options.commands, stateMax }, cache);
    const modules = new ModuleRunner(options.commands, cache);
    return new PackRunner(options, commands, modules, cache);
  }

  /**
   * @param fetch throws if there is no connection
   * @throws if the trials, or their program, are the cause of a failure
   */
  async train(
    assignment: Assignment,
    fetch: FetchShard,
    onMeasured: (member: number, measurement: Measurement) => void,
  ): Promise<RunEnd> {
    const { pack, settings } = assignment;
    if (isCommand(settings)) return await this.#commands.train(assignment, fetch, onMeasured);
    let resumption: Resumption | null = null;
    const { metrics } = this.#describe(settings);
    const resumed = findStates(assignment, this.#states, fetch, metrics);
    const request = resumed.then(async (found) => {
      resumption = found;
      return await this.#request(assignment, fetch, found);
    });
    const pool = isModule(settings) ? this.#modules.using(settings, fetch) : this.#threads;
    const end = await pool.train(pack, request, onMeasured, hasRungs(assignment));
    if (end.kind === 'stopped') return end;
    const left = statesLeft(assignment, end.rungs, end.results);
    for (const { key, scope, state } of left) this.#states.put(key, scope, state);
    const own = ownPart(assignment, end, end.isRejected ? null : resumption);
    const { output = '', isRejected } = end;
    return { kind: 'ended', ...own, left, isRejected, output };
  }

  /** Ends the training of a pack, also if it hangs. */
  stop(pack: string, reason: string): void {
    this.#threads.stop(pack, reason);
    this.#modules.stop(pack, reason);
    this.#commands.stop(pack, reason);
  }

  /** A counter per running pack. It grows while the pack is trained. */
  progress(): Map<string, number> {
    const pools = [this.#threads, this.#modules, this.#commands];
    return new Map(pools.flatMap((pool) => [...pool.progress()]));
  }

  /** The stages for which states are kept. */
  keptStages(): StateScope[] {
    return distinctScopes([...this.#states.scopes(), ...this.#commands.keptStages()]);
  }

  /** Drops the states of a stage. */
  release(stage: StateScope): void {
    this.#states.release(stage);
    void this.#commands.release(stage);
  }

  /** Loads a data set into memory. @throws as `DatasetHolder.load` */
  async load(reference: DatasetReference, fetch: FetchShard): Promise<void> {
    // A trainer that reads its own data has none here.
    if (reference.shards.length > 0) await this.#data.load(reference, fetch);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#threads[Symbol.asyncDispose](),
      this.#modules[Symbol.asyncDispose](),
      this.#commands[Symbol.asyncDispose](),
    ]);
    await this.#states[Symbol.asyncDispose]();
  }

  async #request(
    assignment: Assignment,
    fetch: FetchShard,
    resumption: Resumption | null,
  ): Promise<TrainingRequest> {
    const { dataset, seed, replicate, settings, measureTest, members, toStep } = assignment;
    const hasData = !isModule(settings) || settings.declares.data;
    const data = hasData ? await this.#data.get(dataset, fetch) : noData;
    const params = members.map((member) => member.params);
    const [end, resume] = [toStep === 0 ? undefined : toStep, resumption?.states];
    return { seed, replicate, settings, measureTest, params, data, toStep: end, resume };
  }
}

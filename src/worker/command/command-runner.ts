/**
 * Command runner: trains the packs of a worker whose trainer is a program of the user.
 *
 * A trial that is trained to a rung, or from one, is trained from rung to rung if its command resumes: from
 * the state at its last rung if this worker has kept it, or else from step 0. Other trials are trained by one
 * process, from step 0.
 */
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import type { ShardCache } from '../../dataset/shards/shard-cache.ts';
import type { Assignment, Rung } from '../../rpc/messages/messages.ts';
import { trialName, type Measurement, type TrialResult } from '../../study/trial.ts';
import { commandSettings } from '../../trainers/command/settings.ts';
import { wholeTask } from '../../trainers/command/task.ts';
import type { FetchShard } from '../dataset-holder.ts';
import {
  hasRungs,
  stateKey,
  stateName,
  statesWanted,
  type StateScope,
} from '../states/state-keys.ts';
import { CommandPool, type CommandPoolOptions, type CommandRequest } from './command-pool.ts';
import { ProgramFiles } from './program-files.ts';
import { StateFolders } from './state-folders.ts';

/** How a pack ended. `passed`: as in `PackRunner`. */
export type CommandPackEnd =
  | { readonly kind: 'stopped'; readonly reason: string; readonly output?: string }
  | {
      readonly kind: 'ended';
      readonly results: readonly TrialResult[];
      readonly passed: readonly (Rung | null)[];
      readonly output: string;
    };

export interface CommandRunnerOptions extends CommandPoolOptions {
  /** Most bytes of states on disk. */
  readonly stateMax: number;
}

/** Disposing stops the processes, and removes the states. */
export class CommandRunner implements AsyncDisposable {
  readonly #pool: CommandPool;
  readonly #files: ProgramFiles;
  readonly #states: StateFolders;

  private constructor(options: CommandRunnerOptions, cache: ShardCache) {
    this.#pool = new CommandPool(options);
    this.#files = new ProgramFiles(cache);
    const { directory, stateMax } = options;
    this.#states = new StateFolders(join(directory, `${process.pid}-states`), stateMax);
  }

  static async start(options: CommandRunnerOptions, cache: ShardCache): Promise<CommandRunner> {
    const runner = new CommandRunner(options, cache);
    await runner.#pool.removeAbandoned();
    return runner;
  }

  /** @throws CommandFailure if the program fails */
  async train(
    assignment: Assignment,
    fetch: FetchShard,
    onMeasured: (member: number, measurement: Measurement) => void,
  ): Promise<CommandPackEnd> {
    const { pack, members } = assignment;
    const [member] = members;
    assert(member && members.length === 1, 'a program trains one trial');
    const request = this.#request(assignment, fetch);
    const end = await this.#pool.train(pack, request, (point) => onMeasured(0, point));
    if (end.kind === 'stopped') return end;
    const passed = end.rungs.find(({ step }) => step === member.rung?.step) ?? null;
    return { kind: 'ended', results: [end.result], passed: [passed], output: end.output };
  }

  stop(pack: string, reason: string): void {
    this.#pool.stop(pack, reason);
  }

  /** The stages for which states are kept. */
  keptStages(): StateScope[] {
    return this.#states.scopes();
  }

  /** Removes the states of a stage. */
  async release(stage: StateScope): Promise<void> {
    await this.#states.release(stage);
  }

  progress(): Map<string, number> {
    return this.#pool.progress();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
    await this.#states[Symbol.asyncDispose]();
  }

  #request(assignment: Assignment, fetch: FetchShard): CommandRequest {
    const { seed, replicate, measureTest, members, toStep } = assignment;
    const settings = commandSettings(assignment.settings);
    const [member] = members;
    assert(member, 'a pack has members');
    const { key, params } = member;
    const names = { trial: trialName(key.trial), attempt: key.attempt, replicate };
    const task = wholeTask({ settings, seed, ...names, params, test: measureTest });
    const fromRung = settings.resumes && hasRungs(assignment);
    const [wanted] = fromRung ? (statesWanted(assignment) ?? []) : [];
    const start = wanted === undefined ? null : this.#states.find(stateName(wanted));
    const to = toStep === 0 ? task.end : toStep;
    const steps = fromRung
      ? settings.rungs.filter((step) => step > (start?.step ?? 0) && step <= to)
      : [to];
    return {
      settings,
      task,
      steps,
      start,
      file: async (file) => await this.#files.read(file, fetch),
      keep: async (state, reached) => {
        if (toStep === 0) return;
        const scope = { study: key.study, stage: key.trial.stage };
        await this.#states.keep(stateName(stateKey(assignment, 0, reached)), scope, state);
      },
    };
  }
}

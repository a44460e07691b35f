/**
 * Command pool: the trials that programs of the user train on this worker, by pack, one process each. It
 * has no queue: trials wait in the coordinator.
 *
 * The Piscina threads of the worker are not used: a program is a separate process.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import { errorMessage } from '../../base/errors.ts';
import { allowOption } from '../../study/program-needs.ts';
import type { Rung } from '../../rpc/messages/messages.ts';
import type { Measurement, TrialResult } from '../../study/trial.ts';
import { programFiles, type ProgramFile } from '../../study/program-files.ts';
import { commandNeeds, type CommandSettings } from '../../trainers/command/settings.ts';
import type { CommandTask } from '../../trainers/command/task.ts';
import { allowedWords, type Allowance } from './allowance.ts';
import { CommandFailure } from './command-failure.ts';
import { removeFolder, type CommandHost } from './run-trial.ts';
import { trainRungs, type CommandState, type RunningRungs } from './train-rungs.ts';

export interface CommandPoolOptions extends CommandHost {
  readonly allowance: Allowance;
  /** Processes at the same time. */
  readonly slots: number;
  /** Memory of the machine, in bytes; 0: unknown. */
  readonly memory: number;
  /** Values of `CUDA_VISIBLE_DEVICES` by slot; empty: that of the worker. */
  readonly devices: readonly string[];
  /** Where working folders are made. */
  readonly directory: string;
}

export interface CommandRequest {
  readonly settings: CommandSettings;
  /** That of the whole training. */
  readonly task: CommandTask;
  /** Steps at which processes end; the first one begins at `start`, or at step 0. */
  readonly steps: readonly number[];
  readonly start: CommandState | null;
  /** Reads a file of the study. */
  readonly file: (file: ProgramFile) => Promise<Uint8Array>;
  /** Called with the state at the last step, before the working folder is removed. */
  readonly keep: (state: CommandState, reached: Rung) => Promise<void>;
}

export type CommandEnd =
  | {
      readonly kind: 'ended';
      readonly result: TrialResult;
      /** The steps that were reached. */
      readonly rungs: readonly Rung[];
      /** What the program has printed. */
      readonly output: string;
    }
  | { readonly kind: 'stopped'; readonly reason: string; readonly output?: string };

interface RunningPack {
  readonly slot: number;
  readonly stopped: PromiseWithResolvers<string>;
  run: RunningRungs | null;
  /** How often the pack's progress was read while it ran. */
  beats: number;
}

/** Disposing of the pool stops its processes and waits until they have ended. */
export class CommandPool implements AsyncDisposable {
  readonly #options: CommandPoolOptions;
  readonly #running = new Map<string, RunningPack>();
  readonly #ending = new Set<Promise<unknown>>();
  #folders = 0;

  constructor(options: CommandPoolOptions) {
    this.#options = options;
  }

  /** Removes working folders of workers that were killed. */
  async removeAbandoned(): Promise<void> {
    const { directory } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(directory)) {
      const owner = Number(name.split('-')[0]);
      if (Number.isInteger(owner) && !isAlive(owner)) await removeFolder(join(directory, name));
    }
  }

  /**
   * If a file cannot be read, the pack is `stopped`.
   *
   * @throws CommandFailure if the program fails
   */
  async train(
    name: string,
    request: CommandRequest,
    onMeasured: (measurement: Measurement) => void,
  ): Promise<CommandEnd> {
    assert(!this.#running.has(name), () => `pack ${name} runs once`);
    const pack: RunningPack = {
      slot: this.#freeSlot(),
      stopped: Promise.withResolvers(),
      run: null,
      beats: 0,
    };
    this.#running.set(name, pack);
    const work = this.#run(pack, request, onMeasured);
    this.#ending.add(work);
    try {
      return await work;
    } finally {
      this.#ending.delete(work);
      this.#running.delete(name);
    }
  }

  stop(name: string, reason: string): void {
    const pack = this.#running.get(name);
    pack?.stopped.resolve(reason);
    pack?.run?.stop();
  }

  has(name: string): boolean {
    return this.#running.has(name);
  }

  /**
   * A counter per running pack. It grows as long as the process runs: a process that hangs ends at its own
   * limits, `trainer.silence` and `trainer.timeout`.
   */
  progress(): Map<string, number> {
    const found = new Map<string, number>();
    for (const [name, pack] of this.#running) {
      if (pack.run !== null) pack.beats += 1;
      found.set(name, pack.beats);
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#running.keys()) this.stop(name, 'the worker is stopping');
    await Promise.allSettled(this.#ending);
  }

  async #run(
    pack: RunningPack,
    { file: readFile, keep, ...training }: CommandRequest,
    onMeasured: (measurement: Measurement) => void,
  ): Promise<CommandEnd> {
    const { allowance, devices, directory } = this.#options;
    const { settings } = training;
    const files = new Map<string, Uint8Array>();
    try {
      for (const file of programFiles(settings)) files.set(file.name, await readFile(file));
    } catch (error) {
      return { kind: 'stopped', reason: errorMessage(error) };
    }
    const needs = commandNeeds(settings);
    const words = allowedWords(allowance, settings.command, needs);
    if (words === null)
      return { kind: 'stopped', reason: `this worker was not started with ${allowOption(needs)}` };
    this.#folders += 1;
    const folder = join(directory, `${process.pid}-${this.#folders}`);
    const device = devices[pack.slot] ?? null;
    try {
      pack.run = trainRungs(
        { ...training, words, files, folder, device },
        this.#options,
        onMeasured,
      );
      void pack.stopped.promise.then(() => pack.run?.stop());
      const end = await pack.run.ended;
      const { output } = end;
      if (end.kind === 'trained') {
        const reached = end.rungs.at(-1);
        if (end.state !== null && reached !== undefined) await keep(end.state, reached);
        return { kind: 'ended', result: end.result, rungs: end.rungs, output };
      }
      if (end.kind === 'failed')
        throw new CommandFailure(withLastLine(end.reason, end.log), output);
      if (end.kind === 'unfit') return { kind: 'stopped', reason: end.reason, output };
      return { kind: 'stopped', reason: await pack.stopped.promise, output };
    } finally {
      await removeFolder(folder);
    }
  }

  #freeSlot(): number {
    const taken = new Set([...this.#running.values()].map(({ slot }) => slot));
    let slot = 0;
    while (taken.has(slot)) slot += 1;
    return slot;
  }
}

/** Of the last line, which mostly says what is wrong: `ValueError: …`. */
const lastLineMax = 300;

function withLastLine(reason: string, log: string): string {
  const last = log.trimEnd().split('\n').at(-1)?.trim().slice(0, lastLineMax) ?? '';
  return last === '' ? reason : `${reason}: ${last}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

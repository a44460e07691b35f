/**
 * State keeper: the states of trials at rungs that this worker has trained them to, so that later attempts
 * continue from there.
 *
 * States are in memory. The ones that were used least recently go to disk if they take too much memory, and
 * long trainings go there at once, for the case that the process is killed. A state that is nowhere any more
 * costs time only: its trial is trained from the first step again.
 */
import { StateFolder } from './state-folder.ts';
import {
  distinctScopes,
  stateName,
  type KeptState,
  type StateKey,
  type StateScope,
} from './state-keys.ts';

export interface StateKeeperOptions {
  /** Default: 256 MiB. */
  readonly memoryMax?: number;
  /** Where the folder of this process is made; null: states are in memory only. */
  readonly directory: string | null;
  /** Bytes on disk; 0: none. */
  readonly diskMax: number;
  /** Called once if the disk cannot be used. */
  readonly warn: (text: string) => void;
}

interface InMemory {
  readonly scope: StateScope;
  readonly state: KeptState;
}

const memoryDefault = 256 * 1024 * 1024;
/** States that took so long to reach are written to disk at once. */
const longSeconds = 10;

/** Disposing of the keeper removes its states. */
export class StateKeeper implements AsyncDisposable {
  readonly #memoryMax: number;
  readonly #disk: StateFolder | null;
  /** In the order of their last use. */
  readonly #states = new Map<string, InMemory>();
  #bytes = 0;
  /** States on their way to the disk; they can be used meanwhile. */
  readonly #writing = new Map<string, InMemory>();
  #writingBytes = 0;
  /** Changes of the disk run one after another. */
  #lastChange: Promise<unknown> = Promise.resolve();

  private constructor(options: StateKeeperOptions) {
    const { memoryMax = memoryDefault, directory, diskMax, warn } = options;
    this.#memoryMax = memoryMax;
    this.#disk =
      directory === null || diskMax === 0 ? null : new StateFolder(directory, diskMax, warn);
  }

  /** Takes over the states of workers on this machine that were killed. */
  static async open(options: StateKeeperOptions): Promise<StateKeeper> {
    const keeper = new StateKeeper(options);
    await keeper.#disk?.takeOver();
    return keeper;
  }

  /** Keeps a state. Returns at once; writing to disk follows. */
  put(key: StateKey, scope: StateScope, state: KeptState): void {
    const name = stateName(key);
    this.#remove(name);
    this.#states.set(name, { scope, state });
    this.#bytes += state.bytes.length;
    if (state.seconds >= longSeconds) this.#write(name, { scope, state });
    for (const [oldest, entry] of this.#states) {
      if (this.#bytes <= this.#memoryMax) return;
      this.#remove(oldest);
      if (this.#disk?.has(oldest) === false) this.#write(oldest, entry);
    }
  }

  /** @returns null if the state is not kept, or is damaged */
  async get(key: StateKey): Promise<KeptState | null> {
    const name = stateName(key);
    const entry = this.#states.get(name);
    if (entry !== undefined) {
      this.#states.delete(name);
      this.#states.set(name, entry);
      return entry.state;
    }
    return this.#writing.get(name)?.state ?? (await this.#disk?.read(name)) ?? null;
  }

  /** Removes the states of a stage, which has closed. */
  release(scope: StateScope): void {
    for (const [name, { scope: own }] of this.#states) if (isSame(own, scope)) this.#remove(name);
    this.#change(async (disk) => {
      for (const name of disk.namesOf(scope)) await disk.remove(name);
    });
  }

  /** The stages that have states here. */
  scopes(): StateScope[] {
    const inMemory = [...this.#states.values(), ...this.#writing.values()];
    return distinctScopes([...inMemory.map(({ scope }) => scope), ...(this.#disk?.scopes() ?? [])]);
  }

  /** Bytes of the states in memory and on disk. */
  get bytes(): number {
    return this.#bytes + this.#writingBytes + (this.#disk?.bytes ?? 0);
  }

  /** Resolves when all earlier changes of the disk have been made. */
  async settled(): Promise<void> {
    await this.#lastChange;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#states.clear();
    this.#bytes = 0;
    await this.#lastChange;
    await this.#disk?.[Symbol.asyncDispose]();
  }

  #write(name: string, entry: InMemory): void {
    const { length } = entry.state.bytes;
    // A slow disk must not fill the memory.
    if (this.#writing.has(name) || this.#writingBytes + length > memoryDefault) return;
    this.#writing.set(name, entry);
    this.#writingBytes += length;
    this.#change(async (disk) => {
      await disk.write(name, entry.scope, entry.state);
      this.#writing.delete(name);
      this.#writingBytes -= length;
    });
  }

  #change(work: (disk: StateFolder) => Promise<void>): void {
    const disk = this.#disk;
    if (disk === null) return;
    this.#lastChange = this.#lastChange.then(async () => await work(disk));
  }

  #remove(name: string): void {
    this.#bytes -= this.#states.get(name)?.state.bytes.length ?? 0;
    this.#states.delete(name);
  }
}

function isSame(a: StateScope, b: StateScope): boolean {
  return a.study === b.study && a.stage === b.stage;
}

/**
 * State folders: the states that commands have saved at rungs, as files or folders on the worker's disk, so
 * that later attempts continue from there. If they take too much space, the ones that were used least recently
 * are removed; their trials are trained from step 0 again.
 */
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateScope } from '../states/state-keys.ts';
import { removeFolder } from './run-trial.ts';
import type { CommandState } from './train-rungs.ts';

interface KeptFolder {
  readonly scope: StateScope;
  readonly state: CommandState;
  readonly bytes: number;
}

/** Disposing removes all states. */
export class StateFolders implements AsyncDisposable {
  readonly #directory: string;
  readonly #bytesMax: number;
  /** In the order of their last use. */
  readonly #kept = new Map<string, KeptFolder>();
  #bytes = 0;

  /** @param directory created with the first state */
  constructor(directory: string, bytesMax: number) {
    this.#directory = directory;
    this.#bytesMax = bytesMax;
  }

  find(key: string): CommandState | null {
    const found = this.#kept.get(key);
    if (found === undefined) return null;
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.state;
  }

  /**
   * Moves a state here. One that cannot be moved is not kept.
   *
   * @param key the name of its file or folder
   */
  async keep(key: string, scope: StateScope, state: CommandState): Promise<void> {
    const path = join(this.#directory, key);
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await this.#remove(key);
      await rename(state.path, path);
      const bytes = await bytesOf(path);
      this.#kept.set(key, { scope, state: { ...state, path }, bytes });
      this.#bytes += bytes;
    } catch {
      return;
    }
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      await this.#remove(oldest);
    }
  }

  /** The stages that have states here. */
  scopes(): StateScope[] {
    return [...this.#kept.values()].map(({ scope }) => scope);
  }

  /** Removes the states of a stage, which has closed. */
  async release({ study, stage }: StateScope): Promise<void> {
    for (const [key, { scope }] of this.#kept)
      if (scope.study === study && scope.stage === stage) await this.#remove(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kept.clear();
    await removeFolder(this.#directory);
  }

  async #remove(key: string): Promise<void> {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
    await removeFolder(join(this.#directory, key));
  }
}

async function bytesOf(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) return found.size;
  let bytes = 0;
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  return bytes;
}

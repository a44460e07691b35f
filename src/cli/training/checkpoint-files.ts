/**
 * Checkpoint files: states of a training run below the state directory, as
 * `training/NAME-KEY/seed-1-step-1000.checkpoint`.
 *
 * The key is a digest of what is trained, so two recipes with one name do not overwrite each other. A file
 * is complete or absent: it is written under a temporary name, flushed, and renamed.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { RidgelineError, messageOf } from '../../base/errors.ts';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  type TrainingIdentity,
} from '../../trainers/checkpoint.ts';
import type { TrainingState } from '../../trainers/train-trials.ts';

export class CheckpointFiles implements Disposable {
  readonly #root: string;
  readonly #name: string;
  readonly #folder: string;

  /** @param identity of any seed of the training */
  constructor(stateDir: string, name: string, identity: TrainingIdentity) {
    this.#root = join(stateDir, 'training');
    this.#name = name;
    this.#folder = join(this.#root, `${name}-${keyFrom(identity)}`);
  }

  /**
   * Locks the checkpoints for this process; replaces the lock of a process that has ended.
   *
   * @throws RidgelineError STATE_LOCKED, STATE_UNWRITABLE
   */
  lock(): void {
    const path = `${this.#folder}.lock`;
    try {
      mkdirSync(this.#root, { recursive: true, mode: 0o700 });
      const owner = existsSync(path) ? Number(readFileSync(path, 'utf8')) : null;
      if (owner !== null && isRunning(owner)) throw lockedBy(owner, this.#name, path);
      writeFileSync(path, String(process.pid));
    } catch (error) {
      throw error instanceof RidgelineError ? error : unwritable(path, error);
    }
  }

  [Symbol.dispose](): void {
    const path = `${this.#folder}.lock`;
    if (existsSync(path) && readFileSync(path, 'utf8') === String(process.pid)) rmSync(path);
  }

  /** Whether an interrupted training has left checkpoints. */
  get exist(): boolean {
    return this.#saved().length > 0;
  }

  /** @param keep whether the seed's checkpoint of an earlier step stays */
  save(identity: TrainingIdentity, state: TrainingState, keep: (step: number) => boolean): void {
    const path = this.#path(identity.seed, state.step);
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeAtomically(path, encodeCheckpoint(identity, state));
    } catch (error) {
      throw unwritable(path, error);
    }
    for (const { seed, step } of this.#saved()) {
      if (seed === identity.seed && step < state.step && !keep(step))
        rmSync(this.#path(seed, step), { force: true });
    }
  }

  /**
   * The seed's last state; null if it has none.
   *
   * @throws RidgelineError STATE_DAMAGED
   */
  newest(identity: TrainingIdentity): TrainingState | null {
    const steps = this.#saved().filter(({ seed }) => seed === identity.seed);
    if (steps.length === 0) return null;
    return this.at(identity, Math.max(...steps.map(({ step }) => step)));
  }

  /** @throws RidgelineError STATE_DAMAGED */
  at(identity: TrainingIdentity, step: number): TrainingState {
    const path = this.#path(identity.seed, step);
    const read = decodeCheckpoint(readFileSync(path), identity);
    if (read.kind === 'state') return read.state;
    throw new RidgelineError(
      'STATE_DAMAGED',
      read.kind === 'damaged'
        ? `The checkpoint ${path} is damaged: ${read.reason}. Training cannot resume from it.`
        : `The checkpoint ${path} belongs to another training: it differs in ${read.fields.join(', ')}.`,
      'Delete this file to resume from the checkpoint before it, or train without --resume to start over.',
    );
  }

  /** The error when there is no checkpoint to resume; often the recipe was changed. */
  nothingToResume(identity: TrainingIdentity): RidgelineError {
    const others = listFolder(this.#root).filter(
      (name) => name.slice(0, -13) === this.#name && /-[0-9a-f]{12}$/.test(name),
    );
    for (const folder of others) {
      const file = listFolder(join(this.#root, folder)).find((name) => parseName(name) !== null);
      if (file === undefined) continue;
      const read = decodeCheckpoint(readFileSync(join(this.#root, folder, file)), identity);
      const differing = read.kind === 'other' ? read.fields.filter((f) => f !== 'seed') : [];
      if (differing.length === 0) continue;
      return new RidgelineError(
        'STATE_DAMAGED',
        `The checkpoints of ${this.#name} in ${join(this.#root, folder)} belong to another recipe: it differs in ${differing.join(', ')}.`,
        'Undo the change to resume that training, or train without --resume to start this one.',
      );
    }
    return new RidgelineError(
      'TRIAL_UNKNOWN',
      `There is no checkpoint of ${this.#name} in ${this.#root}: no training of it was interrupted.`,
      'Train without --resume, or give the --state directory of the interrupted training.',
    );
  }

  /** Deletes all checkpoints of this training. */
  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #path(seed: number, step: number): string {
    return join(this.#folder, `seed-${seed}-step-${step}.checkpoint`);
  }

  #saved(): { readonly seed: number; readonly step: number }[] {
    return listFolder(this.#folder).flatMap((name) => parseName(name) ?? []);
  }
}

function unwritable(path: string, error: unknown): RidgelineError {
  return new RidgelineError(
    'STATE_UNWRITABLE',
    `${path} cannot be written, so the training could not be resumed: ${messageOf(error)}.`,
    'Free some disk space, or give a writable directory with --state.',
    { cause: error },
  );
}

function lockedBy(owner: number, name: string, path: string): RidgelineError {
  return new RidgelineError(
    'STATE_LOCKED',
    `${name} is already being trained by process ${owner}.`,
    `Wait for it, give another directory with --state, or delete ${path} if that process is another program.`,
  );
}

function isRunning(owner: number): boolean {
  if (owner === process.pid || !Number.isSafeInteger(owner) || owner < 1) return false;
  try {
    process.kill(owner, 0); // Signal 0 only tests whether the process exists.
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function keyFrom({ dataset, trainer, params, replicate }: TrainingIdentity): string {
  return sha256(JSON.stringify([dataset, trainer, params, replicate])).slice(0, 12);
}

function parseName(file: string): { seed: number; step: number } | null {
  const found = /^seed-(?<seed>\d+)-step-(?<step>\d+)\.checkpoint$/.exec(file)?.groups;
  return found === undefined ? null : { seed: Number(found['seed']), step: Number(found['step']) };
}

function listFolder(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function writeAtomically(path: string, pieces: readonly Uint8Array[]): void {
  const temporary = `${path}.partial`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length;) at += writeSync(file, piece, at);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

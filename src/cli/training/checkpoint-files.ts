/**
 * Checkpoints on disk, below the state directory: `training/NAME-KEY/seed-1-step-1000.checkpoint`.
 *
 * The key is a digest of what is trained, so that two recipes of one name do not spoil each other's. A
 * file is whole or not there: written beside its place, flushed, and renamed.
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
} from '../../trainers/two-layer/checkpoint.ts';
import type { TrainingState } from '../../trainers/two-layer/train-pack.ts';

export class CheckpointFiles implements Disposable {
  readonly #root: string;
  readonly #name: string;
  readonly #folder: string;

  /** @param identity of any of its seeds */
  constructor(stateDir: string, name: string, identity: TrainingIdentity) {
    this.#root = join(stateDir, 'training');
    this.#name = name;
    this.#folder = join(this.#root, `${name}-${keyOf(identity)}`);
  }

  /**
   * Two processes would delete each other's checkpoints. The mark of one that died is taken over.
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

  /** Whether a start of this training was cut off. */
  get exist(): boolean {
    return this.#stepsBySeed().length > 0;
  }

  /** @param keep whether the seed's earlier ones stay */
  save(identity: TrainingIdentity, state: TrainingState, keep: (step: number) => boolean): void {
    const path = this.#pathOf(identity.seed, state.step);
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeWhole(path, encodeCheckpoint(identity, state));
    } catch (error) {
      throw unwritable(path, error);
    }
    for (const { seed, step } of this.#stepsBySeed()) {
      if (seed === identity.seed && step < state.step && !keep(step))
        rmSync(this.#pathOf(seed, step), { force: true });
    }
  }

  /**
   * The seed's last state; null where it has none.
   *
   * @throws RidgelineError STATE_DAMAGED
   */
  newest(identity: TrainingIdentity): TrainingState | null {
    const steps = this.#stepsBySeed().filter(({ seed }) => seed === identity.seed);
    const last = Math.max(...steps.map(({ step }) => step));
    return steps.length === 0 ? null : this.at(identity, last);
  }

  /** @throws RidgelineError STATE_DAMAGED */
  at(identity: TrainingIdentity, step: number): TrainingState {
    const path = this.#pathOf(identity.seed, step);
    const read = decodeCheckpoint(readFileSync(path), identity);
    if (read.kind === 'state') return read.state;
    throw new RidgelineError(
      'STATE_DAMAGED',
      read.kind === 'damaged'
        ? `The checkpoint ${path} is damaged: ${read.reason}. Training does not go on from it.`
        : `The checkpoint ${path} is of another training: it differs in ${read.fields.join(', ')}.`,
      'Delete this file to go on from the one before it, or train without --resume to begin again.',
    );
  }

  /** What to say when there is nothing to resume: a recipe that was changed is the usual reason. */
  whyNone(identity: TrainingIdentity): RidgelineError {
    const others = namesIn(this.#root).filter(
      (name) => name.slice(0, -13) === this.#name && /-[0-9a-f]{12}$/.test(name),
    );
    for (const folder of others) {
      const file = namesIn(join(this.#root, folder)).find((name) => seedAndStep(name) !== null);
      if (file === undefined) continue;
      const read = decodeCheckpoint(readFileSync(join(this.#root, folder, file)), identity);
      const differing = read.kind === 'other' ? read.fields.filter((f) => f !== 'seed') : [];
      if (differing.length === 0) continue;
      return new RidgelineError(
        'STATE_DAMAGED',
        `The checkpoints of ${this.#name} in ${join(this.#root, folder)} are of another recipe: it differs in ${differing.join(', ')}.`,
        'Undo the change to resume that training, or train without --resume to begin this one.',
      );
    }
    return new RidgelineError(
      'TRIAL_UNKNOWN',
      `There is no checkpoint of ${this.#name} in ${this.#root}: no start of it was cut off.`,
      'Train without --resume, or name the folder that --state named then.',
    );
  }

  /** When the training has its result, or begins again. */
  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #pathOf(seed: number, step: number): string {
    return join(this.#folder, `seed-${seed}-step-${step}.checkpoint`);
  }

  #stepsBySeed(): { readonly seed: number; readonly step: number }[] {
    return namesIn(this.#folder).flatMap((name) => seedAndStep(name) ?? []);
  }
}

function unwritable(path: string, error: unknown): RidgelineError {
  return new RidgelineError(
    'STATE_UNWRITABLE',
    `${path} cannot be written, so the training could not be resumed: ${messageOf(error)}.`,
    'Give a folder with room, and that you may write to, with --state.',
    { cause: error },
  );
}

function lockedBy(owner: number, name: string, path: string): RidgelineError {
  return new RidgelineError(
    'STATE_LOCKED',
    `${name} is being trained already, by process ${owner}.`,
    `Wait for it, give another folder with --state, or delete ${path} if that process is another program.`,
  );
}

function isRunning(owner: number): boolean {
  if (owner === process.pid || !Number.isSafeInteger(owner) || owner < 1) return false;
  try {
    process.kill(owner, 0); // Signal 0 only asks.
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function keyOf({ dataset, shape, trainer, lambda, replicate }: TrainingIdentity): string {
  return sha256(JSON.stringify([dataset, shape, trainer, lambda, replicate])).slice(0, 12);
}

function seedAndStep(file: string): { seed: number; step: number } | null {
  const found = /^seed-(?<seed>\d+)-step-(?<step>\d+)\.checkpoint$/.exec(file)?.groups;
  return found === undefined ? null : { seed: Number(found['seed']), step: Number(found['step']) };
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function writeWhole(path: string, pieces: readonly Uint8Array[]): void {
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

/**
 * Checkpoint files: states of a training run below the state directory, as
 * `training/NAME-KEY/seed-1-step-1000.checkpoint`.
 *
 * The key is a digest of what is trained, so two recipes with one name do not overwrite each other. A file
 * is complete or absent: it is written under a temporary name, flushed, and renamed.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { tryLock } from '../../base/file-lock.ts';
import { makeFolders } from '../../base/make-folders.ts';
import { toSnake } from '../../study/spec/case-codec.ts';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  type TrainingIdentity,
} from '../../trainers/checkpoint.ts';
import type { TrainingState } from '../../trainers/train-trials.ts';
import type { TrainingChoice } from './training-choice.ts';

export class CheckpointFiles implements Disposable {
  readonly #root: string;
  readonly #name: string;
  readonly #identity: Omit<TrainingIdentity, 'seed'>;
  readonly #folder: string;
  readonly #lockFile: string;
  #lock: Disposable | null = null;

  /** @param dataset key of the data set (`study/spec/dataset-reference.ts`) */
  constructor(stateDir: string, choice: TrainingChoice, dataset: string) {
    const { name, settings, params, replicate } = choice;
    const trainer = toSnake(settings);
    const key = sha256(JSON.stringify([dataset, trainer, params, replicate])).slice(0, 12);
    this.#root = join(stateDir, 'training');
    this.#name = name;
    this.#identity = { dataset, trainer, params, replicate };
    this.#folder = join(this.#root, `${name}-${key}`);
    this.#lockFile = `${this.#folder}.lock.db`;
  }

  /**
   * Locks the checkpoints for this process, also against processes of other containers and machines.
   *
   * @throws RidgelineError STATE_LOCKED, STATE_UNWRITABLE
   */
  lock(): void {
    try {
      makeFolders(this.#root, 0o700);
      const attempt = tryLock(this.#lockFile);
      if (attempt.kind === 'held')
        throw new RidgelineError(
          'STATE_LOCKED',
          `${this.#name} is already being trained by ${attempt.holder}.`,
          'Wait for it, or give another directory with --state.',
        );
      this.#lock = attempt;
    } catch (error) {
      throw error instanceof RidgelineError ? error : unwritable(this.#lockFile, error);
    }
  }

  /** Releases the lock. */
  [Symbol.dispose](): void {
    this.#lock?.[Symbol.dispose]();
  }

  /** Whether an interrupted training has left checkpoints. */
  get exist(): boolean {
    return this.#saved().length > 0;
  }

  /** @param keep whether the seed's checkpoint of an earlier step stays */
  save(seed: number, state: TrainingState, keep: (step: number) => boolean): void {
    const path = this.#path(seed, state.step);
    const partial = `${path}.partial`;
    try {
      makeFolders(this.#folder, 0o700);
      const bytes = Buffer.concat(encodeCheckpoint({ ...this.#identity, seed }, state));
      writeFileSync(partial, bytes, { mode: 0o600, flush: true });
      renameSync(partial, path);
    } catch (error) {
      throw unwritable(path, error);
    }
    for (const saved of this.#saved()) {
      if (saved.seed === seed && saved.step < state.step && !keep(saved.step))
        rmSync(this.#path(seed, saved.step), { force: true });
    }
  }

  /** The seed's last state; null if it has none. @throws RidgelineError STATE_DAMAGED */
  newest(seed: number): TrainingState | null {
    const saved = this.#saved().filter((file) => file.seed === seed);
    return saved.length === 0 ? null : this.at(seed, Math.max(...saved.map(({ step }) => step)));
  }

  /** @throws RidgelineError STATE_DAMAGED */
  at(seed: number, step: number): TrainingState {
    const path = this.#path(seed, step);
    const read = decodeCheckpoint(readFileSync(path), { ...this.#identity, seed });
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
  nothingToResume(): RidgelineError {
    const folders = listFolder(this.#root).filter(
      (folder) => folder.replace(/-[0-9a-f]{12}$/, '') === this.#name,
    );
    for (const folder of folders.map((name) => join(this.#root, name))) {
      const file = listFolder(folder).find((name) => parseName(name) !== null);
      if (file === undefined) continue;
      const read = decodeCheckpoint(readFileSync(join(folder, file)), {
        ...this.#identity,
        seed: 0,
      });
      const differing = read.kind === 'other' ? read.fields.filter((f) => f !== 'seed') : [];
      if (differing.length === 0) continue;
      return new RidgelineError(
        'STATE_DAMAGED',
        `The checkpoints of ${this.#name} in ${folder} belong to another recipe: it differs in ${differing.join(', ')}.`,
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
    `${path} cannot be written, so the training could not be resumed: ${errorMessage(error)}.`,
    'Free some disk space, or give a writable directory with --state.',
    { cause: error },
  );
}

function parseName(file: string): { seed: number; step: number } | null {
  const found = /^seed-(?<seed>\d+)-step-(?<step>\d+)\.checkpoint$/.exec(file)?.groups;
  return found === undefined ? null : { seed: Number(found['seed']), step: Number(found['step']) };
}

function listFolder(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

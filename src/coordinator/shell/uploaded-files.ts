/**
 * Uploaded files: the states that workers upload, as files in a folder of the coordinator that only its user may
 * read. Which ones are wanted is decided by `core/results/uploaded-states.ts`.
 *
 * The bytes are limited, for each session and in total: the least recently used states are removed, those of
 * the session first. A session uploads one state at a time. Nothing is written if the disk would be nearly
 * full, since the store needs it. The folder is emptied at the start and at the end.
 */
import { createHash, type Hash } from 'node:crypto';
import { appendFile, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { errorMessage } from '../../base/errors.ts';
import { makeFolders } from '../../base/make-folders.ts';
import type { StatePart } from '../../rpc/messages/state-messages.ts';

interface Upload {
  readonly study: string;
  readonly stage: string;
  readonly session: string;
  readonly digest: string;
  /** Of the whole content; reserved from its first part on. */
  readonly bytes: number;
  readonly path: string;
  readonly hash: Hash;
  written: number;
}

export interface UploadedFilesOptions {
  readonly directory: string;
  /** In total; 0: nothing is stored. */
  readonly bytesMax: number;
  /** Called once if the folder cannot be used. */
  readonly warn: (text: string) => void;
  /** Bytes that stay free on the disk; default 1 GB. */
  readonly freeMin?: number;
}

/** A session may use this share of all bytes. */
const sessionShare = 4;
const freeDefault = 1e9;
const pieceBytes = 64 * 1024;

export class UploadedFiles implements AsyncDisposable {
  readonly #options: UploadedFilesOptions;
  /** By trial, in the order of their last use. */
  readonly #uploads = new Map<string, Upload>();
  #bytes = 0;
  /** Changes run one after another. */
  #last: Promise<unknown> = Promise.resolve();
  #hasWarned = false;

  constructor(options: UploadedFilesOptions) {
    this.#options = options;
    void this.#change(async () => await this.#clear());
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Stores a part. The first part of a state replaces an earlier state of the trial, and an upload of the
   * session that is not complete.
   *
   * @returns `more`: the next part is wanted; `stored`: the state is complete
   */
  async write(part: StatePart, stage: string): Promise<'more' | 'stored' | 'refused'> {
    return (await this.#change(async () => await this.#write(part, stage))) ?? 'refused';
  }

  /** The content of a complete state; null if there is none with this digest. */
  content(digest: string, offset: number): AsyncIterable<Uint8Array> | null {
    const found = [...this.#uploads].find(
      ([, upload]) => upload.digest === digest && upload.written === upload.bytes,
    );
    if (found === undefined) return null;
    const [trial, upload] = found;
    this.#uploads.delete(trial);
    this.#uploads.set(trial, upload);
    return readPieces(upload.path, offset);
  }

  /** Removes the states of a stage that has closed. @param stage null: of all stages */
  async release(study: string, stage: string | null): Promise<void> {
    await this.#change(async () => {
      for (const [trial, upload] of this.#uploads)
        if (upload.study === study && (stage ?? upload.stage) === upload.stage)
          await this.#remove(trial);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#change(async () => await this.#clear());
  }

  async #write(part: StatePart, stage: string): Promise<'more' | 'stored' | 'refused'> {
    const { key, session, digest, bytes, offset, chunk } = part;
    const trial = JSON.stringify([key.study, key.trial]);
    if (offset === 0 && !(await this.#begin(trial, part, stage))) return 'refused';
    const upload = this.#uploads.get(trial);
    const isNext =
      upload?.session === session && upload.digest === digest && upload.written === offset;
    if (!isNext || offset + chunk.length > bytes || upload.bytes !== bytes) return 'refused';
    await appendFile(upload.path, chunk, { mode: 0o600 });
    upload.hash.update(chunk);
    upload.written += chunk.length;
    if (upload.written < bytes) return 'more';
    if (upload.hash.digest('hex') === digest) return 'stored';
    await this.#remove(trial);
    return 'refused';
  }

  /** @returns whether there is room for the state */
  async #begin(trial: string, part: StatePart, stage: string): Promise<boolean> {
    const { bytesMax, directory, freeMin = freeDefault } = this.#options;
    const { session, digest, bytes, key } = part;
    for (const [other, upload] of this.#uploads)
      if (other === trial || (upload.session === session && upload.written < upload.bytes))
        await this.#remove(other);
    const sessionMax = Math.floor(bytesMax / sessionShare);
    if (bytes > sessionMax) return false;
    const own = (upload: Upload): boolean => upload.session === session;
    await this.#makeRoom(sessionMax - bytes, own);
    await this.#makeRoom(bytesMax - bytes, () => true);
    makeFolders(directory, 0o700);
    const { bavail, bsize } = await statfs(directory);
    if (bavail * bsize - bytes < freeMin) return false;
    const path = join(directory, `${sha256(trial, session, digest)}.state`);
    await rm(path, { force: true });
    const { study } = key;
    const hash = createHash('sha256');
    this.#uploads.set(trial, { study, stage, session, digest, bytes, path, hash, written: 0 });
    this.#bytes += bytes;
    return true;
  }

  async #makeRoom(bytesMax: number, which: (upload: Upload) => boolean): Promise<void> {
    const found = [...this.#uploads].filter(([, upload]) => which(upload));
    let bytes = found.reduce((sum, [, upload]) => sum + upload.bytes, 0);
    for (const [trial, upload] of found) {
      if (bytes <= bytesMax) return;
      bytes -= upload.bytes;
      await this.#remove(trial);
    }
  }

  async #remove(trial: string): Promise<void> {
    const upload = this.#uploads.get(trial);
    if (upload === undefined) return;
    this.#uploads.delete(trial);
    this.#bytes -= upload.bytes;
    await rm(upload.path, { force: true });
  }

  async #clear(): Promise<void> {
    this.#uploads.clear();
    this.#bytes = 0;
    await rm(this.#options.directory, { recursive: true, force: true });
  }

  /** @returns null if the folder cannot be used */
  async #change<T>(work: () => Promise<T>): Promise<T | null> {
    const change = this.#last.then(work).catch((error: unknown) => {
      this.#failed(error);
      return null;
    });
    this.#last = change;
    return await change;
  }

  #failed(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { directory, warn } = this.#options;
    warn(
      `States of trials cannot be kept in ${directory}: ${errorMessage(error)}. Other workers train such trials from their first step.`,
    );
  }
}

async function* readPieces(path: string, offset: number): AsyncGenerator<Uint8Array> {
  await using file = await open(path, 'r');
  for (let position = offset; ;) {
    const { bytesRead, buffer } = await file.read(
      Buffer.alloc(pieceBytes),
      0,
      pieceBytes,
      position,
    );
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

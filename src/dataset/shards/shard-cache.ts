/**
 * Parts on a worker's disk by digest, so that a node fetches each part once in its life.
 *
 * Bytes are believed only after their SHA-256 was checked, when written and at every reading: a disk
 * may rot. Several processes of one machine share the folder without locks: a file appears whole under
 * its digest or not at all, and two writers of one digest write the same bytes.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import { systemClock } from '../../base/clock.ts';
import { RidgelineError, messageOf } from '../../base/errors.ts';
import { fileChunks } from '../bytes/file-stream.ts';
import type { FileSink } from '../bytes/tar.ts';

export interface PartCache {
  /**
   * Hands the part's canonical bytes to `sink`, piece by piece, and verifies them on the way: what the
   * sink has counts only after `true`.
   *
   * @returns false when they are not there or were damaged (then removed)
   * @throws what the sink throws, of bytes that are the right ones
   */
  read(digest: string, sink: FileSink): Promise<boolean>;
  /** @param bytes how many will come. Dispose of the writer: `await using`. */
  writer(digest: string, bytes: number): Promise<PartWriter>;
}

/** Takes one part's bytes in order. Disposing of it before `commit` leaves nothing behind. */
interface PartWriter extends AsyncDisposable {
  /** @throws RidgelineError DATASET_INVALID when more bytes come than were announced */
  append(chunk: Uint8Array): Promise<void>;
  /** @throws RidgelineError DATASET_INVALID when the bytes do not have the digest */
  commit(): Promise<void>;
}

/** Left by a process that was killed; an honest writer is done long before. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/** @throws RidgelineError OUTPUT_UNWRITABLE */
export async function openPartCache(dir: string): Promise<PartCache> {
  await explained(dir, async () => {
    await mkdir(dir, { recursive: true });
    await removeAbandoned(dir);
  });
  return {
    read: (digest, sink) => explained(dir, () => readPart(pathOf(dir, digest), digest, sink)),
    writer: async (digest, bytes) => {
      const path = pathOf(dir, digest);
      const partial = `${path}.${randomUUID()}.tmp`;
      const handle = await explained(dir, () => open(partial, 'wx', 0o600));
      return new FileWriter({ dir, path, partial, digest, bytes }, handle);
    },
  };
}

function pathOf(dir: string, digest: string): string {
  // The digest came over the wire and becomes a file name.
  if (!/^[0-9a-f]{64}$/.test(digest)) {
    throw new RidgelineError(
      'DATASET_INVALID',
      `${JSON.stringify(digest.slice(0, 80))} is no SHA-256 digest, so no part can have it.`,
      'Check that coordinator and worker run the same version of Ridgeline.',
    );
  }
  return join(dir, `${digest}.part`);
}

async function readPart(path: string, digest: string, sink: FileSink): Promise<boolean> {
  const hash = createHash('sha256');
  const refusals: Error[] = [];
  const attempt = (work: () => void): void => {
    if (refusals.length > 0) return;
    try {
      work();
    } catch (error) {
      // Only right bytes may be blamed: damaged ones are fetched again.
      refusals.push(error instanceof Error ? error : new Error(messageOf(error)));
    }
  };
  try {
    for await (const chunk of fileChunks(path)) {
      hash.update(chunk);
      attempt(() => sink.write(chunk));
    }
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
  if (hash.digest('hex') !== digest) {
    await rm(path, { force: true });
    return false;
  }
  attempt(() => sink.end());
  const [refusal] = refusals;
  if (refusal !== undefined) throw refusal;
  return true;
}

interface Destination {
  readonly dir: string;
  readonly path: string;
  readonly partial: string;
  readonly digest: string;
  readonly bytes: number;
}

class FileWriter implements PartWriter {
  readonly #to: Destination;
  readonly #hash = createHash('sha256');
  #handle: FileHandle | null;
  #written = 0;

  constructor(to: Destination, handle: FileHandle) {
    this.#to = to;
    this.#handle = handle;
  }

  async append(chunk: Uint8Array): Promise<void> {
    const handle = this.#handle;
    assert(handle !== null, 'nothing is appended to a part that was committed or given up');
    this.#written += chunk.length;
    if (this.#written > this.#to.bytes) throw this.#wrong(`more than ${this.#to.bytes} bytes came`);
    this.#hash.update(chunk);
    await explained(this.#to.dir, () => handle.appendFile(chunk));
  }

  async commit(): Promise<void> {
    const handle = this.#handle;
    assert(handle !== null, 'a part is committed once');
    const { dir, path, partial, digest, bytes } = this.#to;
    if (this.#written !== bytes) throw this.#wrong(`${this.#written} of ${bytes} bytes came`);
    const actual = this.#hash.digest('hex');
    if (actual !== digest) throw this.#wrong(`their SHA-256 is ${actual}`);
    await explained(dir, async () => {
      await handle.sync();
      await handle.close();
      await rename(partial, path);
      this.#handle = null;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const handle = this.#handle;
    if (handle === null) return;
    this.#handle = null;
    await handle.close();
    await rm(this.#to.partial, { force: true });
  }

  #wrong(problem: string): RidgelineError {
    return new RidgelineError(
      'DATASET_INVALID',
      `The bytes of part ${this.#to.digest.slice(0, 12)}… are not the right ones: ${problem}.`,
      'Fetch the part again.',
    );
  }
}

async function removeAbandoned(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!name.endsWith('.tmp')) continue;
    const path = join(dir, name);
    try {
      const ageMs = systemClock.wallMs() - (await stat(path)).mtimeMs;
      if (ageMs > abandonedAfterMs) await rm(path, { force: true });
    } catch (error) {
      if (!isAbsent(error)) throw error; // Another process was quicker.
    }
  }
}

async function explained<T>(dir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RidgelineError) throw error;
    throw new RidgelineError(
      'OUTPUT_UNWRITABLE',
      `The cache of data set parts in ${dir} cannot be used: ${messageOf(error)}.`,
      'Name a folder with --cache that may be written to and has space for the data set.',
      { cause: error },
    );
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

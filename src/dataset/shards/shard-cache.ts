/**
 * Shard cache: shards on disk by digest. A worker fetches each shard only once, and no shard that the
 * coordinator of the same machine has decoded (`read-cache.ts`).
 *
 * The SHA-256 is verified when a shard is written and each time it is read, since disks can corrupt
 * data. Processes of one machine share the folder without locks: a file appears under its digest only
 * when complete, and two writers of one digest write equal bytes.
 */
import { createHash } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { errorCode } from '../bytes/disk.ts';
import { readInto, type FileSink } from '../bytes/file-stream.ts';
import { openCacheFolder, partialPath, touchCacheFile } from './cache-files.ts';

export interface ShardCache {
  /**
   * Passes the shard's canonical bytes to `sink` and verifies them at the end. The result of the sink is
   * valid only if this returns true.
   *
   * @returns false if the shard is not cached, or was damaged and is removed now
   * @throws errors of the sink, if the bytes are right
   */
  read(digest: string, sink: FileSink): Promise<boolean>;
  /** Whether there is a file of this length for the shard; only reading it shows whether it is damaged. */
  has(digest: string, bytes: number): Promise<boolean>;
  /** @param bytes length of the canonical bytes. Dispose of the writer with `await using`. */
  writer(digest: string, bytes: number): Promise<ShardWriter>;
}

/** Receives the bytes of one shard in order. If it is disposed of before `commit`, no file remains. */
interface ShardWriter extends AsyncDisposable {
  /** @throws RidgelineError DATASET_INVALID for more bytes than announced */
  append(chunk: Uint8Array): Promise<void>;
  /** @throws RidgelineError DATASET_INVALID if the bytes do not have the digest */
  commit(): Promise<void>;
}

/**
 * @param onDamaged receives a sentence about each file that was damaged and removed
 * @throws RidgelineError OUTPUT_UNWRITABLE
 */
export async function openShardCache(
  dir: string,
  onDamaged: (text: string) => void = () => undefined,
): Promise<ShardCache> {
  await explained(dir, () => openCacheFolder(dir));
  return {
    read: async (digest, sink) =>
      await explained(dir, () => readShard(shardPath(dir, digest), digest, sink, onDamaged)),
    has: async (digest, bytes) =>
      await explained(dir, () => hasLength(shardPath(dir, digest), bytes)),
    writer: (digest, bytes) => shardWriter(dir, digest, bytes),
  };
}

/** The digest comes over the network and becomes a file name, so its form is checked. */
function shardPath(dir: string, digest: string): string {
  if (/^[0-9a-f]{64}$/.test(digest)) return join(dir, `${digest}.part`);
  throw new RidgelineError(
    'DATASET_INVALID',
    `${JSON.stringify(digest.slice(0, 80))} is not a SHA-256 digest of a shard.`,
    'Check that coordinator and worker run the same version of Ridgeline.',
  );
}

async function hasLength(path: string, bytes: number): Promise<boolean> {
  try {
    return (await stat(path)).size === bytes;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function readShard(
  path: string,
  digest: string,
  sink: FileSink,
  onDamaged: (text: string) => void,
): Promise<boolean> {
  const hash = createHash('sha256');
  const checked = new CheckedSink(sink);
  try {
    await readInto(path, checked, (bytes) => void hash.update(bytes));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
  if (hash.digest('hex') !== digest) {
    onDamaged(`${path} was damaged (wrong SHA-256) and is removed.`);
    await rm(path, { force: true });
    return false;
  }
  await touchCacheFile(path);
  if (checked.error !== null) throw checked.error;
  return true;
}

/** Keeps the first error of a sink: it counts only if the bytes are right, since damaged bytes are fetched again. */
class CheckedSink implements FileSink {
  readonly #sink: FileSink;
  error: Error | null = null;

  constructor(sink: FileSink) {
    this.#sink = sink;
  }

  target(): Uint8Array | null {
    return this.error === null ? (this.#sink.target?.() ?? null) : null;
  }

  wrote(bytes: number): void {
    this.#try(() => this.#sink.wrote?.(bytes));
  }

  write(chunk: Uint8Array): void {
    this.#try(() => this.#sink.write(chunk));
  }

  end(): void {
    this.#try(() => this.#sink.end());
  }

  #try(work: () => void): void {
    if (this.error !== null) return;
    try {
      work();
    } catch (error) {
      this.error = error instanceof Error ? error : new Error(errorMessage(error));
    }
  }
}

async function shardWriter(dir: string, digest: string, bytes: number): Promise<ShardWriter> {
  const path = shardPath(dir, digest);
  const partial = partialPath(path);
  const file = await explained(dir, () => open(partial, 'wx', 0o600));
  const hash = createHash('sha256');
  let written = 0;
  let isOpen = true;
  const wrong = (problem: string): RidgelineError =>
    new RidgelineError(
      'DATASET_INVALID',
      `Shard ${digest.slice(0, 12)}… has wrong bytes: ${problem}.`,
      'Fetch the shard again.',
    );
  return {
    append: async (chunk) => {
      assert(isOpen, 'bytes are appended before the shard is committed or disposed of');
      written += chunk.length;
      if (written > bytes) throw wrong(`received more than ${bytes}`);
      hash.update(chunk);
      await explained(dir, () => file.appendFile(chunk));
    },
    commit: async () => {
      assert(isOpen, 'a shard is committed once');
      if (written !== bytes) throw wrong(`received ${written} of ${bytes}`);
      const actual = hash.digest('hex');
      if (actual !== digest) throw wrong(`their SHA-256 is ${actual}`);
      await explained(dir, async () => {
        await file.close();
        await rename(partial, path);
        isOpen = false;
      });
    },
    [Symbol.asyncDispose]: async () => {
      if (!isOpen) return;
      isOpen = false;
      await file.close();
      await rm(partial, { force: true });
    },
  };
}

async function explained<T>(dir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RidgelineError) throw error;
    throw new RidgelineError(
      'OUTPUT_UNWRITABLE',
      `The shard cache in ${dir} cannot be used: ${errorMessage(error)}.`,
      'Name a writable folder with space for the data set with --cache.',
      { cause: error },
    );
  }
}

/**
 * Shard cache: shards on a worker's disk by digest, so that a node fetches each shard only once.
 *
 * The SHA-256 is verified when a shard is written and each time it is read, since disks can corrupt
 * data. Processes of one machine share the folder without locks: a file appears under its digest only
 * when complete, and two writers of one digest write equal bytes.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import { systemClock } from '../../base/clock.ts';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { errorCode } from '../bytes/disk.ts';
import { fileChunks, type FileSink } from '../bytes/file-stream.ts';

export interface ShardCache {
  /**
   * Passes the shard's canonical bytes to `sink` and verifies them at the end. The result of the sink is
   * valid only if this returns true.
   *
   * @returns false if the shard is not cached, or was damaged and is removed now
   * @throws errors of the sink, if the bytes are right
   */
  read(digest: string, sink: FileSink): Promise<boolean>;
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

/** Age at which a temporary file is removed: writing takes much less time, so its process was killed. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/** @throws RidgelineError OUTPUT_UNWRITABLE */
export async function openShardCache(dir: string): Promise<ShardCache> {
  await explained(dir, async () => {
    await mkdir(dir, { recursive: true });
    await removeAbandoned(dir);
  });
  return {
    read: (digest, sink) => explained(dir, () => readShard(shardPath(dir, digest), digest, sink)),
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

async function readShard(path: string, digest: string, sink: FileSink): Promise<boolean> {
  const hash = createHash('sha256');
  const errors: Error[] = [];
  // An error of the sink counts only if the bytes are right: damaged bytes are fetched again.
  const collectError = (work: () => void): void => {
    if (errors.length > 0) return;
    try {
      work();
    } catch (error) {
      errors.push(error instanceof Error ? error : new Error(errorMessage(error)));
    }
  };
  try {
    for await (const chunk of fileChunks(path)) {
      hash.update(chunk);
      collectError(() => sink.write(chunk));
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
  if (hash.digest('hex') !== digest) {
    await rm(path, { force: true });
    return false;
  }
  collectError(() => sink.end());
  const [error] = errors;
  if (error !== undefined) throw error;
  return true;
}

async function shardWriter(dir: string, digest: string, bytes: number): Promise<ShardWriter> {
  const path = shardPath(dir, digest);
  const partial = `${path}.${randomUUID()}.tmp`;
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
        await file.sync();
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

async function removeAbandoned(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!name.endsWith('.tmp')) continue;
    const path = join(dir, name);
    try {
      const ageMs = systemClock.wallMs() - (await stat(path)).mtimeMs;
      if (ageMs > abandonedAfterMs) await rm(path, { force: true });
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error; // Another process may have removed it.
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
      `The shard cache in ${dir} cannot be used: ${errorMessage(error)}.`,
      'Name a writable folder with space for the data set with --cache.',
      { cause: error },
    );
  }
}

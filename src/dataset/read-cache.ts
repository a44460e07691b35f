/**
 * Read cache: what reading a data set gave, so that the same files are decoded only once.
 *
 * The decoded shards are in the shard cache, by digest, where workers of the same machine find them. A
 * file `KEY.source` lists the shards of one reading. Its key contains the path, length, times and inode
 * of every source file, so a changed file has another key; `make` and `git` recognize changes in the
 * same way. Shards are verified by their digest when they are read, the list by its own.
 *
 * A cache that cannot be used is no error: the source is read, and a warning says why.
 */
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256 } from '../base/digest.ts';
import { RidgelineError, errorMessage } from '../base/errors.ts';
import type { ShardReference } from '../study/spec/dataset-reference.ts';
import type { DatasetSpec } from '../study/spec/study-spec.ts';
import { collectGarbage } from './bytes/collect-garbage.ts';
import { errorCode, unreadable } from './bytes/disk.ts';
import { PixelMemory } from './bytes/pixel-memory.ts';
import type { LocatedDataset } from './locate.ts';
import { touchCacheFile, writeCacheFile } from './shards/cache-files.ts';
import { openShardCache, type ShardCache } from './shards/shard-cache.ts';
import { ShardDecoder } from './shards/shard-decoder.ts';
import { shardFacts, shardFactsSchema, type ShardFacts } from './shards/shard-facts.ts';
import type { FoundShards } from './shards/shard-source.ts';
import {
  encodeShard,
  encodedBytes,
  setShardDigest,
  shardDigest,
  type Shard,
} from './shards/shard.ts';

export interface ReadCacheOptions {
  /** Folder of the shard cache. */
  readonly dir: string;
  readonly warn: (text: string) => void;
}

/** Shards that were found and need not be in memory. */
export interface DescribedShards extends Omit<FoundShards, 'shards'> {
  readonly shards: readonly ShardReference[];
  /** One for each shard, in the same order. */
  readonly facts: readonly ShardFacts[];
  /** Class names by index; null if unknown. */
  readonly classNames: readonly string[] | null;
  /** @throws RidgelineError STUDY_DIFFERS if the files have changed and the shards are not cached any more */
  load(): Promise<readonly Shard[]>;
}

/** Raise it if a reader returns something else for the same files. */
const readersVersion = 2;

/** Content of a file `KEY.source`. */
const sourceList = z.object({
  names: z.array(z.string()),
  official: z.boolean().nullable(),
  shards: z.array(
    z.object({
      name: z.string(),
      digest: z.string(),
      bytes: z.int(),
      count: z.int(),
      classNames: z.array(z.string()).nullable(),
      facts: shardFactsSchema,
    }),
  ),
});
type SourceList = z.infer<typeof sourceList>;
type CachedShard = SourceList['shards'][number];

/**
 * Finds the shards that `spec` needs: in the cache, or with `read`, and then caches them.
 *
 * @param options null: without a cache
 * @throws the errors of `read`
 */
export async function findShards(
  located: LocatedDataset,
  spec: DatasetSpec,
  options: ReadCacheOptions | null,
  read: () => Promise<FoundShards>,
): Promise<DescribedShards> {
  // Embedded data is decoded and sent in milliseconds.
  if (options === null || located.format === null) return inMemory(await read());
  const { dir, warn } = options;
  const key = await sourceKey(located, spec);
  const path = join(dir, `${key}.source`);
  let cache: ShardCache;
  let list: SourceList | null;
  try {
    cache = await openShardCache(dir, warn);
    list = await readList(cache, path, warn);
  } catch (error) {
    warn(`The data set is read without the cache: ${errorMessage(error)}`);
    return inMemory(await read());
  }
  const readAndKeep = async (): Promise<FoundShards> => {
    const found = await read();
    // Files that changed while they were read are not cached.
    if ((await sourceKey(located, spec)) !== key) return found;
    await keep(cache, path, found).catch((error: unknown) =>
      warn(`The data set is not cached, so it will be decoded again: ${errorMessage(error)}`),
    );
    return found;
  };
  if (list === null) return inMemory(await readAndKeep());
  const { shards } = list;
  return {
    ...list,
    shards: shards.map(({ classNames: _classNames, facts: _facts, ...reference }) => reference),
    facts: shards.map(({ facts }) => facts),
    classNames: namesFrom(shards),
    load: async () => {
      const cached = await loadCached(cache, shards).catch((error: unknown) => {
        warn(`The cached data set is decoded again: ${errorMessage(error)}`);
        return null;
      });
      if (cached !== null) return cached;
      const found = await readAndKeep();
      const digests = (each: readonly string[]): string => each.join(' ');
      if (digests(found.shards.map(shardDigest)) !== digests(shards.map(({ digest }) => digest))) {
        throw new RidgelineError(
          'STUDY_DIFFERS',
          `The files of ${located.location} have changed, and the data that was read from them is not in the cache ${dir} any more.`,
          'Restore the files, or start the study again with --fresh.',
        );
      }
      return found.shards;
    },
  };
}

function inMemory({ shards, ...found }: FoundShards): DescribedShards {
  return {
    ...found,
    shards: shards.map(toReference),
    facts: shards.map(shardFacts),
    classNames: namesFrom(shards),
    load: async () => shards,
  };
}

function namesFrom(shards: readonly Pick<Shard, 'classNames'>[]): readonly string[] | null {
  return shards.find(({ classNames }) => classNames !== null)?.classNames ?? null;
}

function toReference(shard: Shard): ShardReference {
  const { name, labels } = shard;
  return { name, digest: shardDigest(shard), bytes: encodedBytes(shard), count: labels.length };
}

/** Folders of images have many thousand files. */
const statsAtOnce = 64;

async function describeFile(path: string): Promise<string> {
  try {
    const { size, mtimeNs, ctimeNs, ino, dev } = await stat(path, { bigint: true });
    return [path, size, mtimeNs, ctimeNs, ino, dev].join(' ');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Differs if another file is read, if one of the files has changed, or if other shards are read. */
async function sourceKey(located: LocatedDataset, spec: DatasetSpec): Promise<string> {
  const { name, format, location } = located;
  const { train, validation, test = null } = spec;
  const files: string[] = [];
  const paths = await located.files();
  for (let at = 0; at < paths.length; at += statsAtOnce)
    files.push(...(await Promise.all(paths.slice(at, at + statsAtOnce).map(describeFile))));
  const selections = [train, validation, test];
  return sha256(JSON.stringify([readersVersion, name, format, location, selections, files]));
}

/** Null if the list is missing or damaged, or if a shard is missing. */
async function readList(
  cache: ShardCache,
  path: string,
  warn: (text: string) => void,
): Promise<SourceList | null> {
  try {
    const { uid, mode } = await stat(path);
    // In a shared folder, another user could have written it.
    if (uid !== (process.getuid?.() ?? uid) || (mode & 0o022) !== 0) return null;
    const text = await readFile(path, 'utf8');
    const end = Math.max(0, text.indexOf('\n'));
    const json = text.slice(end + 1);
    if (text.slice(0, end) !== sha256(json)) {
      warn(`${path} was damaged (wrong SHA-256) and is removed.`);
      await rm(path, { force: true });
      return null;
    }
    const list = sourceList.parse(JSON.parse(json));
    for (const { digest, bytes } of list.shards) if (!(await cache.has(digest, bytes))) return null;
    await touchCacheFile(path);
    return list;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** The shards in one memory; null if one is missing or damaged. */
async function loadCached(
  cache: ShardCache,
  shards: readonly CachedShard[],
): Promise<readonly Shard[] | null> {
  collectGarbage();
  const memory = new PixelMemory(shards.reduce((sum, { bytes }) => sum + bytes, 0));
  const loaded: Shard[] = [];
  for (const { name, classNames, digest, bytes } of shards) {
    const decoder = new ShardDecoder(name, bytes, memory);
    if (!(await cache.read(digest, decoder))) return null;
    const shard = { ...decoder.shard(), classNames };
    setShardDigest(shard, digest);
    loaded.push(shard);
  }
  return loaded;
}

async function keep(cache: ShardCache, path: string, found: FoundShards): Promise<void> {
  const shards: CachedShard[] = [];
  for (const shard of found.shards) {
    const reference = toReference(shard);
    const { digest, bytes } = reference;
    const classNames = shard.classNames && [...shard.classNames];
    shards.push({ ...reference, classNames, facts: shardFacts(shard) });
    if (await cache.has(digest, bytes)) continue;
    await using writer = await cache.writer(digest, bytes);
    for (const piece of encodeShard(shard)) await writer.append(piece);
    await writer.commit();
  }
  const list: SourceList = { names: [...found.names], official: found.official, shards };
  const json = JSON.stringify(list);
  await writeCacheFile(path, `${sha256(json)}\n${json}`);
}

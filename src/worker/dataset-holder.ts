/**
 * Dataset holder: the data sets in a worker's memory, read once for all threads.
 *
 * Shards are fetched from the coordinator by digest, verified, and cached on disk. A shard with wrong bytes
 * is not used: it is fetched again, and after the last attempt the worker reports an error. Data sets with
 * common shards share their memory: a study with and without its test split, for example.
 */
import { assert } from '../base/assert.ts';
import { RidgelineError, errorMessage } from '../base/errors.ts';
import { ChunkGarbage, collectGarbage } from '../dataset/bytes/collect-garbage.ts';
import { PixelMemory } from '../dataset/bytes/pixel-memory.ts';
import type { ShardCache } from '../dataset/shards/shard-cache.ts';
import { ShardDecoder } from '../dataset/shards/shard-decoder.ts';
import type { Shard } from '../dataset/shards/shard.ts';
import { assembleData } from '../dataset/splits/assemble.ts';
import type { TrainingData } from '../study/images.ts';
import {
  datasetKey,
  type DatasetReference,
  type ShardReference,
} from '../study/spec/dataset-reference.ts';

/** Streams a shard's canonical bytes from the coordinator. */
export type FetchShard = (digest: string) => AsyncIterable<Uint8Array>;

const attemptsMax = 3;
/** Most groups that stay in memory for later packs. */
const groupsMax = 2;

/** Shards in one memory, by digest, and the data sets that consist of them, by key. */
interface Group {
  readonly memory: PixelMemory;
  readonly shards: Map<string, Shard>;
  readonly datasets: Map<string, TrainingData>;
}

export class DatasetHolder {
  readonly #cache: ShardCache;
  /** Most recently used first. */
  #groups: readonly Group[] = [];
  /** References of all data sets that were ever loaded, by key: one may have to be loaded again. */
  readonly #references = new Map<string, DatasetReference>();
  /** Loads run one after another, so that no shard is read twice. */
  #lastLoad: Promise<unknown> = Promise.resolve();

  constructor(cache: ShardCache) {
    this.#cache = cache;
  }

  /**
   * A data set that was loaded before. If it is in memory, this does not wait for running downloads.
   * Otherwise it is loaded again, from the cache if possible. Throws as `load`.
   */
  async get(key: string, fetchShard: FetchShard): Promise<TrainingData> {
    const group = this.#groups.find(({ datasets }) => datasets.has(key));
    const data = group?.datasets.get(key);
    if (group !== undefined && data !== undefined) {
      this.#use(group);
      return data;
    }
    const reference = this.#references.get(key);
    assert(reference !== undefined, () => `data set ${key} is loaded before it is trained on`);
    return await this.load(reference, fetchShard);
  }

  /** @throws RidgelineError DATASET_INVALID if the bytes stay wrong; the stream's error if it breaks */
  async load(reference: DatasetReference, fetchShard: FetchShard): Promise<TrainingData> {
    const loading = this.#lastLoad.then(() => this.#load(reference, fetchShard));
    this.#lastLoad = loading.catch(() => undefined);
    return await loading;
  }

  async #load(reference: DatasetReference, fetchShard: FetchShard): Promise<TrainingData> {
    const key = datasetKey(reference);
    this.#references.set(key, reference);
    const group = this.#groups.find(({ shards }) =>
      reference.shards.some(({ digest }) => shards.has(digest)),
    ) ?? {
      memory: new PixelMemory(reference.shards.reduce((sum, { bytes }) => sum + bytes, 0)),
      shards: new Map(),
      datasets: new Map(),
    };
    // Frees the memory of an unused group before it allocates more.
    this.#use(group);
    if (group.shards.size === 0) collectGarbage();
    const shards: Shard[] = [];
    try {
      for (const shard of reference.shards) {
        shards.push(await this.#shard(group, shard, fetchShard));
      }
    } finally {
      // An empty group must not replace one that is in use.
      if (group.shards.size === 0) this.#groups = this.#groups.filter((other) => other !== group);
    }
    const data = group.datasets.get(key) ?? assembleData(reference, shards);
    group.datasets.set(key, data);
    return data;
  }

  /** Moves the group to the front, and drops the least recently used groups beyond the limit. */
  #use(group: Group): void {
    const others = this.#groups.filter((other) => other !== group);
    this.#groups = [group, ...others].slice(0, groupsMax);
  }

  async #shard(group: Group, shard: ShardReference, fetchShard: FetchShard): Promise<Shard> {
    const held = group.shards.get(shard.digest);
    if (held !== undefined) return { ...held, name: shard.name };
    const cached = await this.#read(group.memory, shard);
    const read = cached ?? (await this.#fetch(group.memory, shard, fetchShard));
    group.shards.set(shard.digest, read);
    return read;
  }

  /** Reads a shard from the cache; null if it is not there. */
  async #read(memory: PixelMemory, { name, bytes, digest }: ShardReference): Promise<Shard | null> {
    const decoder = new ShardDecoder(name, bytes, memory);
    let isRead = false;
    try {
      isRead = await this.#cache.read(digest, decoder);
    } finally {
      if (!isRead) decoder.discard();
    }
    return isRead ? decoder.shard() : null;
  }

  async #fetch(memory: PixelMemory, shard: ShardReference, fetchShard: FetchShard): Promise<Shard> {
    let lastProblem = '';
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      try {
        await using writer = await this.#cache.writer(shard.digest, shard.bytes);
        const garbage = new ChunkGarbage();
        for await (const chunk of fetchShard(shard.digest)) {
          await writer.append(chunk);
          garbage.add(chunk.length);
        }
        await writer.commit();
        const read = await this.#read(memory, shard);
        if (read !== null) return read;
        lastProblem = 'the cache does not contain it after it was written';
      } catch (error) {
        if (!(error instanceof RidgelineError) || error.code !== 'DATASET_INVALID') throw error;
        lastProblem = errorMessage(error);
      }
    }
    throw new RidgelineError(
      'DATASET_INVALID',
      `Shard ${shard.name} of the data set arrived with wrong bytes ${attemptsMax} times, so it is not used: ${lastProblem}`,
      "Check the coordinator's data set with `ridgeline data info`, and this machine's disk and memory.",
    );
  }
}

/**
 * The data sets in a node's memory: fetched from the coordinator by digest, verified, cached on disk,
 * read once for all threads.
 *
 * A part whose bytes do not have the digest that the study names is never trained on: it is fetched
 * again, and after the last try the node says why it cannot take part.
 *
 * Data sets that have parts in common (a study with and without its test set, another seed) share them.
 */
import { assert } from '../base/assert.ts';
import { RidgelineError, messageOf } from '../base/errors.ts';
import { assembleData } from '../dataset/splits/assemble.ts';
import type { Part } from '../dataset/shards/shard.ts';
import type { PartCache } from '../dataset/shards/shard-cache.ts';
import { PartDecoder } from '../dataset/shards/shard-decoder.ts';
import { PixelMemory } from '../dataset/shards/pixel-memory.ts';
import { makeRoom, YoungGarbage } from '../dataset/shards/collect-garbage.ts';
import {
  datasetKey,
  type DatasetReference,
  type PartReference,
} from '../study/spec/dataset-reference.ts';
import type { TrainingData } from '../study/images.ts';

/** Streams a part's canonical bytes from the coordinator. */
export type FetchPart = (digest: string) => AsyncIterable<Uint8Array>;

const triesMax = 3;
/** Shelves kept for later packs; an older one goes with the last pack that runs on it. */
const shelvesMax = 2;

/** Parts that lie in one memory, by digest, and the data sets that were made of them. */
interface Shelf {
  readonly memory: PixelMemory;
  readonly parts: Map<string, Part>;
  readonly datasets: Map<string, TrainingData>;
}

export class DatasetHolder {
  readonly #cache: PartCache;
  /** The one used last stands first. */
  #shelves: readonly Shelf[] = [];
  /** Of every data set that was loaded once: it may have to be loaded again. */
  readonly #references = new Map<string, DatasetReference>();
  /** Loading takes turns: two at once would read a part twice. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(cache: PartCache) {
    this.#cache = cache;
  }

  /**
   * A data set that was loaded before, from the cache where others have taken its place since. One that
   * is in memory waits for nobody: what another study fetches meanwhile may take minutes.
   *
   * @throws as `load`
   */
  async get(key: string, fetchPart: FetchPart): Promise<TrainingData> {
    const shelf = this.#shelves.find(({ datasets }) => datasets.has(key));
    const held = shelf?.datasets.get(key);
    if (shelf !== undefined && held !== undefined) {
      this.#use(shelf);
      return held;
    }
    const reference = this.#references.get(key);
    assert(reference !== undefined, () => `data set ${key} was loaded before it is trained on`);
    return await this.load(reference, fetchPart);
  }

  /** @throws RidgelineError DATASET_INVALID when the bytes stay wrong; the stream's error when it breaks */
  async load(reference: DatasetReference, fetchPart: FetchPart): Promise<TrainingData> {
    const loading = this.#turn.then(() => this.#load(reference, fetchPart));
    this.#turn = loading.catch(() => undefined);
    return await loading;
  }

  async #load(reference: DatasetReference, fetchPart: FetchPart): Promise<TrainingData> {
    const key = datasetKey(reference);
    this.#references.set(key, reference);
    const digests = reference.parts.map((part) => part.digest);
    const shelf = this.#shelves.find(({ parts }) =>
      digests.some((digest) => parts.has(digest)),
    ) ?? {
      memory: new PixelMemory(),
      parts: new Map(),
      datasets: new Map(),
    };
    // Room is made before it is taken.
    this.#use(shelf);
    if (shelf.parts.size === 0) makeRoom();
    const parts: Part[] = [];
    try {
      for (const part of reference.parts) parts.push(await this.#part(shelf, part, fetchPart));
    } finally {
      // Of which nothing came: it would take the place of one that is in use.
      if (shelf.parts.size === 0) this.#shelves = this.#shelves.filter((other) => other !== shelf);
    }
    const data = shelf.datasets.get(key) ?? assembleData(reference, parts);
    shelf.datasets.set(key, data);
    return data;
  }

  /** Puts it first; what is last then goes where there are too many. */
  #use(shelf: Shelf): void {
    const others = this.#shelves.filter((other) => other !== shelf);
    this.#shelves = [shelf, ...others].slice(0, shelvesMax);
  }

  async #part(shelf: Shelf, part: PartReference, fetchPart: FetchPart): Promise<Part> {
    const held = shelf.parts.get(part.digest);
    if (held !== undefined) return { ...held, name: part.name };
    const read =
      (await this.#read(shelf.memory, part)) ?? (await this.#fetch(shelf.memory, part, fetchPart));
    shelf.parts.set(part.digest, read);
    return read;
  }

  /** From the cache; null where it is not there. */
  async #read(memory: PixelMemory, part: PartReference): Promise<Part | null> {
    const decoder = new PartDecoder(part.name, part.bytes, memory);
    let isRead = false;
    try {
      isRead = await this.#cache.read(part.digest, decoder);
    } finally {
      if (!isRead) decoder.discard();
    }
    return isRead ? decoder.part() : null;
  }

  async #fetch(memory: PixelMemory, part: PartReference, fetchPart: FetchPart): Promise<Part> {
    let lastProblem = '';
    for (let attempt = 1; attempt <= triesMax; attempt++) {
      try {
        await using writer = await this.#cache.writer(part.digest, part.bytes);
        const garbage = new YoungGarbage();
        for await (const chunk of fetchPart(part.digest)) {
          await writer.append(chunk);
          garbage.passed(chunk.length);
        }
        await writer.commit();
        const read = await this.#read(memory, part);
        if (read !== null) return read;
        lastProblem = 'it could not be read back from the cache';
      } catch (error) {
        if (!(error instanceof RidgelineError) || error.code !== 'DATASET_INVALID') throw error;
        lastProblem = messageOf(error);
      }
    }
    throw new RidgelineError(
      'DATASET_INVALID',
      `Part ${part.name} of the data set arrived with wrong bytes ${triesMax} times, so nothing is trained on it: ${lastProblem}`,
      "Check the coordinator's data set with `ridgeline data info` and this machine's disk and memory.",
    );
  }
}

/**
 * The data sets in a node's memory: fetched from the coordinator by digest, verified, cached on disk,
 * assembled once for all threads.
 *
 * A part whose bytes do not have the digest that the study names is never trained on: it is fetched
 * again, and after the last try the node says why it cannot take part.
 */
import { RidgelineError, messageOf } from '../base/errors.ts';
import { DataAssembly } from '../dataset/assemble.ts';
import { decodePart } from '../dataset/part.ts';
import type { PartCache } from '../dataset/part-cache.ts';
import {
  datasetKey,
  type DatasetReference,
  type PartReference,
} from '../study/dataset-reference.ts';
import type { TrainingData } from '../trainer/images.ts';

/** Streams a part's canonical bytes from the coordinator. */
export type FetchPart = (digest: string, offset: number) => AsyncIterable<Uint8Array>;

const triesMax = 3;
/** Data sets kept for later packs; older ones are dropped when none of their packs runs. */
const heldMax = 4;

export class DatasetHolder {
  readonly #cache: PartCache;
  readonly #held = new Map<string, TrainingData>();

  constructor(cache: PartCache) {
    this.#cache = cache;
  }

  get(key: string): TrainingData | undefined {
    return this.#held.get(key);
  }

  /** @throws RidgelineError DATASET_INVALID when the bytes stay wrong; the stream's error when it breaks */
  async load(reference: DatasetReference, fetchPart: FetchPart): Promise<void> {
    const key = datasetKey(reference);
    if (this.#held.has(key)) return;
    // One part at a time beside the shared copy: a node's memory holds no second data set.
    const assembly = new DataAssembly(reference);
    for (const part of reference.parts) {
      const bytes = (await this.#cache.read(part.digest)) ?? (await this.#fetch(part, fetchPart));
      assembly.add(decodePart(part.name, bytes));
    }
    this.#held.set(key, assembly.finish());
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= heldMax) break;
      this.#held.delete(oldest);
    }
  }

  async #fetch(part: PartReference, fetchPart: FetchPart): Promise<Uint8Array> {
    let lastProblem = '';
    for (let attempt = 1; attempt <= triesMax; attempt++) {
      try {
        await using writer = await this.#cache.writer(part.digest, part.bytes);
        for await (const chunk of fetchPart(part.digest, 0)) await writer.append(chunk);
        await writer.commit();
        const bytes = await this.#cache.read(part.digest);
        if (bytes !== null) return bytes;
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

/** Program files: the files of studies, by digest, in the worker's cache; fetched from the coordinator once. */
import type { ShardCache } from '../../dataset/shards/shard-cache.ts';
import type { ProgramFile } from '../../study/program-files.ts';
import type { FetchShard } from '../dataset-holder.ts';

export class ProgramFiles {
  readonly #cache: ShardCache;

  constructor(cache: ShardCache) {
    this.#cache = cache;
  }

  /** @throws RidgelineError DATASET_INVALID if the bytes do not have the digest; the stream's error if it breaks */
  async read({ sha256: digest, bytes }: ProgramFile, fetch: FetchShard): Promise<Uint8Array> {
    const cached = await this.#read(digest);
    if (cached !== null) return cached;
    const chunks: Uint8Array[] = [];
    await using writer = await this.#cache.writer(digest, bytes);
    for await (const chunk of fetch(digest)) {
      await writer.append(chunk);
      chunks.push(chunk);
    }
    await writer.commit();
    return Buffer.concat(chunks);
  }

  async #read(digest: string): Promise<Uint8Array | null> {
    const chunks: Uint8Array[] = [];
    const sink = {
      write: (chunk: Uint8Array) => void chunks.push(Buffer.from(chunk)),
      end: () => undefined,
    };
    return (await this.#cache.read(digest, sink)) ? Buffer.concat(chunks) : null;
  }
}

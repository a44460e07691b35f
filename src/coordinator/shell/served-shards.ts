/**
 * Served shards: the shards and program files of the coordinator's studies, by digest, as bytes for workers.
 *
 * A data set that comes from the cache is read when the first worker fetches one of its shards: workers on
 * the same machine read the cache themselves.
 */
import type { StoredFile } from '../../study/program-files.ts';
import { encodeShard, shardDigest, type Shard } from '../../dataset/shards/shard.ts';

/** The shards of a data set: their digests, and how to read them. */
export interface ShardSource {
  readonly digests: readonly string[];
  load(): Promise<readonly Shard[]>;
}

/** Returns the canonical bytes of a shard in pieces. */
type Pieces = () => Promise<readonly Uint8Array[]>;

export class ServedShards {
  /** By study and digest. */
  readonly #shards = new Map<string, ReadonlyMap<string, Pieces>>();

  /** Adds the shards and files of a study; a shard of several studies is kept once. */
  add(study: string, source: ShardSource, files: readonly StoredFile[] = []): void {
    let loaded: Promise<ReadonlyMap<string, readonly Uint8Array[]>> | null = null;
    const load = async (): Promise<ReadonlyMap<string, readonly Uint8Array[]>> => {
      const shards = await source.load();
      return new Map(shards.map((shard) => [shardDigest(shard), encodeShard(shard)]));
    };
    const served = new Map<string, Pieces>();
    for (const digest of source.digests) {
      const pieces: Pieces = async () => {
        // After a failure, the next request tries again.
        loaded ??= load().catch((error: unknown) => {
          loaded = null;
          throw error;
        });
        return (await loaded).get(digest) ?? [];
      };
      const shared = this.#find(digest);
      // If the other study's data cannot be read any more, this study's may be.
      served.set(digest, shared === undefined ? pieces : () => shared().catch(pieces));
    }
    for (const { sha256, content } of files) served.set(sha256, async () => [content]);
    this.#shards.set(study, served);
  }

  /** Removes the shards that no other study uses. */
  remove(study: string): void {
    this.#shards.delete(study);
  }

  /** The canonical bytes from `offset` on, without copying; null if no study has the shard. */
  bytes(digest: string, offset: number): AsyncIterable<Uint8Array> | null {
    const pieces = this.#find(digest);
    return pieces === undefined ? null : skipBytes(pieces, offset);
  }

  #find(digest: string): Pieces | undefined {
    return [...this.#shards.values()].find((shards) => shards.has(digest))?.get(digest);
  }
}

async function* skipBytes(pieces: Pieces, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for (const piece of await pieces()) {
    if (left < piece.length) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

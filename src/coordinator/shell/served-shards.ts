/** Served shards: the shards of the coordinator's studies, by digest, as bytes for workers. */
import { encodeShard, shardDigest, type Shard } from '../../dataset/shards/shard.ts';

export class ServedShards {
  readonly #shards = new Map<string, readonly Uint8Array[]>();
  /** Digests by study. */
  readonly #digests = new Map<string, ReadonlySet<string>>();

  /** Adds the shards of a study; a shard of several studies is kept once. */
  add(study: string, shards: readonly Shard[]): void {
    for (const shard of shards) {
      const digest = shardDigest(shard);
      if (!this.#shards.has(digest)) this.#shards.set(digest, encodeShard(shard));
    }
    this.#digests.set(study, new Set(shards.map(shardDigest)));
  }

  /** Removes the shards that no other study uses. */
  remove(study: string): void {
    this.#digests.delete(study);
    const used = new Set([...this.#digests.values()].flatMap((digests) => [...digests]));
    for (const digest of this.#shards.keys()) if (!used.has(digest)) this.#shards.delete(digest);
  }

  has(digest: string): boolean {
    return this.#shards.has(digest);
  }

  /** The canonical bytes from `offset` on, without copying; empty for an unknown digest. */
  *bytes(digest: string, offset: number): Iterable<Uint8Array> {
    let start = 0;
    for (const piece of this.#shards.get(digest) ?? []) {
      const from = Math.max(0, offset - start);
      if (from < piece.length) yield piece.subarray(from);
      start += piece.length;
    }
  }
}

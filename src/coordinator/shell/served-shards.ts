/** Served shards: the shards of the coordinator's studies, by digest, as bytes for workers. */
import { encodeShard, shardDigest, type Shard } from '../../dataset/shards/shard.ts';

export class ServedShards {
  /** The canonical bytes of each shard in pieces, by study and digest. */
  readonly #shards = new Map<string, ReadonlyMap<string, readonly Uint8Array[]>>();

  /** Adds the shards of a study; a shard of several studies is kept once. */
  add(study: string, shards: readonly Shard[]): void {
    const served = new Map<string, readonly Uint8Array[]>();
    for (const shard of shards) {
      const digest = shardDigest(shard);
      served.set(digest, this.#find(digest) ?? encodeShard(shard));
    }
    this.#shards.set(study, served);
  }

  /** Removes the shards that no other study uses. */
  remove(study: string): void {
    this.#shards.delete(study);
  }

  /** The canonical bytes from `offset` on, without copying; null if no study has the shard. */
  bytes(digest: string, offset: number): Iterable<Uint8Array> | null {
    const pieces = this.#find(digest);
    return pieces === undefined ? null : skipBytes(pieces, offset);
  }

  #find(digest: string): readonly Uint8Array[] | undefined {
    return [...this.#shards.values()].find((shards) => shards.has(digest))?.get(digest);
  }
}

function* skipBytes(pieces: readonly Uint8Array[], count: number): Iterable<Uint8Array> {
  let left = count;
  for (const piece of pieces) {
    if (left < piece.length) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

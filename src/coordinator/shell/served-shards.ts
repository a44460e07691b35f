/** The parts of the data sets that the coordinator's studies use, by digest, ready to be sent. */
import { encodePart, partDigest, type Part } from '../../dataset/shards/shard.ts';

export class PartShelf {
  readonly #parts = new Map<string, readonly Uint8Array[]>();
  /** Which parts each study uses. */
  readonly #digests = new Map<string, ReadonlySet<string>>();

  /** A part that is here already stays as it is: two studies on the same data hold it once. */
  add(study: string, parts: readonly Part[]): void {
    for (const part of parts) {
      const digest = partDigest(part);
      if (!this.#parts.has(digest)) this.#parts.set(digest, encodePart(part));
    }
    this.#digests.set(study, new Set(parts.map(partDigest)));
  }

  /** Drops what no other study uses. */
  remove(study: string): void {
    this.#digests.delete(study);
    const used = new Set([...this.#digests.values()].flatMap((digests) => [...digests]));
    for (const digest of this.#parts.keys()) if (!used.has(digest)) this.#parts.delete(digest);
  }

  has(digest: string): boolean {
    return this.#parts.has(digest);
  }

  /** The part's canonical bytes from `offset`, as they lie in memory; nothing for an unknown digest. */
  *pieces(digest: string, offset: number): Iterable<Uint8Array> {
    let start = 0;
    for (const piece of this.#parts.get(digest) ?? []) {
      const from = Math.max(0, offset - start);
      if (from < piece.length) yield piece.subarray(from);
      start += piece.length;
    }
  }
}

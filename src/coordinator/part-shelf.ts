/** The parts of the data sets that the coordinator's studies use, by digest, ready to be sent. */
import { encodePart, partDigest, type Part } from '../dataset/part.ts';

/** Several of them wait at a slow receiver: small ones take little of its memory. */
const chunkBytes = 64 * 1024;

export class PartShelf {
  readonly #pieces = new Map<string, readonly Uint8Array[]>();
  /** Which parts each study uses. */
  readonly #digests = new Map<string, ReadonlySet<string>>();

  /** A part that is here already stays as it is: two studies on the same data hold it once. */
  add(study: string, parts: readonly Part[]): void {
    for (const part of parts) {
      const digest = partDigest(part);
      if (!this.#pieces.has(digest)) this.#pieces.set(digest, encodePart(part));
    }
    this.#digests.set(study, new Set(parts.map(partDigest)));
  }

  /** Drops what no other study uses. */
  remove(study: string): void {
    this.#digests.delete(study);
    const used = new Set([...this.#digests.values()].flatMap((digests) => [...digests]));
    for (const digest of this.#pieces.keys()) if (!used.has(digest)) this.#pieces.delete(digest);
  }

  has(digest: string): boolean {
    return this.#pieces.has(digest);
  }

  /** The part's canonical bytes from `offset`, in chunks of at most 64 KiB; nothing for an unknown digest. */
  *chunks(digest: string, offset: number): Iterable<Uint8Array> {
    let start = 0;
    for (const piece of this.#pieces.get(digest) ?? []) {
      const from = Math.max(0, offset - start);
      for (let at = from; at < piece.length; at += chunkBytes)
        yield piece.subarray(at, at + chunkBytes);
      start += piece.length;
    }
  }
}

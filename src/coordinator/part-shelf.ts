/** The parts of the data sets that the coordinator's studies use, by digest, ready to be sent. */
import { encodePart, partDigest, type Part } from '../dataset/part.ts';

const chunkBytes = 256 * 1024;

export class PartShelf {
  readonly #pieces = new Map<string, readonly Uint8Array[]>();

  /** @returns the parts' digests by name */
  add(parts: readonly Part[]): Record<string, string> {
    const digests: Record<string, string> = {};
    for (const part of parts) {
      const digest = partDigest(part);
      digests[part.name] = digest;
      this.#pieces.set(digest, encodePart(part));
    }
    return digests;
  }

  has(digest: string): boolean {
    return this.#pieces.has(digest);
  }

  /** The part's canonical bytes from `offset`, in chunks of at most 256 KiB; nothing for an unknown digest. */
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

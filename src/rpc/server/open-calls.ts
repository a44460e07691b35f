/** The calls that are open, by the token that let them in: a token that ends takes them with it. */
import type { RidgelineError } from '../../base/errors.ts';

interface OpenCall {
  readonly peer: string;
  /** Ends the call with this error. */
  readonly cut: (error: RidgelineError) => void;
}

export class OpenCalls {
  readonly #calls = new Map<string, Set<OpenCall>>();
  readonly #hangUp: (peer: string) => void;
  readonly #farewellMs: number;

  /** @param farewellMs how long a last word may take before the connection is ended under it */
  constructor(hangUp: (peer: string) => void, farewellMs: number) {
    this.#hangUp = hangUp;
    this.#farewellMs = farewellMs;
  }

  /** @returns what to call when the call has ended */
  add(tokenId: string, call: OpenCall): () => void {
    const ofToken = this.#calls.get(tokenId) ?? new Set();
    this.#calls.set(tokenId, ofToken.add(call));
    return () => {
      ofToken.delete(call);
      if (ofToken.size === 0 && this.#calls.get(tokenId) === ofToken) this.#calls.delete(tokenId);
    };
  }

  /** Ends all calls of a token; who does not read its last word is cut off without. */
  cut(tokenId: string, error: RidgelineError): void {
    for (const { peer, cut } of this.#calls.get(tokenId) ?? []) {
      cut(error);
      setTimeout(() => this.#hangUp(peer), this.#farewellMs).unref();
    }
  }

  tokenIds(): readonly string[] {
    return [...this.#calls.keys()];
  }
}

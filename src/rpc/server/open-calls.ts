/** Open calls: the streams that are open, by token. They end when their token is revoked or expires. */
import type { RidgelineError } from '../../base/errors.ts';
import type { TlsListener } from './tls-listener.ts';

interface OpenCall {
  readonly peer: string;
  /** Ends the call with this error. */
  readonly end: (error: RidgelineError) => void;
}

/** Delay between the end of a call and the end of its connection: a revoked token ends within a second. */
const disconnectMs = 500;

export class OpenCalls {
  readonly #calls = new Map<string, Set<OpenCall>>();
  readonly #listener: TlsListener;

  constructor(listener: TlsListener) {
    this.#listener = listener;
  }

  /** @returns a function to call when the call has ended */
  add(tokenId: string, call: OpenCall): () => void {
    const calls = this.#calls.get(tokenId) ?? new Set();
    this.#calls.set(tokenId, calls.add(call));
    return () => {
      calls.delete(call);
      if (calls.size === 0 && this.#calls.get(tokenId) === calls) this.#calls.delete(tokenId);
    };
  }

  /** Ends all calls of a token, and closes the connections of peers that do not read the error. */
  end(tokenId: string, error: RidgelineError): void {
    for (const { peer, end } of this.#calls.get(tokenId) ?? []) {
      end(error);
      setTimeout(() => this.#listener.disconnect(peer), disconnectMs).unref();
    }
  }

  tokenIds(): readonly string[] {
    return [...this.#calls.keys()];
  }
}

/**
 * Connection limits: counts open connections and invalid tokens by address, and decides which peers are
 * rejected.
 *
 * A valid token is always accepted, however many invalid ones came from the same address: a secret has
 * 256 random bits, and one misconfigured machine must not lock out its whole site. The memory for addresses
 * is limited. Sockets are in `tls-listener.ts`, calls in `call-guard.ts`.
 */
import type { Clock } from '../../base/clock.ts';
import type { ServerLimits } from './server-limits.ts';

const minuteMs = 60_000;
/** Remembered addresses with invalid tokens, and remembered log lines. */
const rememberedMax = 4_096;

export interface ConnectionLimitsOptions {
  readonly limits: ServerLimits;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Receives one sentence per rejected peer, for the log. */
  readonly onRefused: (what: string) => void;
}

export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions;
  readonly #connections = new Map<string, number>();
  #total = 0;
  readonly #badTokens = new MinuteCounts();
  readonly #logged = new MinuteCounts();

  constructor(options: ConnectionLimitsOptions) {
    this.#options = options;
  }

  /** @returns whether the connection is accepted. If so, the caller must call `leave` at its end. */
  enter(address: string): boolean {
    const { connections, connectionsPerAddress } = this.#options.limits;
    const count = this.#connections.get(address) ?? 0;
    if (this.#total >= connections) {
      this.logRefused('all addresses', `${connections} connections are open, so more are refused`);
      return false;
    }
    if (count >= connectionsPerAddress) {
      this.logRefused(address, `${count} connections are open from there, so more are refused`);
      return false;
    }
    this.#connections.set(address, count + 1);
    this.#total += 1;
    return true;
  }

  leave(address: string): void {
    const left = (this.#connections.get(address) ?? 0) - 1;
    if (left > 0) this.#connections.set(address, left);
    else this.#connections.delete(address);
    this.#total -= 1;
  }

  /** @returns whether the peer receives an error; otherwise its connection is closed without one */
  answersBadToken(address: string): boolean {
    const count = this.#badTokens.add(address, this.#options.clock.monotonicMs());
    const isAnswered = count <= this.#options.limits.badTokensPerMinute;
    this.logRefused(
      address,
      isAnswered
        ? 'a bad token was refused'
        : 'too many bad tokens: they no longer receive an error',
    );
    return isAnswered;
  }

  /** Logs a sentence about an address, at most once a minute. */
  logRefused(address: string, what: string): void {
    const count = this.#logged.add(`${address} ${what}`, this.#options.clock.monotonicMs());
    if (count === 1) this.#options.onRefused(`${address}: ${what}`);
  }
}

/** Counts per key. A minute after its first event a key starts at 0 again. */
class MinuteCounts {
  readonly #counts = new Map<string, { readonly sinceMs: number; count: number }>();

  add(key: string, nowMs: number): number {
    const kept = this.#counts.get(key);
    if (kept !== undefined && nowMs - kept.sinceMs < minuteMs) return ++kept.count;
    this.#counts.delete(key); // Moves it to the end: the map is ordered by `sinceMs`.
    if (this.#counts.size >= rememberedMax) this.#forget(nowMs);
    this.#counts.set(key, { sinceMs: nowMs, count: 1 });
    return 1;
  }

  /** Deletes the oldest key, and all keys whose minute is over. */
  #forget(nowMs: number): void {
    const [oldest] = this.#counts.keys();
    if (oldest !== undefined) this.#counts.delete(oldest);
    for (const [key, { sinceMs }] of this.#counts) {
      if (nowMs - sinceMs < minuteMs) break;
      this.#counts.delete(key);
    }
  }
}

/**
 * Who comes in at the door: open connections and bad tokens, counted by address.
 *
 * It counts and judges; sockets are `tls-listener.ts`, calls `call-guard.ts`. What it remembers is
 * bounded, since strangers choose how many addresses they come from. A good token is let in however
 * many bad ones came from the same address: secrets of 256 bits are not guessed, and a colleague's
 * mistake must not lock a whole site out.
 */
import type { ServerLimits } from './server-limits.ts';

const minuteMs = 60_000;
/** Of addresses with a bad token, and of sentences in the log. */
const rememberedMax = 4_096;

export interface FrontDoorOptions {
  readonly limits: Pick<
    ServerLimits,
    'connections' | 'connectionsPerAddress' | 'badTokensPerMinute'
  >;
  readonly monotonicMs: () => number;
  /** For the log: one sentence about a peer that was sent away. */
  readonly onRefused: (what: string) => void;
}

export class FrontDoor {
  readonly #options: FrontDoorOptions;
  readonly #connections = new Map<string, number>();
  #total = 0;
  readonly #badTokens = new MinuteCounts();
  readonly #told = new MinuteCounts();

  constructor(options: FrontDoorOptions) {
    this.#options = options;
  }

  /** @returns whether the connection may stay; then `leave` must follow */
  enter(address: string): boolean {
    const { connections, connectionsPerAddress } = this.#options.limits;
    const ofAddress = this.#connections.get(address) ?? 0;
    if (this.#total >= connections) {
      this.complain('all addresses', `${connections} connections are open, so more are refused`);
      return false;
    }
    if (ofAddress >= connectionsPerAddress) {
      this.complain(address, `${ofAddress} connections are open from there, so more are refused`);
      return false;
    }
    this.#connections.set(address, ofAddress + 1);
    this.#total += 1;
    return true;
  }

  leave(address: string): void {
    const left = (this.#connections.get(address) ?? 0) - 1;
    if (left > 0) this.#connections.set(address, left);
    else this.#connections.delete(address);
    this.#total -= 1;
  }

  /** @returns whether the peer is told why; else it has used up its answers for this minute */
  answersBadToken(address: string): boolean {
    const count = this.#badTokens.add(address, this.#options.monotonicMs());
    const isAnswered = count <= this.#options.limits.badTokensPerMinute;
    this.complain(
      address,
      isAnswered ? 'a bad token was refused' : 'too many bad tokens: they are no longer answered',
    );
    return isAnswered;
  }

  /** Says it once a minute for each address: a flood of peers is not a flood of log lines. */
  complain(address: string, what: string): void {
    const count = this.#told.add(`${address} ${what}`, this.#options.monotonicMs());
    if (count === 1) this.#options.onRefused(`${address}: ${what}`);
  }
}

/** How often something came within the minute that its first coming began. */
class MinuteCounts {
  readonly #counts = new Map<string, { readonly sinceMs: number; count: number }>();

  add(key: string, nowMs: number): number {
    const kept = this.#counts.get(key);
    if (kept !== undefined && nowMs - kept.sinceMs < minuteMs) return ++kept.count;
    this.#counts.delete(key); // To the end: the map is in order of `sinceMs`.
    if (this.#counts.size >= rememberedMax) this.#forget(nowMs);
    this.#counts.set(key, { sinceMs: nowMs, count: 1 });
    return 1;
  }

  /** What is over, and at least the oldest. */
  #forget(nowMs: number): void {
    const [oldest] = this.#counts.keys();
    if (oldest !== undefined) this.#counts.delete(oldest);
    for (const [key, { sinceMs }] of this.#counts) {
      if (nowMs - sinceMs < minuteMs) break;
      this.#counts.delete(key);
    }
  }
}

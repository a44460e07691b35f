/**
 * Session limits: how many sessions are open, how fast new ones are accepted, and how many bytes a second all
 * sessions of a token, and of all tokens, may send together.
 *
 * Each new session costs an entry of a worker and rows in the store, which outlive it. So new sessions are
 * counted by token, and by address in case one machine has many tokens. A refused worker tries again later.
 */
import type { Clock } from '../../base/clock.ts';
import { RidgelineError } from '../../base/errors.ts';
import { MessageRate } from './message-rate.ts';
import type { ServerLimits } from './server-limits.ts';
import type { CallSessionStream } from './session-stream.ts';

/** Remembered addresses. */
const addressesMax = 4_096;

interface TokenUse {
  readonly sessions: Set<CallSessionStream>;
  /** New sessions. */
  readonly opened: MessageRate;
  readonly bytes: MessageRate;
}

export class SessionLimits {
  readonly #limits: ServerLimits;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #tokens = new Map<string, TokenUse>();
  /** New sessions by address, oldest address first. */
  readonly #opened = new Map<string, MessageRate>();
  readonly #bytes: MessageRate;

  constructor(limits: ServerLimits, clock: Pick<Clock, 'monotonicMs'>) {
    this.#limits = limits;
    this.#clock = clock;
    const { totalBytesPerSecond, totalByteBurst } = limits;
    this.#bytes = new MessageRate(totalBytesPerSecond, totalByteBurst, clock.monotonicMs());
  }

  /**
   * Counts a new session.
   *
   * @param host address of the worker, without its port
   * @returns `sessions`: the open ones of the token, to which the caller adds it until its end; `byteRates`:
   *   shared with other sessions
   * @throws RidgelineError COORDINATOR_UNREACHABLE: the worker tries again later
   */
  open(
    tokenId: string,
    host: string,
  ): { readonly sessions: Set<CallSessionStream>; readonly byteRates: readonly MessageRate[] } {
    const { sessions: sessionsMax, sessionsPerToken } = this.#limits;
    const { sessions, opened, bytes } = this.#token(tokenId);
    const open = [...this.#tokens.values()].reduce((sum, token) => sum + token.sessions.size, 0);
    if (open >= sessionsMax) throw sessionsUsedUp(open);
    if (sessions.size >= sessionsPerToken) throw tokenUsedUp(tokenId, sessionsPerToken);
    const nowMs = this.#clock.monotonicMs();
    const { newSessionsPerSecond: perSecond } = this.#limits;
    if (!opened.take(nowMs)) throw tooManyNewSessions(`Token ${tokenId}`, perSecond);
    if (!this.#address(host).take(nowMs)) throw tooManyNewSessions(`Address ${host}`, perSecond);
    return { sessions, byteRates: [bytes, this.#bytes] };
  }

  *all(): Generator<CallSessionStream> {
    for (const { sessions } of this.#tokens.values()) yield* sessions;
  }

  #token(tokenId: string): TokenUse {
    const { tokenBytesPerSecond, tokenByteBurst } = this.#limits;
    const known = this.#tokens.get(tokenId) ?? {
      sessions: new Set(),
      opened: this.#newSessions(),
      bytes: new MessageRate(tokenBytesPerSecond, tokenByteBurst, this.#clock.monotonicMs()),
    };
    this.#tokens.set(tokenId, known);
    return known;
  }

  #address(host: string): MessageRate {
    const known = this.#opened.get(host) ?? this.#newSessions();
    this.#opened.delete(host); // Moves it to the end.
    this.#opened.set(host, known);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > addressesMax && oldest !== undefined) this.#opened.delete(oldest);
    return known;
  }

  #newSessions(): MessageRate {
    const { newSessionsPerSecond, newSessions } = this.#limits;
    return new MessageRate(newSessionsPerSecond, newSessions, this.#clock.monotonicMs());
  }
}

/** Temporary: a worker whose broken stream still counts is accepted a moment later. */
function tokenUsedUp(id: string, sessions: number): RidgelineError {
  return new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `Token ${id} already has ${sessions} open sessions, which is the limit for one token.`,
    'Create another token with `ridgeline token new --role worker`, or stop workers that are not needed.',
  );
}

/** Temporary, as above. */
function sessionsUsedUp(sessions: number): RidgelineError {
  return new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `The coordinator already has ${sessions} workers, which is the limit of its open files (\`ulimit -n\`).`,
    'Raise that limit where the coordinator runs, or stop workers that are not needed.',
  );
}

function tooManyNewSessions(whose: string, perSecond: number): RidgelineError {
  return new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `${whose} has opened too many sessions in a short time: ${perSecond} more are accepted each second.`,
    'Nothing needs to be done: the worker tries again. If this lasts, look for workers that are restarted in a loop.',
  );
}

/**
 * Reconnection: opens one connection to a coordinator after another, until its user ends.
 *
 * Attempts have a growing delay with random jitter, so that a thousand peers do not return at the same
 * moment. An outage is the time from the start, or from a broken connection, until the coordinator has
 * welcomed the peer. It is logged when it begins and then once a minute. If it lasts longer than the wait,
 * the peer gives up: the wait is short before the first welcome, since a wrong address is likely then.
 */
import { setTimeout as timeout } from 'node:timers/promises';
import { durationText } from '../../base/duration.ts';
import { RidgelineError } from '../../base/errors.ts';

export interface ReconnectionOptions {
  /** Longest outage before the first welcome. */
  readonly firstWaitMs: number;
  /** Longest outage after it. */
  readonly waitMs: number;
  /** What happens meanwhile, as a sentence; empty for nothing. */
  readonly meanwhile: string;
  readonly log: (level: 'info' | 'warn', text: string) => void;
  readonly signal: AbortSignal;
}

/** Time and chance, as arguments so that tests need not wait. */
export interface ReconnectionPorts {
  nowMs(): number;
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 to 1. */
  random(): number;
}

const systemPorts: ReconnectionPorts = {
  nowMs: () => performance.now(),
  pause: async (ms, signal) => {
    await timeout(ms, undefined, { signal }).catch(() => undefined);
  },
  random: Math.random,
};

/** Default of `--wait` before and after the first welcome, in seconds. */
export const waitSeconds = { first: 30, later: 86_400 } as const;

const delayMinMs = 200;
/** A quarter of the default lease, so that a worker is back before its leases end. */
const delayMaxMs = 5_000;
const logIntervalMs = 60_000;

interface Outage {
  readonly sinceMs: number;
  loggedMs: number;
  failures: number;
}

export class Reconnection {
  readonly #options: ReconnectionOptions;
  readonly #ports: ReconnectionPorts;
  #hasJoined = false;
  #delayMaxMs = delayMaxMs;
  /** Null while the peer is welcome. */
  #outage: Outage | null;

  constructor(options: ReconnectionOptions, ports: ReconnectionPorts = systemPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#outage = this.#newOutage();
  }

  /** The coordinator has welcomed this peer: the outage is over. @param leaseMs limits later delays */
  welcomed(leaseMs = Infinity): void {
    this.#delayMaxMs = Math.min(delayMaxMs, leaseMs / 4);
    this.#hasJoined = true;
    this.#outage = null;
  }

  /**
   * Runs one conversation after another until `signal` is aborted or `talk` returns null.
   *
   * @param talk connects and talks; returns why the connection closed, or null to end. Receives the start of
   *   the outage for its errors (`ConnectOptions.sinceMs`). Calls `welcomed`.
   * @throws RidgelineError COORDINATOR_UNREACHABLE when the wait is over; other errors of `talk` at once
   */
  async run(talk: (sinceMs: number) => Promise<string | null>): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      let failure: RidgelineError;
      try {
        const reason = await talk(this.#outage?.sinceMs ?? this.#ports.nowMs());
        if (reason === null) return;
        failure = connectionClosed(reason);
      } catch (error) {
        if (signal.aborted) return;
        if (!isUnreachable(error)) throw error;
        failure = error;
      }
      if (signal.aborted) return;
      await this.#ports.pause(this.#failed(failure), signal);
    }
  }

  /** @returns the delay before the next attempt */
  #failed(failure: RidgelineError): number {
    const nowMs = this.#ports.nowMs();
    const outage = (this.#outage ??= this.#newOutage());
    const leftMs = outage.sinceMs + this.#waitMs - nowMs;
    if (leftMs <= 0) throw failure;
    this.#report(outage, failure, leftMs);
    const delayMs = Math.min(delayMinMs * 2 ** Math.min(outage.failures, 10), this.#delayMaxMs);
    outage.failures += 1;
    return Math.min(delayMs * (0.5 + this.#ports.random() / 2), leftMs);
  }

  #report(outage: Outage, { what }: RidgelineError, leftMs: number): void {
    const { log, meanwhile } = this.#options;
    const nowMs = this.#ports.nowMs();
    if (nowMs - outage.loggedMs < logIntervalMs) return;
    outage.loggedMs = nowMs;
    const more = meanwhile === '' || !this.#hasJoined ? '' : ` ${meanwhile}`;
    const text = `${what}${more} Trying again for ${durationText(leftMs)} (--wait).`;
    log(this.#hasJoined && outage.failures === 0 ? 'warn' : 'info', text);
  }

  get #waitMs(): number {
    return this.#hasJoined ? this.#options.waitMs : this.#options.firstWaitMs;
  }

  #newOutage(): Outage {
    return { sinceMs: this.#ports.nowMs(), loggedMs: -Infinity, failures: 0 };
  }
}

export function isUnreachable(error: unknown): error is RidgelineError {
  return error instanceof RidgelineError && error.code === 'COORDINATOR_UNREACHABLE';
}

function connectionClosed(reason: string): RidgelineError {
  return new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `The connection to the coordinator closed: ${reason}`.replace(/\.?$/, '.'),
    'Check that the coordinator is running and that the network works.',
  );
}

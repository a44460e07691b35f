/**
 * Lifetime: whether a worker that will be killed at a known time can still finish a pack.
 *
 * The estimate for a pack is the longest of the last packs of its study on this worker. Before the first one
 * has ended nothing is known, and the worker accepts packs; what it cannot finish is returned in time.
 */
import { durationText } from '../base/duration.ts';
import type { Clock } from '../base/clock.ts';
import type { Assignment } from '../rpc/messages/messages.ts';

/** Packs are returned this long before the end: threads must stop, and messages must arrive. */
const returnMs = 10_000;
const remembered = 8;

export interface LifetimeActions {
  /** Accept no more packs. */
  drain(reason: string): void;
  /** Return the packs that still run. */
  returnPacks(reason: string): void;
}

export class Lifetime implements Disposable {
  readonly #endMs: number;
  readonly #clock: Clock;
  readonly #actions: LifetimeActions;
  readonly #reason: string;
  readonly #timer: NodeJS.Timeout;
  readonly #running = new Map<string, { readonly study: string; readonly sinceMs: number }>();
  /** By study: durations of its last packs. */
  readonly #durations = new Map<string, number[]>();

  /** @param endWallMs when the process is killed, in milliseconds since 1970 */
  constructor(endWallMs: number, clock: Clock, actions: LifetimeActions) {
    const leftMs = endWallMs - clock.wallMs();
    this.#endMs = clock.monotonicMs() + leftMs;
    this.#clock = clock;
    this.#actions = actions;
    this.#reason = `it ends at ${new Date(endWallMs).toISOString().replace(/\.\d+/, '')}`;
    this.#timer = setInterval(() => this.check(), 1_000);
    this.#timer.unref();
  }

  /** Called once a second: returns what cannot be finished, shortly before the end. */
  check(): void {
    if (this.#leftMs() > returnMs) return;
    clearInterval(this.#timer);
    this.#actions.drain(this.#reason);
    this.#actions.returnPacks(this.#reason);
  }

  /** Called before a pack is accepted: drains if it would not end in time. The coordinator gets it back. */
  assigned({ pack, study }: Pick<Assignment, 'pack' | 'study'>): void {
    const estimateMs = Math.max(0, ...(this.#durations.get(study) ?? []));
    if (this.#leftMs() < estimateMs + returnMs) {
      const text =
        estimateMs === 0 ? '' : `, and a pack of ${study} takes ${durationText(estimateMs)}`;
      this.#actions.drain(`${this.#reason}${text}`);
      return;
    }
    this.#running.set(pack, { study, sinceMs: this.#clock.monotonicMs() });
  }

  /** @param isComplete false for a pack that was returned or has crashed */
  ended(pack: string, isComplete: boolean): void {
    const run = this.#running.get(pack);
    this.#running.delete(pack);
    if (run === undefined || !isComplete) return;
    const before = this.#durations.get(run.study) ?? [];
    const duration = this.#clock.monotonicMs() - run.sinceMs;
    this.#durations.set(run.study, [...before, duration].slice(-remembered));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #leftMs(): number {
    return this.#endMs - this.#clock.monotonicMs();
  }
}

/**
 * Stop signals: counts Ctrl-C, SIGTERM and SIGHUP. The first asks for an orderly end, the second for a
 * quick one, the third ends the process at once.
 *
 * A terminal sends Ctrl-C to every process of its group, and a parent (npm, the wrapper script) may
 * forward it: signals within 250 ms count as one.
 */
import { constants } from 'node:os';

type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

const oneSignalMs = 250;
const stopSignals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export class StopSignals implements Disposable {
  readonly #onSignal: (count: number, signal: StopSignal) => void;
  readonly #handlers = new Map<StopSignal, () => void>();
  #count = 0;
  #lastMs = -Infinity;
  #first: StopSignal | null = null;

  /** @param onSignal receives 1, 2, … */
  constructor(onSignal: (count: number, signal: StopSignal) => void) {
    this.#onSignal = onSignal;
    for (const signal of stopSignals) {
      const handler = (): void => this.#received(signal);
      this.#handlers.set(signal, handler);
      process.on(signal, handler);
    }
  }

  /** 128 + the number of the first signal; that of Ctrl-C before any signal. */
  get exitCode(): number {
    return 128 + constants.signals[this.#first ?? 'SIGINT'];
  }

  [Symbol.dispose](): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }

  #received(signal: StopSignal): void {
    const nowMs = performance.now();
    if (nowMs - this.#lastMs < oneSignalMs) return;
    this.#lastMs = nowMs;
    this.#count += 1;
    this.#first ??= signal;
    this.#onSignal(this.#count, signal);
  }
}

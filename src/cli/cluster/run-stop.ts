/**
 * Run stop: how signals end a run. It listens before the first worker can join, so that no moment of the
 * start is left out.
 *
 *     running --first signal--> draining --all workers have left--> stopped
 *                                  \--second signal, or the grace period is over--> returning --> stopped
 *     any --third signal, or no trial is running before the study is submitted--> the process ends
 *
 * While it drains, running trials are finished and workers that join are asked to leave. When it returns,
 * the coordinator puts all running trials back into the queue, without a failure, before it asks the workers
 * to stop them: whatever happens then, nothing is counted.
 */
import type { Launcher } from '../../launch/launcher.ts';
import { countText, durationText } from '../../report/text/number-format.ts';
import type { Coordinator } from '../../coordinator/shell/coordinator-server.ts';
import { StopSignals, graceMs, signalText, type StopOptions } from '../process/stop-signals.ts';

export interface RunStopPorts {
  readonly coordinator: Pick<Coordinator, 'workers' | 'drain' | 'returnTrials' | 'listen'>;
  readonly launcher: Pick<Launcher, 'stop' | 'ended'>;
  /** Value of `--grace` in seconds. */
  readonly grace: number | undefined;
  /** Called at the first signal. */
  readonly announceEnd: () => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

/** How long workers may take to leave once their trials are returned. */
const leaveMs = 1_000;

export class RunStop implements Disposable {
  readonly #ports: RunStopPorts;
  readonly #signals: StopSignals;
  readonly #stopped = Promise.withResolvers<'stopped'>();
  #timer: NodeJS.Timeout | undefined;
  #isRequested = false;
  /** Prints a line; null until the study is submitted. */
  #say: ((text: string) => void) | null = null;
  #isReturning = false;
  #stopListening: () => void = () => undefined;

  constructor(ports: RunStopPorts, options: Omit<StopOptions, 'takesWarnings'> = {}) {
    this.#ports = ports;
    const received = (count: number, signal: NodeJS.Signals): void => {
      if (count > 2) this.#exit();
      else if (count === 2) this.#return(`stopped by a second ${signalText(signal)}`);
      else this.#drain(signal, graceMs(signal, ports.grace, options.hasTerminal));
    };
    this.#signals = new StopSignals(received, { ...options, takesWarnings: true });
  }

  /** The study was submitted, which may have taken long. @param say prints a line */
  submitted(say: (text: string) => void): void {
    this.#say = say;
  }

  /** `ridgeline stop` asks for the end. */
  request(): void {
    this.#signals.request();
  }

  /** Whether a signal has come. */
  get isRequested(): boolean {
    return this.#isRequested;
  }

  get exitCode(): number {
    return this.#signals.exitCode;
  }

  /** Resolves when the run was stopped and no worker is left. */
  get stopped(): Promise<'stopped'> {
    return this.#stopped.promise;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#stopListening();
    this.#signals[Symbol.dispose]();
  }

  #drain(signal: NodeJS.Signals, grace: number | null): void {
    const { coordinator, launcher, announceEnd } = this.#ports;
    this.#isRequested = true;
    announceEnd();
    const packs = busyText(coordinator);
    if (packs === null && this.#say === null) {
      this.#exit();
      return;
    }
    launcher.stop('when-drained');
    const left = drainAll(coordinator, `the run was stopped by ${signalText(signal)}`);
    this.#stopListening = left.stopListening;
    void Promise.all([launcher.ended, left.promise]).then(() => this.#stopped.resolve('stopped'));
    if (packs === null) {
      this.#say?.(`draining: no pack of trials still running (${signalText(signal)})`);
      this.#return('the run was stopped');
      return;
    }
    const how = grace === null ? 'press Ctrl-C again to return them' : graceText(grace);
    this.#say?.(`draining: ${packs} still running; ${how}`);
    if (grace === null) return;
    const isOver = 'the run was stopped, and the grace period is over';
    this.#timer = setTimeout(() => this.#return(isOver), grace);
  }

  #return(reason: string): void {
    if (this.#isReturning) return;
    this.#isReturning = true;
    clearTimeout(this.#timer);
    const { coordinator, launcher } = this.#ports;
    const packs = busyText(coordinator);
    if (packs !== null) this.#say?.(`returning ${packs}; press Ctrl-C again to quit immediately`);
    coordinator.returnTrials(`${reason}; it will be run again`);
    launcher.stop('return-trials');
    void this.#endSoon();
  }

  /** Workers of other machines may not answer. */
  async #endSoon(): Promise<void> {
    await this.#ports.launcher.ended;
    this.#timer = setTimeout(() => this.#stopped.resolve('stopped'), leaveMs);
  }

  #exit(): void {
    this.#ports.launcher.stop('kill');
    this.#ports.exit(this.exitCode);
  }
}

function graceText(grace: number): string {
  return `those that run longer than ${durationText(grace)} (--grace) are returned`;
}

/** Null if no pack is running. */
function busyText(coordinator: RunStopPorts['coordinator']): string | null {
  const busy = coordinator.workers().reduce((sum, worker) => sum + worker.busy, 0);
  return busy === 0 ? null : `${countText(busy, 'pack')} of trials`;
}

/** Drains all workers, also those that join later, until `stopListening`. `promise`: none is connected. */
export function drainAll(
  coordinator: Pick<Coordinator, 'workers' | 'drain' | 'listen'>,
  reason: string,
): { readonly promise: Promise<void>; readonly stopListening: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const check = (): void => {
    if (coordinator.workers().every(({ state }) => state === 'lost')) resolve();
  };
  const stopListening = coordinator.listen((event) => {
    if (event.kind === 'worker-joined') coordinator.drain(event.worker, reason);
    check();
  });
  coordinator.drain(null, reason);
  check();
  return { promise, stopListening };
}

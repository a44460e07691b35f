/**
 * Stop signals: which signals request the end of a command, and which leave it running.
 *
 * `StopSignals` counts requests. The first requests an orderly end, the second a quick one; the third ends
 * the process at once.
 *
 * | signal | meaning |
 * | --- | --- |
 * | SIGINT, SIGTERM | a request |
 * | SIGHUP | a request if a terminal is attached: it was closed. Otherwise ignored, as under `nohup` |
 * | SIGUSR1, SIGUSR2 | warnings of batch schedulers before they kill: a request for commands that train, else ignored |
 *
 * `surviveSignals` makes all commands ignore what is not a request. Node's defaults would end the process,
 * and open a debugger on SIGUSR1.
 */
import type { EventEmitter } from 'node:events';
import { constants } from 'node:os';
import { isatty } from 'node:tty';

/** Signals within this time count as one: a terminal and a parent process may both send them. */
const oneSignalMs = 250;
const requests = ['SIGINT', 'SIGTERM'] as const;
const warnings = ['SIGUSR1', 'SIGUSR2'] as const;

/** Whether a stream of this process is a terminal. Read at the start: a closed terminal is none. */
const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));

const listening = new Set<StopSignals>();

export interface StopOptions {
  /** Whether the warnings of batch schedulers are requests. */
  readonly takesWarnings?: boolean;
  readonly hasTerminal?: boolean;
  /** Where signals come from; default: the process. */
  readonly source?: EventEmitter;
}

export class StopSignals implements Disposable {
  readonly #onSignal: (count: number, signal: NodeJS.Signals) => void;
  readonly #signals: ReadonlySet<NodeJS.Signals>;
  readonly #source: EventEmitter;
  #count = 0;
  #lastMs = -Infinity;
  #first: NodeJS.Signals = 'SIGINT';

  /** @param onSignal receives 1, 2, … */
  constructor(
    onSignal: (count: number, signal: NodeJS.Signals) => void,
    options: StopOptions = {},
  ) {
    this.#onSignal = onSignal;
    this.#signals = new Set([
      ...requests,
      ...((options.hasTerminal ?? hasTerminal) ? (['SIGHUP'] as const) : []),
      ...(options.takesWarnings === true ? warnings : []),
    ]);
    this.#source = options.source ?? process;
    listening.add(this);
    for (const signal of this.#signals) this.#source.on(signal, this.#received);
  }

  /** 128 + the number of the first signal; before any signal, the code for Ctrl-C. */
  get exitCode(): number {
    return 128 + constants.signals[this.#first];
  }

  /** Counts like a signal: the process was asked to end in another way. */
  request(): void {
    this.#received('SIGTERM');
  }

  handles(signal: NodeJS.Signals, source: EventEmitter): boolean {
    return this.#source === source && this.#signals.has(signal);
  }

  [Symbol.dispose](): void {
    listening.delete(this);
    for (const signal of this.#signals) this.#source.off(signal, this.#received);
  }

  readonly #received = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (nowMs - this.#lastMs < oneSignalMs) return;
    this.#lastMs = nowMs;
    this.#count += 1;
    if (this.#count === 1) this.#first = signal;
    this.#onSignal(this.#count, signal);
  };
}

/** Default of `--grace`, in seconds: a container platform kills 10 s after SIGTERM. */
const graceSeconds = 8;

/**
 * How long running trials may continue after a signal.
 *
 * @param grace the value of `--grace` in seconds; undefined if it is not given
 * @returns null: until they have finished, as Ctrl-C can be pressed again
 */
export function graceMs(
  signal: NodeJS.Signals,
  grace: number | undefined,
  isAttended = hasTerminal,
): number | null {
  if (grace === undefined && signal === 'SIGINT' && isAttended) return null;
  return (grace ?? graceSeconds) * 1_000;
}

/** A signal as people know it. */
export function signalText(signal: NodeJS.Signals): string {
  return signal === 'SIGINT' ? 'Ctrl-C' : signal;
}

/** Prints that a signal was ignored. */
let report: (text: string) => void = () => undefined;

export function reportIgnoredSignals(print: (text: string) => void): void {
  report = print;
}

type Survivor = Pick<NodeJS.Process, 'pid' | 'exit'> & EventEmitter;

/** Called before anything else is loaded: until then, Node's defaults apply. */
export function surviveSignals(
  isAttended = hasTerminal,
  process: Survivor = globalThis.process,
): void {
  const ignored = isAttended ? warnings : ([...warnings, 'SIGHUP'] as const);
  for (const signal of ignored)
    process.on(signal, () => {
      if (!isHandled(signal, process)) report(ignoredText(signal));
    });
  // The kernel ignores signals of the first process of a container if it has no handler for them.
  if (process.pid !== 1) return;
  for (const signal of requests)
    process.on(signal, () => {
      if (!isHandled(signal, process)) process.exit(128 + constants.signals[signal]);
    });
}

function isHandled(signal: NodeJS.Signals, source: EventEmitter): boolean {
  return [...listening].some((signals) => signals.handles(signal, source));
}

function ignoredText(signal: NodeJS.Signals): string {
  const why =
    signal === 'SIGHUP' ? 'no terminal is attached' : 'only commands that train stop on a warning';
  return `${signal} ignored: ${why}. SIGTERM stops this command.`;
}

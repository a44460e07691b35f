/**
 * Local launcher: runs workers as processes on this machine.
 *
 * Each process has its own process group, so a terminal's Ctrl-C reaches only `run`, which decides what
 * to do. An IPC channel ties it to `run`: when the channel closes, the worker exits, however `run`
 * ended. The join string goes through standard input, never through the arguments, which `ps` shows.
 *
 * A worker that exits is replaced, after a pause that grows with each exit. Exits in a row count until the
 * worker finishes a trial: after a few without joining the coordinator, or many without finishing a trial,
 * it counts as failed and is not replaced. How long it ran does not matter: machines may be slow.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Logger } from 'pino';
import { assert } from '../base/assert.ts';
import type { Launcher, LauncherEnd, StopMode } from './launcher.ts';
import { addressFlags, childFlags, lowMemoryEnvironment } from './process-flags.ts';

export interface LocalLauncherOptions {
  /** Path of the program; each worker is started as `PROGRAM worker --join - …`. */
  readonly program: string;
  /** Workers start at once and receive it when it resolves. */
  readonly joinText: Promise<string>;
  /** Options of `ridgeline worker`, such as `--threads`, `--pack` and `--cache`. */
  readonly workerArguments: readonly string[];
  readonly log: Pick<Logger, 'warn' | 'error'>;
}

/** Exits in a row after which a worker is not replaced: before it joined, and before it finished a trial. */
const unjoinedMax = 3;
const unfinishedMax = 10;
/** The pause before the second restart; each further one doubles it, up to the maximum. */
const pauseMinMs = 500;
const pauseMaxMs = 60_000;

/** Exits of a worker in a row: since it joined, and since it finished a trial. */
interface Exits {
  unjoined: number;
  unfinished: number;
}

export class LocalLauncher implements Launcher {
  readonly #options: LocalLauncherOptions;
  readonly #children = new Map<number, ChildProcess>();
  /** Workers that wait to be restarted. */
  readonly #pausing = new Map<number, NodeJS.Timeout>();
  readonly #exits = new Map<number, Exits>();
  readonly #ended = Promise.withResolvers<LauncherEnd>();
  #started = 0;
  #stopping = false;

  constructor(options: LocalLauncherOptions) {
    this.#options = options;
  }

  get ended(): Promise<LauncherEnd> {
    return this.#ended.promise;
  }

  start(count: number): void {
    if (this.#stopping) return;
    for (let i = 0; i < count; i++) this.#spawn(++this.#started);
  }

  count(): number {
    return this.#children.size + this.#pausing.size;
  }

  succeeded(worker: string, what: 'joined' | 'finished'): void {
    const exits = this.#exits.get(Number(/^local-(\d+)$/.exec(worker)?.[1]));
    if (exits === undefined) return;
    exits.unjoined = 0;
    if (what === 'finished') exits.unfinished = 0;
  }

  stop(mode: StopMode): void {
    this.#stopping = true;
    for (const pause of this.#pausing.values()) clearTimeout(pause);
    this.#pausing.clear();
    if (this.#children.size === 0) this.#ended.resolve('stopped');
    if (mode === 'when-drained') return;
    for (const child of this.#children.values())
      child.kill(mode === 'kill' ? 'SIGKILL' : 'SIGTERM');
  }

  #spawn(index: number): void {
    const { program, workerArguments, joinText, log } = this.#options;
    const names = ['--join', '-', '--local', '--name', `local-${index}`];
    const child = spawn(
      process.execPath,
      [...childFlags, ...addressFlags(), program, 'worker', ...names, ...workerArguments],
      {
        env: { ...process.env, ...lowMemoryEnvironment },
        detached: true,
        stdio: ['pipe', 'ignore', 'inherit', 'ipc'],
      },
    );
    this.#children.set(index, child);
    assert(child.stdin, 'standard input is a pipe');
    child.stdin.on('error', () => undefined); // The worker exited before it read; `close` reports it.
    const { stdin } = child;
    void joinText.then((text) => stdin.end(`${text}\n`));
    child.on('error', (error) =>
      log.error(`local worker ${index} could not be started: ${error.message}`),
    );
    child.once('close', (code, signal) => {
      this.#children.delete(index);
      this.#exited(index, signal ?? `exit code ${code}`);
    });
  }

  #exited(index: number, how: string): void {
    const { log } = this.#options;
    const { unjoined, unfinished } = this.#countExit(index);
    const isFailed = unjoined >= unjoinedMax || unfinished >= unfinishedMax;
    if (!this.#stopping && !isFailed) {
      const pauseMs =
        unfinished === 1 ? 0 : Math.min(pauseMaxMs, pauseMinMs * 2 ** (unfinished - 2));
      const when = pauseMs < 1_000 ? '' : ` in ${pauseMs / 1_000} s`;
      log.warn(`local worker ${index} exited (${how}); it is restarted${when}`);
      const restart = (): void => {
        this.#pausing.delete(index);
        this.#spawn(index);
      };
      this.#pausing.set(index, setTimeout(restart, pauseMs));
      return;
    }
    if (!this.#stopping) {
      const without = unjoined >= unjoinedMax ? 'joining' : 'finishing a trial';
      const times = unjoined >= unjoinedMax ? unjoined : unfinished;
      log.error(
        `local worker ${index} exited ${times} times in a row without ${without} (${how}); it is not restarted`,
      );
    }
    if (this.count() === 0) this.#ended.resolve(this.#stopping ? 'stopped' : 'failed');
  }

  #countExit(index: number): Exits {
    const exits = this.#exits.get(index) ?? { unjoined: 0, unfinished: 0 };
    this.#exits.set(index, exits);
    exits.unjoined += 1;
    exits.unfinished += 1;
    return exits;
  }
}

/**
 * Local launcher: runs workers as processes on this machine.
 *
 * Each process has its own process group, so a terminal's Ctrl-C reaches only `run`, which decides what
 * to do. An IPC channel ties it to `run`: when the channel closes, the worker exits, however `run`
 * ended. The join string goes through standard input, never through the arguments, which `ps` shows.
 *
 * A worker that exits is replaced. After several exits in a row right after its start, it counts as failed
 * and is not replaced.
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

/** A worker that runs for less than this counts as failed at its start. */
const shortRunMs = 3_000;
const shortRunsMax = 3;

export class LocalLauncher implements Launcher {
  readonly #options: LocalLauncherOptions;
  readonly #children = new Map<number, ChildProcess>();
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
    for (let i = 0; i < count; i++) this.#spawn(++this.#started, 0);
  }

  count(): number {
    return this.#children.size;
  }

  stop(mode: StopMode): void {
    this.#stopping = true;
    if (this.#children.size === 0) this.#ended.resolve('stopped');
    if (mode === 'when-drained') return;
    for (const child of this.#children.values())
      child.kill(mode === 'kill' ? 'SIGKILL' : 'SIGTERM');
  }

  /** @param shortRuns consecutive short runs of the worker with this number */
  #spawn(index: number, shortRuns: number): void {
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
    const startedMs = performance.now();
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
      const isShort = performance.now() - startedMs < shortRunMs;
      this.#exited(index, isShort ? shortRuns + 1 : 0, signal ?? `exit code ${code}`);
    });
  }

  #exited(index: number, shortRuns: number, how: string): void {
    const { log } = this.#options;
    if (!this.#stopping && shortRuns < shortRunsMax) {
      log.warn(`local worker ${index} exited (${how}); it is restarted`);
      this.#spawn(index, shortRuns);
      return;
    }
    if (!this.#stopping)
      log.error(
        `local worker ${index} exited ${shortRuns} times right after its start (${how}); it is not restarted`,
      );
    if (this.#children.size === 0) this.#ended.resolve(this.#stopping ? 'stopped' : 'failed');
  }
}

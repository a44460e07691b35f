/**
 * The worker processes that `run` starts on this machine.
 *
 * Each is a process of its own, in a group of its own so that a terminal's Ctrl-C reaches only `run`,
 * which alone decides what it means. An IPC channel ties it to `run`: it ends when the channel closes,
 * however `run` ended. The join string goes through standard input, never through the arguments.
 *
 * A worker that dies is started again; one that dies at once, several times over, is given up.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { assert } from '../base/assert.ts';
import { leanEnvironment, leanFlags } from './process-flags.ts';

export interface LocalWorkerOptions {
  readonly count: number;
  readonly joinText: string;
  /** `--threads`, `--pack`, `--cache`, … as `worker` takes them. */
  readonly workerArguments: readonly string[];
  readonly log: Logger;
  /** No local worker is left and none will be started again. */
  readonly onAllGone: () => void;
}

/** A worker that lived shorter than this did not do anything. */
const shortLifeMs = 3_000;
const shortLivesMax = 3;

export class LocalWorkers {
  readonly #options: LocalWorkerOptions;
  readonly #children = new Map<number, ChildProcess>();
  readonly #gone = Promise.withResolvers<void>();
  #leaving = false;

  constructor(options: LocalWorkerOptions) {
    this.#options = options;
    if (options.count === 0) this.#gone.resolve();
    for (let index = 1; index <= options.count; index++) this.#start(index, 0);
  }

  /** From now on a worker that ends is not started again. */
  expectLeaving(): void {
    this.#leaving = true;
    if (this.#children.size === 0) this.#gone.resolve();
  }

  /** Gives running trials back at once: the second signal to a draining worker. */
  giveBack(): void {
    for (const child of this.#children.values()) child.kill('SIGTERM');
  }

  kill(): void {
    for (const child of this.#children.values()) child.kill('SIGKILL');
  }

  /** Resolves when every worker process has ended. */
  async ended(): Promise<void> {
    await this.#gone.promise;
  }

  #start(index: number, shortLives: number): void {
    const main = fileURLToPath(new URL(`../cli/main${extname(import.meta.url)}`, import.meta.url));
    const { workerArguments, joinText } = this.#options;
    const child = spawn(
      process.execPath,
      [
        ...leanFlags,
        main,
        'worker',
        '--join',
        '-',
        '--local',
        '--name',
        `local-${index}`,
        ...workerArguments,
      ],
      {
        env: { ...process.env, ...leanEnvironment },
        detached: true,
        stdio: ['pipe', 'ignore', 'inherit', 'ipc'],
      },
    );
    const startedMs = performance.now();
    this.#children.set(index, child);
    assert(child.stdin, 'standard input is a pipe');
    child.stdin.on('error', () => undefined); // It died before it read: its end is told below.
    child.stdin.end(`${joinText}\n`);
    child.on('error', (error) =>
      this.#options.log.error(`local worker ${index} could not be started: ${error.message}`),
    );
    child.once('close', (code, signal) => {
      this.#children.delete(index);
      const lives = performance.now() - startedMs < shortLifeMs ? shortLives + 1 : 0;
      this.#ended(index, lives, signal ?? `exit code ${code}`);
    });
  }

  #ended(index: number, shortLives: number, how: string): void {
    if (this.#leaving) {
      if (this.#children.size === 0) this.#gone.resolve();
      return;
    }
    if (shortLives < shortLivesMax) {
      this.#options.log.warn(
        `local worker ${index} ended (${how}); its trials go back to the queue and it is started again`,
      );
      this.#start(index, shortLives);
      return;
    }
    this.#options.log.error(
      `local worker ${index} ended ${shortLives} times right after its start (${how}); it is given up`,
    );
    if (this.#children.size > 0) return;
    this.#gone.resolve();
    this.#options.onAllGone();
  }
}

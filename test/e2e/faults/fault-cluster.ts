/**
 * Fault cluster: a coordinator process that can be killed and restarted at the same address, worker
 * processes, and their books.
 */
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import {
  ridgeline,
  scratchDir,
  start,
  type OnEnd,
  type Running,
  type StartOptions,
} from '../support/processes.ts';
import { Books } from './books.ts';

export interface ClusterOptions {
  readonly onEnd: OnEnd;
  /** Default: ten minutes, so that none expires on a busy machine. */
  readonly leaseSeconds?: number;
  readonly stateDir?: string;
}

export class FaultCluster {
  readonly dir: string;
  readonly state: string;
  readonly books = new Books();
  readonly #options: ClusterOptions;
  readonly #port: number;
  #workers = 0;

  private constructor(options: ClusterOptions, port: number) {
    this.#options = options;
    this.#port = port;
    this.dir = scratchDir(options.onEnd);
    this.state = options.stateDir ?? join(this.dir, 'state');
  }

  static async make(options: ClusterOptions): Promise<FaultCluster> {
    return new FaultCluster(options, await freePort());
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get joinFile(): string {
    return join(this.state, 'worker.join');
  }

  /** Starts or restarts the coordinator, and waits until it listens. */
  async coordinator(study: string, options: StartOptions = {}): Promise<Running> {
    const { leaseSeconds = 600, onEnd } = this.#options;
    const running = start(
      [
        'coordinator',
        study,
        '--listen',
        this.address,
        '--state',
        this.state,
        '--lease',
        String(leaseSeconds),
      ],
      { onEnd, ...options },
    );
    await running.prints(/ridgeline worker --join/);
    return running;
  }

  /** Starts a worker that trains one trial at a time, with a new name unless one is given. */
  worker(
    options: StartOptions & {
      readonly join?: string;
      readonly args?: string[];
      readonly name?: string;
    } = {},
  ): Worker {
    this.#workers += 1;
    const { name = `w${this.#workers}` } = options;
    const running = start(
      [
        'worker',
        '--join',
        options.join ?? `@${this.joinFile}`,
        '--threads',
        '1',
        '--pack',
        '1',
        '--name',
        name,
        '--cache',
        join(this.dir, 'cache'),
        '--wait',
        '120',
        '--grace',
        '86400',
        '--debug',
        ...(options.args ?? []),
      ],
      {
        onEnd: this.#options.onEnd,
        ...options,
        env: { RIDGELINE_LOG_FORMAT: 'json', ...options.env },
      },
    );
    this.books.keep(running);
    return { name, running };
  }

  async command(...args: readonly string[]): Promise<string> {
    return await this.plain(...args, '--state', this.state);
  }

  /** Runs a command without `--state`. */
  async plain(...args: readonly string[]): Promise<string> {
    const { onEnd } = this.#options;
    const done = await ridgeline(args, { onEnd });
    if (done.code !== 0) throw new Error(`${args.join(' ')}: ${done.code}\n${done.stderr}`);
    return done.stdout;
  }
}

export interface Worker {
  readonly name: string;
  readonly running: Running;
}

const trialLine = /(?:coarse|fine)\/\d+ .* on w\d+/g;

/** Waits until `count` trials have ended since this coordinator was started. */
export async function trialsEnded(coordinator: Running, count: number): Promise<void> {
  await coordinator.until(() => {
    const ended = coordinator.stderr.match(trialLine)?.length ?? 0;
    if (ended < count && coordinator.stderr.includes(' is complete'))
      throw new Error('the study ended before the faults did');
    return ended >= count ? ended : null;
  }, `the end of ${count} trials`);
}

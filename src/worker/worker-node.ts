/**
 * The node: a session with a coordinator, data in memory, threads that train.
 *
 * This is the shell around `session.ts`: it carries messages to it and its effects out. When the
 * stream breaks, threads go on and results are kept while it dials again; only when nobody answers
 * for a long time does it give up.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as timeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { RidgelineError, messageOf } from '../base/errors.ts';
import { nothingFails, type Reached } from '../base/failpoint.ts';
import { openPartCache } from '../dataset/shards/shard-cache.ts';
import type { Assignment, CoordinatorMessage, WorkerMessage } from '../rpc/messages/messages.ts';
import type { JoinTarget } from '../rpc/credentials/join-string.ts';
import { connectSession, type WorkerStream } from '../rpc/client/session-client.ts';
import type { DatasetReference } from '../study/spec/dataset-reference.ts';
import { trialName, type TrialResult } from '../study/trial.ts';
import { computeSelfTestDigest } from '../trainers/two-layer/arithmetic-self-test.ts';
import { DatasetHolder } from './dataset-holder.ts';
import { openKernel, type KernelSource } from '../trainers/two-layer/kernel-file.ts';
import { WorkerSession, type SessionEffect } from './session.ts';
import { ThreadPool, type TrainRequest } from './thread-pool.ts';

export interface WorkerOptions {
  readonly join: JoinTarget;
  readonly name: string;
  readonly threads: number;
  readonly packMax: number;
  readonly kernel: KernelSource;
  readonly cacheDir: string;
  readonly version: string;
  /** How long to look for the coordinator: at first, and again whenever it was lost. */
  readonly waitMs: number;
  /** How long running trials may go on after the first signal. */
  readonly graceMs: number;
  readonly log: Logger;
  /** Told whenever a stream is up: at first, and again after each that was lost. */
  readonly onJoined?: (name: string) => void;
  readonly reached?: Reached;
}

/**
 * Dialling again: this long at first, doubling up to the limit, each time by a random share of it. The
 * limit is what a coordinator that is back waits for its workers; a refused connection costs nobody much.
 */
const backOffMinMs = 200;
const backOffMaxMs = 1_000;
const shortStreamMs = 1_000;

/** Joins and works until it is told to leave; its promise is the reason. */
export class WorkerNode implements AsyncDisposable {
  readonly #options: WorkerOptions;
  readonly #session: WorkerSession;
  readonly #pool: ThreadPool;
  readonly #data: DatasetHolder;
  readonly #left = Promise.withResolvers<string>();
  readonly #stop = new AbortController();
  #stream: WorkerStream | null = null;
  #heartbeat: NodeJS.Timeout | null = null;

  private constructor(options: WorkerOptions, data: DatasetHolder) {
    this.#options = options;
    this.#data = data;
    this.#pool = new ThreadPool(options.threads, options.kernel);
    this.#session = new WorkerSession({
      session: randomUUID(),
      name: options.name,
      version: options.version,
      threads: options.threads,
      packMax: options.packMax,
      kernel: options.kernel.name,
      selfTestDigest: computeSelfTestDigest(openKernel(options.kernel)),
    });
  }

  static async start(options: WorkerOptions): Promise<WorkerNode> {
    const cache = await openPartCache(options.cacheDir);
    return new WorkerNode(options, new DatasetHolder(cache));
  }

  /**
   * Serves until the session leaves.
   *
   * @returns why it left
   * @throws RidgelineError COORDINATOR_UNREACHABLE, TOKEN_REFUSED, CA_REFUSED, VERSION_MISMATCH
   */
  async run(): Promise<string> {
    const serving = this.#serve();
    const reason = await Promise.race([this.#left.promise, serving]);
    this.#stop.abort();
    this.#stream?.close();
    await serving.catch(() => undefined);
    return reason;
  }

  /** Finishes what runs and leaves; what still runs when the grace is over is given back. */
  drain(reason: string): void {
    this.#perform(this.#session.drain(reason));
    setTimeout(
      () => this.giveBack(`${reason}, and the grace was over`),
      this.#options.graceMs,
    ).unref();
  }

  /** Stops what runs, for others to train. */
  giveBack(reason: string): void {
    this.#perform(this.#session.giveBack(reason));
    if (this.#stream === null) this.#left.resolve(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#stop.abort();
    this.#stream?.close();
    await this.#pool[Symbol.asyncDispose]();
  }

  /** One stream after another, until told to stop. */
  async #serve(): Promise<string> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const stream = await this.#connect(signal);
      if (stream === null) break;
      const openedMs = performance.now();
      const reason = await this.#converse(stream);
      if (signal.aborted) break;
      this.#options.log.warn(`connection to the coordinator closed: ${reason}`);
      // Let in and shown out at once: it cannot store anything now, and is not dialled in a loop.
      if (performance.now() - openedMs < shortStreamMs) await pause(shortStreamMs, signal);
    }
    return 'stopped';
  }

  /** Dials until somebody answers or the wait is over. */
  async #connect(signal: AbortSignal): Promise<WorkerStream | null> {
    const sinceMs = performance.now();
    const giveUpAtMs = sinceMs + this.#options.waitMs;
    for (
      let backOffMs = backOffMinMs;
      !signal.aborted;
      backOffMs = Math.min(2 * backOffMs, backOffMaxMs)
    ) {
      try {
        return await connectSession(this.#options.join, { signal, sinceMs });
      } catch (error) {
        const isAbsent =
          error instanceof RidgelineError && error.code === 'COORDINATOR_UNREACHABLE';
        if (signal.aborted) return null;
        if (!isAbsent || performance.now() >= giveUpAtMs) throw error;
        this.#options.log.info(`${error.what} Trying again.`);
      }
      await pause(backOffMs * (0.5 + Math.random() / 2), signal);
    }
    return null;
  }

  /** @returns why the stream closed */
  async #converse(stream: WorkerStream): Promise<string> {
    const closed = Promise.withResolvers<string>();
    this.#stream = stream;
    stream.onClosed((error) => {
      this.#session.streamClosed();
      this.#stream = null;
      if (error instanceof RidgelineError && error.code !== 'COORDINATOR_UNREACHABLE')
        closed.reject(error);
      else closed.resolve(error === null ? 'the coordinator ended it' : messageOf(error));
    });
    stream.onMessage((message) => this.#received(message));
    stream.send(this.#session.hello(this.#pool.progress()));
    return await closed.promise;
  }

  #received(message: CoordinatorMessage): void {
    if (message.kind === 'welcome') {
      if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
      this.#heartbeat = setInterval(
        () => this.#perform(this.#session.heartbeat(this.#pool.progress())),
        message.heartbeatMs,
      );
      this.#options.onJoined?.(message.name);
    }
    if (message.kind === 'answer') this.#logAnswer(message);
    this.#perform(this.#session.received(message));
  }

  /** With `--debug`: a record, outside the coordinator, of what was computed and what it promised to have. */
  #logResults({ members }: Assignment, results: readonly TrialResult[]): void {
    if (!this.#options.log.isLevelEnabled('debug')) return;
    for (const [index, result] of results.entries()) {
      const key = members[index]?.key;
      if (key === undefined) continue;
      const { study, attempt } = key;
      const digest = result.kind === 'complete' ? result.digest : null;
      this.#options.log.debug({ study, trial: trialName(key.trial), attempt, digest }, 'trained');
    }
  }

  #logAnswer({ key, answer }: Extract<CoordinatorMessage, { kind: 'answer' }>): void {
    const { study, attempt } = key;
    this.#options.log.debug({ study, trial: trialName(key.trial), attempt, answer }, 'answered');
  }

  #perform(effects: readonly SessionEffect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'send':
          this.#send(effect.message);
          break;
        case 'train':
          void this.#train(effect.assignment);
          break;
        case 'stop':
          this.#pool.stop(effect.pack, effect.reason);
          break;
        case 'fetch':
          void this.#fetch(effect.dataset, effect.reference);
          break;
        case 'say':
          this.#options.log.info(effect.text);
          break;
        case 'leave':
          this.#left.resolve(effect.reason);
          break;
      }
    }
  }

  #send(message: WorkerMessage): void {
    const reached = this.#options.reached ?? nothingFails;
    reached('before-send', [message.kind]);
    this.#stream?.send(message);
    reached('after-send', [message.kind]);
  }

  async #train(assignment: Assignment): Promise<void> {
    const { pack, members } = assignment;
    this.#options.log.debug({ pack }, 'training');
    try {
      const end = await this.#pool.train(
        pack,
        this.#requestOf(assignment),
        ({ member, measurement }) => {
          const key = members[member]?.key;
          if (key !== undefined) this.#stream?.send({ kind: 'measured', key, measurement });
        },
      );
      if (end.kind === 'stopped') return this.#perform(this.#session.packStopped(pack, end));
      this.#logResults(assignment, end.results);
      this.#perform(this.#session.packEnded(pack, end.results));
    } catch (error) {
      const reason = messageOf(error);
      this.#options.log.error(`pack ${pack} crashed: ${reason}`);
      this.#perform(this.#session.packStopped(pack, { kind: 'crashed', reason }));
    }
  }

  async #requestOf(assignment: Assignment): Promise<TrainRequest> {
    const data = await this.#data.get(assignment.dataset, (digest) => {
      if (this.#stream !== null) return this.#stream.fetchPart(digest, 0);
      throw new Error(`data set ${assignment.dataset} is no longer here, nor is the coordinator`);
    });
    const { seed, replicate, settings, measureTest, members } = assignment;
    return {
      seed,
      replicate,
      settings,
      measureTest,
      lambdas: members.map((member) => member.lambda),
      data,
    };
  }

  async #fetch(dataset: string, reference: DatasetReference): Promise<void> {
    const stream = this.#stream;
    if (stream === null) return;
    try {
      await this.#data.load(reference, (digest) => stream.fetchPart(digest, 0));
      this.#perform(this.#session.datasetReady(dataset));
    } catch (error) {
      // A broken stream is no verdict on the data: the coordinator asks again on the next one.
      if (this.#stream !== stream) return;
      this.#options.log.error(messageOf(error));
      this.#perform(
        this.#session.datasetFailed(
          dataset,
          error instanceof RidgelineError ? error.what : messageOf(error),
        ),
      );
    }
  }
}

/** Waits, or returns at once when `signal` fires. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await timeout(ms, undefined, { signal }).catch(() => undefined);
}

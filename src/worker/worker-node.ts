/**
 * Worker node: the process of a worker. Carries messages between a session and its coordinator, and
 * performs the session's effects: training, downloads, log lines.
 *
 * If the stream breaks, training continues and results are kept while the node connects again
 * (`rpc/client/reconnection.ts`).
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { systemClock } from '../base/clock.ts';
import { RidgelineError, errorMessage } from '../base/errors.ts';
import { nothingFails, type Reached } from '../base/failpoint.ts';
import { openShardCache } from '../dataset/shards/shard-cache.ts';
import type { Assignment, CoordinatorMessage, WorkerMessage } from '../rpc/messages/messages.ts';
import type { JoinTarget } from '../rpc/credentials/join-string.ts';
import { Reconnection, isUnreachable } from '../rpc/client/reconnection.ts';
import { connectSession, type WorkerStream } from '../rpc/client/session-client.ts';
import type { DatasetReference } from '../study/spec/dataset-reference.ts';
import type { Measurement } from '../study/trial.ts';
import type { DescribeTrainer } from '../study/trainer-description.ts';
import { selfTest, type TrainerSource } from '../trainers/open-trainer.ts';
import { abortOf, pause } from './abort.ts';
import { allowedNeeds } from './command/allowance.ts';
import { CommandFailure } from './command/command-failure.ts';
import { readMachineId } from './machine-id.ts';
import { Lifetime } from './lifetime.ts';
import { WorkerSession, type SessionEffect } from './session.ts';
import { PackRunner, type PackRunnerOptions } from './pack-runner.ts';
import { StateKeeper } from './states/state-keeper.ts';
import { StateUploads } from './states/state-uploads.ts';
import { logResults, logTrial } from './trial-log.ts';
import { processorModel } from './processor-model.ts';

export interface WorkerOptions {
  /** Called before each connection: the coordinator may have another address after a restart. */
  readonly join: () => Promise<JoinTarget>;
  readonly name: string;
  readonly threads: number;
  readonly packMax: number;
  readonly trainer: TrainerSource;
  readonly describeTrainer: DescribeTrainer;
  /** Programs of users, and how they run. */
  readonly commands: PackRunnerOptions['commands'];
  readonly cacheDir: string;
  /** Most bytes of states of trials on disk, in the cache directory; 0: none. */
  readonly stateMax: number;
  readonly version: string;
  /** How long to try to connect, at the start and after each broken connection. */
  readonly firstWaitMs: number;
  readonly waitMs: number;
  /** When the process will be killed, in milliseconds since 1970; null if unknown. */
  readonly endWallMs: number | null;
  readonly log: Logger;
  /** Called after each connection, with the name that the coordinator uses and its address. */
  readonly onJoined?: (name: string, address: string) => void;
  readonly reached?: Reached;
}

/** Time between two requests for the data of a coordinator that is still decoding it. */
const fetchRetryMs = 1_000;

export class WorkerNode implements AsyncDisposable {
  readonly #options: WorkerOptions;
  readonly #session: WorkerSession;
  readonly #runner: PackRunner;
  readonly #left = Promise.withResolvers<string>();
  readonly #stop = new AbortController();
  readonly #reconnection: Reconnection;
  readonly #lifetime: Lifetime | null;
  readonly #uploads: StateUploads;
  #stream: WorkerStream | null = null;
  #heartbeat: NodeJS.Timeout | null = null;

  private constructor(options: WorkerOptions, machineId: string, runner: PackRunner) {
    this.#options = options;
    this.#runner = runner;
    this.#reconnection = new Reconnection({
      ...options,
      meanwhile: 'Training continues, and results are kept.',
      log: (level, text) => options.log[level](text),
      signal: this.#stop.signal,
    });
    this.#lifetime =
      options.endWallMs === null ? null : new Lifetime(options.endWallMs, systemClock, this);
    const { kernel, digest: selfTestDigest } = selfTest(options.trainer);
    const { name, version, threads, packMax } = options;
    const { slots, memory, allowance } = options.commands;
    const machine = { machineId, kernel, processor: processorModel(), selfTestDigest, memory };
    const session = randomUUID();
    this.#uploads = new StateUploads(session, async (part) => {
      if (this.#stream === null) throw new Error('the connection is broken');
      return await this.#stream.uploadState(part);
    });
    const own = { session, name, version, threads, packMax, slots };
    this.#session = new WorkerSession(
      { ...own, ...machine },
      () => allowedNeeds(allowance),
      () => runner.keptStages(),
    );
  }

  static async start(options: WorkerOptions): Promise<WorkerNode> {
    const cache = await openShardCache(options.cacheDir, (text) => options.log.warn(text));
    const machineId = await readMachineId(options.cacheDir);
    const states = await StateKeeper.open({
      directory: `${options.cacheDir}/states`,
      diskMax: options.stateMax,
      warn: (text) => options.log.warn(text),
    });
    const runner = await PackRunner.start({ ...options, states }, cache);
    return new WorkerNode(options, machineId, runner);
  }

  /**
   * Runs until the session leaves, and returns the reason.
   *
   * @throws RidgelineError COORDINATOR_UNREACHABLE, TOKEN_REFUSED, CA_REFUSED, VERSION_MISMATCH
   */
  async run(): Promise<string> {
    const serving = this.#reconnection.run((sinceMs) => this.#talk(sinceMs));
    const reason = await Promise.race([this.#left.promise, serving.then(() => 'stopped')]);
    this.#stop.abort();
    this.#stream?.close();
    await serving.catch(() => undefined);
    return reason;
  }

  get runningPacks(): number {
    return this.#session.runningPacks;
  }

  /**
   * Finishes the running packs and leaves.
   *
   * @param graceMs time after which it returns the rest; null: unlimited
   */
  drain(reason: string, graceMs: number | null = null): void {
    this.#perform(this.#session.drain(reason));
    if (graceMs === null) return;
    const isOver = `${reason}, and the grace period is over`;
    setTimeout(() => this.returnPacks(isOver), graceMs).unref();
  }

  /** Stops the running packs, so that other workers can train their trials. */
  returnPacks(reason: string): void {
    this.#perform(this.#session.returnPacks(reason));
    if (this.#stream === null) this.#left.resolve(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#lifetime?.[Symbol.dispose]();
    this.#stop.abort();
    this.#stream?.close();
    await this.#runner[Symbol.asyncDispose]();
  }

  /** Connects, and talks until the stream closes. @returns why it closed; null to end */
  async #talk(sinceMs: number): Promise<string | null> {
    const { signal } = this.#stop;
    const join = await Promise.race([this.#options.join(), abortOf(signal)]);
    if (join === null) return null;
    const options = { signal, sinceMs };
    return await this.#converse(await connectSession(join, this.#options.describeTrainer, options));
  }

  /** @returns why the stream closed */
  async #converse(stream: WorkerStream): Promise<string> {
    const closed = Promise.withResolvers<string>();
    this.#stream = stream;
    stream.onClosed((error) => {
      this.#stream = null;
      this.#perform(this.#session.streamClosed());
      if (error instanceof RidgelineError) closed.reject(error);
      else
        closed.resolve(error === null ? 'the coordinator ended the stream' : errorMessage(error));
    });
    stream.onMessage((message) => this.#received(message, stream.address));
    stream.send(this.#session.hello(this.#runner.progress()));
    return await closed.promise;
  }

  #received(message: CoordinatorMessage, address: string): void {
    if (message.kind === 'welcome') {
      if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
      const beat = (): void => this.#perform(this.#session.heartbeat(this.#runner.progress()));
      this.#heartbeat = setInterval(beat, message.heartbeatMs);
      this.#reconnection.welcomed(message.leaseMs);
      this.#options.onJoined?.(message.name, address);
    }
    if (message.kind === 'assign') this.#lifetime?.assigned(message.assignment);
    if (message.kind === 'answer') {
      const { key, answer } = message;
      logTrial(this.#options.log, key, { answer }, 'answered');
      this.#uploads.answered(key, answer);
    }
    this.#perform(this.#session.received(message));
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
          this.#runner.stop(effect.pack, effect.reason);
          break;
        case 'fetch':
          void this.#fetch(effect.dataset, effect.reference);
          break;
        case 'release':
          this.#runner.release(effect);
          break;
        case 'log':
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
    const startedMs = performance.now();
    try {
      const fetch = (digest: string): AsyncIterable<Uint8Array> => this.#fetchNow(digest);
      const onMeasured = (member: number, measurement: Measurement): void => {
        const key = members[member]?.key;
        if (key !== undefined) this.#stream?.send({ kind: 'measured', key, measurement });
      };
      const end = await this.#runner.train(assignment, fetch, onMeasured);
      this.#lifetime?.ended(pack, end.kind !== 'stopped');
      if (end.kind === 'stopped') return this.#perform(this.#session.packStopped(pack, end));
      const { results, left = [], isRejected = false } = end;
      logResults(this.#options.log, assignment, results);
      if (isRejected)
        this.#options.log.warn(
          `${pack}: a state that another worker has uploaded was wrong, so training began with the first step`,
        );
      this.#uploads.offer(assignment, left, performance.now() - startedMs);
      this.#perform(this.#session.packEnded(pack, results, end));
    } catch (error) {
      this.#lifetime?.ended(pack, false);
      const reason = errorMessage(error);
      // The coordinator reports the failures of programs.
      const level = error instanceof CommandFailure ? 'info' : 'error';
      this.#options.log[level](`pack ${pack} crashed: ${reason}`);
      const output = error instanceof CommandFailure ? error.output : '';
      this.#perform(this.#session.packStopped(pack, { kind: 'crashed', reason, output }));
    }
  }

  /** Fetches a shard that training needs and the cache has lost. */
  #fetchNow(digest: string): AsyncIterable<Uint8Array> {
    if (this.#stream !== null) return this.#fetchShard(this.#stream, digest);
    throw new Error(`shard ${digest} must be fetched, but the connection is broken`);
  }

  #fetchShard(stream: WorkerStream, digest: string): AsyncIterable<Uint8Array> {
    this.#options.log.debug({ digest }, 'fetching a shard that is not in the cache');
    return stream.fetchShard(digest, 0);
  }

  async #fetch(dataset: string, reference: DatasetReference): Promise<void> {
    const stream = this.#stream;
    if (stream === null) return;
    // After a broken stream the coordinator sends `prepare` again.
    while (this.#stream === stream) {
      try {
        await this.#runner.load(reference, (digest) => this.#fetchShard(stream, digest));
        return this.#perform(this.#session.datasetReady(dataset));
      } catch (error) {
        if (this.#stream !== stream) return;
        if (!isUnreachable(error)) {
          this.#options.log.error(errorMessage(error));
          const reason = error instanceof RidgelineError ? error.what : errorMessage(error);
          return this.#perform(this.#session.datasetFailed(dataset, reason));
        }
        // The session's stream is open, so the coordinator is still decoding the data.
        this.#options.log.warn(`${error.what} Trying again.`);
        await pause(fetchRetryMs, this.#stop.signal);
      }
    }
  }
}

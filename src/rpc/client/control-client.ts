/** Control client: an operator's connection to a running coordinator. Each method is one request with a deadline. */
import type { MethodDefinition } from '@grpc/grpc-js';
import type { StudySummary, WatchSnapshot, WorkerSummary } from '../../study/summaries.ts';
import type { JoinTarget } from '../credentials/join-string.ts';
import type { Role, Token } from '../credentials/tokens.ts';
import { ControlServiceService } from '../generated/ridgeline/v1/control_service.ts';
import * as codecs from '../messages/control-messages.ts';
import { protocolVersion } from '../messages/messages.ts';
import { coordinatorMismatch, malformedMessage } from '../messages/version-mismatch.ts';
import { readMessage } from '../messages/wire-codec.ts';
import { openPinnedClient, type ConnectOptions, type PinnedClient } from './pinned-channel.ts';
import { serverStream } from './server-stream.ts';
import { unaryCall } from './unary-call.ts';

const answerMs = 10_000;
/** The coordinator reads the whole data set before it accepts a study. */
const submitMs = 120_000;
/** Then it creates the trials: 0.02 ms each on a free processor. */
const createMs = 0.5;
/** Requests have deadlines, so a connection that is silent for a while is kept. */
const silenceMs = 60_000;

/** @throws RidgelineError COORDINATOR_UNREACHABLE, CA_REFUSED, TOKEN_REFUSED, VERSION_MISMATCH */
export async function connectControl(
  target: JoinTarget,
  options: ConnectOptions = {},
): Promise<ControlClient> {
  const client = new ControlClient(await openPinnedClient(target, { silenceMs, ...options }));
  try {
    const { protocol, version } = await client.version();
    if (protocol !== protocolVersion) throw coordinatorMismatch(target.address, protocol, version);
  } catch (error) {
    client.close();
    throw error;
  }
  return client;
}

export interface SubmitOptions {
  /** Whether to delete a stored study of the same name first. */
  readonly fresh?: boolean | undefined;
  /** Null: 1 for a new study; a stored study keeps its priority. */
  readonly priority?: number | null | undefined;
  /** Whether its trials take results of other studies. */
  readonly reuse?: boolean | undefined;
  /** Contents of the files that its trainer needs. */
  readonly files?: readonly Uint8Array[] | undefined;
  /** How many trials it creates at once, at most; the deadline grows with them. */
  readonly trials?: number | undefined;
}

/** Throws the errors that the coordinator throws. Disposing of it closes the connection. */
export class ControlClient implements Disposable {
  readonly #pinned: PinnedClient;

  constructor(pinned: PinnedClient) {
    this.#pinned = pinned;
  }

  async version(): Promise<{ readonly protocol: number; readonly version: string }> {
    return await this.#call(ControlServiceService.getVersion, {}, (response) => response);
  }

  /** @param spec the study as canonical JSON */
  async submitStudy(
    spec: string,
    { fresh = false, priority = null, reuse = false, files = [], trials = 0 }: SubmitOptions = {},
  ): Promise<codecs.SubmittedStudy> {
    return await this.#call(
      ControlServiceService.submitStudy,
      codecs.studySubmission.write({ spec, file: '', fresh, priority, reuse, files }),
      (response) => codecs.submittedStudy.read(response, ''),
      submitMs + createMs * trials,
    );
  }

  async listStudies(): Promise<readonly StudySummary[]> {
    return await this.#call(ControlServiceService.listStudies, {}, ({ studies }) =>
      studies.map((study) => codecs.studySummary.read(study, '')),
    );
  }

  async listWorkers(): Promise<readonly WorkerSummary[]> {
    return await this.#call(ControlServiceService.listWorkers, {}, ({ workers }) =>
      workers.map((worker) => codecs.workerSummary.read(worker, '')),
    );
  }

  async pauseStudy(study: string, reason: string): Promise<void> {
    await this.#call(ControlServiceService.pauseStudy, { study, reason }, () => undefined);
  }

  async resumeStudy(study: string): Promise<void> {
    // The data of a failed or cancelled study is read again.
    await this.#call(ControlServiceService.resumeStudy, { study }, () => undefined, submitMs);
  }

  async cancelStudy(study: string, reason: string): Promise<void> {
    await this.#call(ControlServiceService.cancelStudy, { study, reason }, () => undefined);
  }

  /** @param trials names; null: all that ended without a result. @returns the number of trials */
  async retryTrials(study: string, trials: readonly string[] | null): Promise<number> {
    const request = { study, trials: [...(trials ?? [])] };
    const method = ControlServiceService.retryTrials;
    return await this.#call(method, request, ({ retried }) => retried, submitMs);
  }

  /**
   * @param worker null: all workers
   * @returns number of workers that were asked to leave
   */
  async drainWorker(worker: string | null, reason: string): Promise<number> {
    const request = { worker: worker ?? undefined, reason };
    return await this.#call(ControlServiceService.drainWorker, request, ({ asked }) => asked);
  }

  async stopCoordinator(): Promise<void> {
    await this.#call(ControlServiceService.stopCoordinator, {}, () => undefined);
  }

  /** @returns the token's id, and the complete join string, which cannot be retrieved later */
  async createToken(
    role: Role,
    ttlSeconds: number | null,
  ): Promise<{ readonly id: string; readonly join: string }> {
    const request = codecs.newToken.write({ role, ttlSeconds });
    return await this.#call(ControlServiceService.createToken, request, (response) => response);
  }

  async listTokens(): Promise<readonly Token[]> {
    return await this.#call(ControlServiceService.listTokens, {}, ({ tokens }) =>
      tokens.map((token) => codecs.tokenSummary.read(token, '')),
    );
  }

  /** @returns false if no such token exists */
  async revokeToken(id: string): Promise<boolean> {
    return await this.#call(ControlServiceService.revokeToken, { id }, ({ revoked }) => revoked);
  }

  /** A snapshot of the study now and after each change, until the study has ended. */
  async *watch(study: string, signal?: AbortSignal): AsyncGenerator<WatchSnapshot> {
    const method = ControlServiceService.watch;
    const responses = serverStream(this.#pinned, method, { study }, null, signal);
    for await (const response of responses)
      yield this.#read(() => codecs.snapshot.read(response, ''));
  }

  close(): void {
    this.#pinned.client.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #call<Req, Res, T>(
    method: MethodDefinition<Req, Res>,
    request: Req,
    read: (response: Res) => T,
    deadlineMs = answerMs,
  ): Promise<T> {
    const response = await unaryCall(this.#pinned, method, request, deadlineMs);
    return this.#read(() => read(response));
  }

  #read<T>(read: () => T): T {
    const result = readMessage(() => ({ value: read() }));
    if ('value' in result) return result.value;
    throw malformedMessage('coordinator', result.reason);
  }
}

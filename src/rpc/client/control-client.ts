/** An operator's way to a running coordinator: one method for each command, every call with a deadline. */
import type { Client, ClientReadableStream, Metadata, MethodDefinition } from '@grpc/grpc-js';
import { authorizationMetadata } from '../server/call-authorization.ts';
import {
  readSnapshot,
  readStudySummary,
  readToken,
  readWorkerSummary,
} from '../messages/control-conversion.ts';
import type {
  StudySummary,
  SubmittedStudy,
  WatchSnapshot,
  WorkerSummary,
} from '../messages/control-messages.ts';
import { errorFromStatus } from '../messages/error-status.ts';
import {
  ControlServiceService,
  type WatchResponse,
} from '../generated/ridgeline/v1/control_service.ts';
import type { JoinTarget } from '../credentials/join-string.ts';
import { protocolVersion } from '../messages/messages.ts';
import { openPinnedClient, type ConnectOptions } from './pinned-channel.ts';
import type { Role, Token } from '../credentials/tokens.ts';
import { coordinatorMismatch, malformedMessage } from '../messages/version-mismatch.ts';
import { roleEnum, submitOutcomeEnum } from '../messages/wire-enums.ts';
import { readMessage, readName } from '../messages/wire-reading.ts';

const answerMs = 10_000;
/** A coordinator reads the whole data set before it takes a study. */
const submitMs = 120_000;

/** @throws RidgelineError COORDINATOR_UNREACHABLE, CA_REFUSED, TOKEN_REFUSED, VERSION_MISMATCH */
export async function connectControl(
  target: JoinTarget,
  options: ConnectOptions = {},
): Promise<ControlClient> {
  const client = new ControlClient(await openPinnedClient(target, options), target);
  try {
    const { protocol, version } = await client.version();
    if (protocol !== protocolVersion) throw coordinatorMismatch(target.address, protocol, version);
  } catch (error) {
    client.close();
    throw error;
  }
  return client;
}

/** `using` it closes its connection. What the coordinator throws is thrown here. */
export class ControlClient implements Disposable {
  readonly #client: Client;
  readonly #address: string;
  readonly #metadata: Metadata;

  constructor(client: Client, target: JoinTarget) {
    this.#client = client;
    this.#address = target.address;
    this.#metadata = authorizationMetadata(target);
  }

  async version(): Promise<{ readonly protocol: number; readonly version: string }> {
    return await this.#call(ControlServiceService.getVersion, {}, (response) => response);
  }

  /** @param spec the study in its canonical spelling */
  async submitStudy(spec: string, fresh: boolean): Promise<SubmittedStudy> {
    return await this.#call(
      ControlServiceService.submitStudy,
      { spec, fresh },
      ({ name, outcome }) => ({
        name: readName('name', name),
        outcome: submitOutcomeEnum.fromWire('outcome', outcome),
      }),
      submitMs,
    );
  }

  async listStudies(): Promise<readonly StudySummary[]> {
    return await this.#call(ControlServiceService.listStudies, {}, ({ studies }) =>
      studies.map((study) => readStudySummary(study)),
    );
  }

  async listWorkers(): Promise<readonly WorkerSummary[]> {
    return await this.#call(ControlServiceService.listWorkers, {}, ({ workers }) =>
      workers.map((worker) => readWorkerSummary(worker)),
    );
  }

  async pauseStudy(study: string, reason: string): Promise<void> {
    await this.#call(ControlServiceService.pauseStudy, { study, reason }, () => undefined);
  }

  async resumeStudy(study: string): Promise<void> {
    await this.#call(ControlServiceService.resumeStudy, { study }, () => undefined);
  }

  async cancelStudy(study: string, reason: string): Promise<void> {
    await this.#call(ControlServiceService.cancelStudy, { study, reason }, () => undefined);
  }

  /** @returns how many workers were asked; all of them for null */
  async drainWorker(worker: string | null, reason: string): Promise<number> {
    const request = { worker: worker ?? undefined, reason };
    return await this.#call(ControlServiceService.drainWorker, request, ({ asked }) => asked);
  }

  /** @returns the token's id, and the whole join string: its secret is not said again */
  async createToken(
    role: Role,
    ttlSeconds: number | null,
  ): Promise<{ readonly id: string; readonly join: string }> {
    return await this.#call(
      ControlServiceService.createToken,
      {
        role: roleEnum.toWire(role),
        ttlSeconds: ttlSeconds === null ? undefined : BigInt(ttlSeconds),
      },
      (response) => response,
    );
  }

  async listTokens(): Promise<readonly Token[]> {
    return await this.#call(ControlServiceService.listTokens, {}, ({ tokens }) =>
      tokens.map((token) => readToken(token)),
    );
  }

  /** @returns false when there was no such token */
  async revokeToken(id: string): Promise<boolean> {
    return await this.#call(ControlServiceService.revokeToken, { id }, ({ revoked }) => revoked);
  }

  /** Where a study stands, now and whenever it has changed; ends when the study has ended. */
  async *watch(study: string, signal?: AbortSignal): AsyncGenerator<WatchSnapshot> {
    const { path, requestSerialize, responseDeserialize } = ControlServiceService.watch;
    const call: ClientReadableStream<WatchResponse> = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { study },
      this.#metadata,
      {},
    );
    call.on('error', () => undefined); // The loop throws it; after the loop nobody else would hear it.
    const abort = (): void => call.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) abort();
    try {
      for await (const response of call as AsyncIterable<WatchResponse>) {
        yield this.#read(() => readSnapshot(response));
      }
    } catch (error) {
      if (signal?.aborted !== true) throw errorFromStatus(error, this.#address);
    } finally {
      signal?.removeEventListener('abort', abort);
      call.cancel();
    }
  }

  close(): void {
    this.#client.close();
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
    const { promise, resolve, reject } = Promise.withResolvers<Res>();
    this.#client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      this.#metadata,
      { deadline: Date.now() + deadlineMs },
      (error, response) => {
        if (error !== null) reject(errorFromStatus(error, this.#address));
        else if (response !== undefined) resolve(response);
      },
    );
    const response = await promise;
    return this.#read(() => read(response));
  }

  #read<T>(read: () => T): T {
    const result = readMessage(() => ({ value: read() }));
    if ('value' in result) return result.value;
    throw malformedMessage('coordinator', result.reason);
  }
}

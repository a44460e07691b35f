/** `ControlService` at the coordinator: checks rights and requests, calls the handlers, writes the answers. */
import type { Metadata, ServerWritableStream, handleUnaryCall } from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.ts';
import type { WatchSnapshot } from '../../study/summaries.ts';
import { roles, type Role, type TokenFile } from '../credentials/tokens.ts';
import type {
  ControlServiceServer,
  ResultsResponse,
  WatchResponse,
} from '../generated/ridgeline/v1/control_service.ts';
import * as codecs from '../messages/control-messages.ts';
import { callStatus } from '../messages/error-status.ts';
import { protocolVersion } from '../messages/messages.ts';
import {
  asBuffer,
  cutReason,
  list,
  malformed,
  name as nameCodec,
  optional,
} from '../messages/wire-codec.ts';
import { decoded } from './checked-requests.ts';
import type { ControlHandlers } from './handlers.ts';

export interface ControlServiceOptions {
  readonly control: ControlHandlers;
  readonly tokens: TokenFile;
  readonly version: string;
  readonly clock: Clock;
  /** @throws RidgelineError TOKEN_REFUSED */
  readonly authorize: (metadata: Metadata, allowed: readonly Role[]) => void;
  readonly serveStream: <Req, Res>(
    call: ServerWritableStream<Req, Res>,
    allowed: readonly Role[],
    start: (signal: AbortSignal) => AsyncIterable<Res>,
  ) => void;
  readonly joinText: (tokenId: string, secret: string) => string;
  /** Ends the calls that a revoked token has authorized. */
  readonly endCalls: (tokenId: string) => void;
}

/** The latest time that a `Date` represents. */
const lastDateMs = 8.64e15;
const readers: readonly Role[] = ['viewer', 'admin'];
const admins: readonly Role[] = ['admin'];

const trialNames = list(nameCodec, 0, 10_000);
const studyName = (text: string): string => nameCodec.read(text, 'study');

export function controlService(options: ControlServiceOptions): ControlServiceServer {
  const { control, version, serveStream } = options;
  const answer = unaryFor(options);
  const setStudy = (change: 'pause' | 'resume' | 'cancel') =>
    answer(admins, async ({ study, reason = '' }: { study: string; reason?: string }) => {
      await control.setStudy(studyName(study), change, cutReason(reason));
      return {};
    });
  return {
    getVersion: answer(roles, () => ({ protocol: protocolVersion, version })),
    submitStudy: answer(admins, async (request) => {
      const submission = codecs.studySubmission.read(request, '');
      if ((submission.spec === '') === (submission.file === ''))
        malformed('exactly one of spec and file is not empty');
      return codecs.submittedStudy.write(await control.submitStudy(submission));
    }),
    listStudies: answer(readers, async () => ({
      studies: (await control.listStudies()).map((study) => codecs.studySummary.write(study)),
    })),
    listWorkers: answer(readers, () => ({
      workers: control.listWorkers().map((worker) => codecs.workerSummary.write(worker)),
    })),
    pauseStudy: setStudy('pause'),
    resumeStudy: setStudy('resume'),
    cancelStudy: setStudy('cancel'),
    retryTrials: answer(admins, async ({ study, trials }) => {
      const names = trialNames.read(trials, 'trials');
      const retried = await control.retryTrials(studyName(study), names.length > 0 ? names : null);
      return { retried };
    }),
    drainWorker: answer(admins, ({ worker, reason }) => {
      const name = optional(nameCodec).read(worker, 'worker');
      return { asked: control.drainWorker(name, cutReason(reason)) };
    }),
    stopCoordinator: answer(admins, () => {
      control.stopCoordinator();
      return {};
    }),
    watch: (call) =>
      serveStream(call, readers, (signal) =>
        snapshots(control.watch(studyName(decoded(call.request).study), signal)),
      ),
    results: (call) =>
      serveStream(call, readers, (signal) =>
        chunks(control.results(codecs.resultsRequest.read(decoded(call.request), ''), signal)),
      ),
    ...tokenMethods(options),
  };
}

async function* snapshots(source: AsyncIterable<WatchSnapshot>): AsyncGenerator<WatchResponse> {
  for await (const each of source) yield codecs.snapshot.write(each);
}

async function* chunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<ResultsResponse> {
  for await (const chunk of source) yield { chunk: asBuffer(chunk) };
}

function tokenMethods(
  options: ControlServiceOptions,
): Pick<ControlServiceServer, 'createToken' | 'listTokens' | 'revokeToken'> {
  const { tokens, clock, joinText, endCalls } = options;
  const answer = unaryFor(options);
  return {
    createToken: answer(admins, (request) => {
      const nowMs = clock.wallMs();
      const { role, ttlSeconds } = codecs.newToken.read(request, '');
      const expiresAtMs = ttlSeconds === null ? null : nowMs + 1_000 * ttlSeconds;
      if ((expiresAtMs ?? 0) > lastDateMs) malformed('ttl_seconds is too long');
      const { token, secret } = tokens.create(role, nowMs, expiresAtMs);
      return { id: token.id, join: joinText(token.id, secret) };
    }),
    listTokens: answer(admins, () => ({
      tokens: tokens.list().map((token) => codecs.tokenSummary.write(token)),
    })),
    revokeToken: answer(admins, ({ id }) => {
      const revoked = tokens.revoke(nameCodec.read(id, 'id'));
      if (revoked) endCalls(id);
      return { revoked };
    }),
  };
}

/** Wraps a method: checks rights first, and converts a thrown error to a status. */
function unaryFor({ authorize }: ControlServiceOptions) {
  return <Req, Res>(
    allowed: readonly Role[],
    answer: (request: Req) => Res | Promise<Res>,
  ): handleUnaryCall<Req, Res> => {
    const respond = async (call: { metadata: Metadata; request: Req }): Promise<Res> => {
      authorize(call.metadata, allowed);
      return await answer(decoded(call.request));
    };
    return (call, send) =>
      void respond(call).then(
        (response) => send(null, response),
        (error: unknown) => send(callStatus(error, 'client')),
      );
  };
}

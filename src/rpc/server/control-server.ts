/** `ControlService` at the coordinator: checks rights and requests, calls the handlers, writes the answers. */
import type {
  Metadata,
  ServerUnaryCall,
  ServerWritableStream,
  handleUnaryCall,
  sendUnaryData,
} from '@grpc/grpc-js';
import type { WatchSnapshot } from '../../study/summaries.ts';
import type { Role, Token, TokenFile } from '../credentials/tokens.ts';
import type {
  ControlServiceServer,
  WatchRequest,
  WatchResponse,
} from '../generated/ridgeline/v1/control_service.ts';
import {
  role as roleCodec,
  snapshot,
  studySummary,
  submitOutcome,
  tokenSummary,
  workerSummary,
} from '../messages/control-messages.ts';
import { callStatus } from '../messages/error-status.ts';
import { protocolVersion } from '../messages/messages.ts';
import {
  malformed,
  name as nameCodec,
  optional,
  reason as reasonCodec,
  safeInteger,
  textUpTo,
  wireLimits,
} from '../messages/wire-codec.ts';
import type { ControlHandlers } from './handlers.ts';
import { serveStream, type StreamEnd } from './write-stream.ts';

type WatchCall = ServerWritableStream<WatchRequest, WatchResponse>;

export interface ControlServiceOptions {
  readonly handlers: ControlHandlers;
  readonly tokens: TokenFile;
  readonly version: string;
  readonly wallMs: () => number;
  /** @throws RidgelineError TOKEN_REFUSED */
  readonly authorize: (metadata: Metadata, allowed: readonly Role[]) => Token;
  /** Ends the stream when its token is revoked or expires. */
  readonly track: (call: WatchCall, token: Token, stream: StreamEnd) => void;
  readonly joinText: (tokenId: string, secret: string) => string;
  /** Ends the calls that a revoked token has authorized. */
  readonly endCalls: (tokenId: string) => void;
}

/** The latest time that a `Date` represents. */
const lastDateMs = 8.64e15;
const anyone: readonly Role[] = ['worker', 'viewer', 'admin'];
const readers: readonly Role[] = ['viewer', 'admin'];
const admins: readonly Role[] = ['admin'];

const studyName = (text: string): string => nameCodec.read(text, 'study');
const cutReason = (text: string): string => reasonCodec.read(text, 'reason');

export function controlService(options: ControlServiceOptions): ControlServiceServer {
  const { handlers } = options;
  const answer = unaryFor(options);
  return {
    getVersion: answer(anyone, () => ({ protocol: protocolVersion, version: options.version })),
    submitStudy: answer(admins, async ({ spec, fresh }) => {
      const text = textUpTo(wireLimits.specCharacters).read(spec, 'spec');
      const { name, outcome } = await handlers.submitStudy(text, fresh);
      return { name, outcome: submitOutcome.write(outcome) };
    }),
    listStudies: answer(readers, async () => ({
      studies: (await handlers.listStudies()).map((study) => studySummary.write(study)),
    })),
    listWorkers: answer(readers, () => ({
      workers: handlers.listWorkers().map((worker) => workerSummary.write(worker)),
    })),
    pauseStudy: answer(admins, async ({ study, reason }) => {
      await handlers.setStudy(studyName(study), 'pause', cutReason(reason));
      return {};
    }),
    resumeStudy: answer(admins, async ({ study }) => {
      await handlers.setStudy(studyName(study), 'resume', '');
      return {};
    }),
    cancelStudy: answer(admins, async ({ study, reason }) => {
      await handlers.setStudy(studyName(study), 'cancel', cutReason(reason));
      return {};
    }),
    drainWorker: answer(admins, ({ worker, reason }) => {
      const name = optional(nameCodec).read(worker, 'worker');
      return { asked: handlers.drainWorker(name, cutReason(reason)) };
    }),
    watch: (call) => {
      const start = (stream: StreamEnd): AsyncIterable<WatchResponse> => {
        const token = options.authorize(call.metadata, readers);
        options.track(call, token, stream);
        return snapshots(handlers.watch(studyName(call.request.study), stream.signal));
      };
      void serveStream(call, start, (error) => callStatus(error, 'client'));
    },
    ...tokenMethods(options),
  };
}

async function* snapshots(source: AsyncIterable<WatchSnapshot>): AsyncGenerator<WatchResponse> {
  for await (const each of source) yield snapshot.write(each);
}

function tokenMethods(
  options: ControlServiceOptions,
): Pick<ControlServiceServer, 'createToken' | 'listTokens' | 'revokeToken'> {
  const { tokens, wallMs, joinText, endCalls } = options;
  const answer = unaryFor(options);
  return {
    createToken: answer(admins, ({ role, ttlSeconds }) => {
      const nowMs = wallMs();
      const seconds = optional(safeInteger(1)).read(ttlSeconds, 'ttl_seconds');
      const expiresAtMs = seconds === null ? null : nowMs + 1_000 * seconds;
      if ((expiresAtMs ?? 0) > lastDateMs) malformed('ttl_seconds is too long');
      const created = tokens.create(roleCodec.read(role, 'role'), nowMs, expiresAtMs);
      const { id } = created.token;
      return { id, join: joinText(id, created.secret) };
    }),
    listTokens: answer(admins, () => ({
      tokens: tokens.list().map((token) => tokenSummary.write(token)),
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
    const respond = async (call: ServerUnaryCall<Req, Res>, callback: sendUnaryData<Res>) => {
      let response: Res;
      try {
        authorize(call.metadata, allowed);
        response = await answer(call.request);
      } catch (error) {
        callback(callStatus(error, 'client'));
        return;
      }
      callback(null, response);
    };
    return (call, callback) => void respond(call, callback);
  };
}

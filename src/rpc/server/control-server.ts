/** `ControlService`, the coordinator's side: rights, checks and conversions around the handlers. */
import type {
  Metadata,
  ServerUnaryCall,
  ServerWritableStream,
  handleUnaryCall,
  sendUnaryData,
} from '@grpc/grpc-js';
import {
  writeSnapshot,
  writeStudySummary,
  writeToken,
  writeWorkerSummary,
} from '../messages/control-conversion.ts';
import type { ControlHandlers, WatchSnapshot } from '../messages/control-messages.ts';
import { callStatus } from '../messages/error-status.ts';
import type {
  ControlServiceServer,
  WatchRequest,
  WatchResponse,
} from '../generated/ridgeline/v1/control_service.ts';
import { protocolVersion } from '../messages/messages.ts';
import type { Role, Token, TokenFile } from '../credentials/tokens.ts';
import { roleEnum, submitOutcomeEnum } from '../messages/wire-enums.ts';
import {
  malformed,
  readName,
  readReason,
  readSafeInteger,
  wireLimits,
} from '../messages/wire-reading.ts';
import { serveStream, type StreamEnd } from './write-stream.ts';

type WatchCall = ServerWritableStream<WatchRequest, WatchResponse>;

export interface ControlServiceOptions {
  readonly handlers: ControlHandlers;
  readonly tokens: TokenFile;
  readonly version: string;
  readonly wallMs: () => number;
  /** @throws RidgelineError TOKEN_REFUSED */
  readonly authorize: (metadata: Metadata, allowed: readonly Role[]) => Token;
  /** A stream that lasts: it ends with its token. */
  readonly track: (call: WatchCall, token: Token, end: StreamEnd) => void;
  readonly joinText: (tokenId: string, secret: string) => string;
  /** A token is no longer good: ends what it has let in. */
  readonly cutCalls: (tokenId: string) => void;
}

/** The last instant that has a date: an end that nobody can write down is none. */
const lastDateMs = 8.64e15;
const anyone: readonly Role[] = ['worker', 'viewer', 'admin'];
const readers: readonly Role[] = ['viewer', 'admin'];
const admins: readonly Role[] = ['admin'];

export function controlService(options: ControlServiceOptions): ControlServiceServer {
  const { handlers } = options;
  const answer = unaryFor(options);
  return {
    getVersion: answer(anyone, () => ({ protocol: protocolVersion, version: options.version })),
    submitStudy: answer(admins, async ({ spec, fresh }) => {
      if (spec.length > wireLimits.specCharacters) malformed(`spec has ${spec.length} characters`);
      const { name, outcome } = await handlers.submitStudy(spec, fresh);
      return { name, outcome: submitOutcomeEnum.toWire(outcome) };
    }),
    listStudies: answer(readers, () => ({
      studies: handlers.listStudies().map((study) => writeStudySummary(study)),
    })),
    listWorkers: answer(readers, () => ({
      workers: handlers.listWorkers().map((worker) => writeWorkerSummary(worker)),
    })),
    pauseStudy: answer(admins, async ({ study, reason }) => {
      await handlers.setStudy(readName('study', study), 'pause', readReason(reason));
      return {};
    }),
    resumeStudy: answer(admins, async ({ study }) => {
      await handlers.setStudy(readName('study', study), 'resume', '');
      return {};
    }),
    cancelStudy: answer(admins, async ({ study, reason }) => {
      await handlers.setStudy(readName('study', study), 'cancel', readReason(reason));
      return {};
    }),
    drainWorker: answer(admins, ({ worker, reason }) => {
      const name = worker === undefined ? null : readName('worker', worker);
      return { asked: handlers.drainWorker(name, readReason(reason)) };
    }),
    watch: (call) => {
      const start = (end: StreamEnd): AsyncIterable<WatchResponse> => {
        const token = options.authorize(call.metadata, readers);
        options.track(call, token, end);
        return snapshots(handlers.watch(readName('study', call.request.study), end.signal));
      };
      void serveStream(call, start, (error) => callStatus(error, 'client'));
    },
    ...tokenMethods(options),
  };
}

async function* snapshots(source: AsyncIterable<WatchSnapshot>): AsyncGenerator<WatchResponse> {
  for await (const snapshot of source) yield writeSnapshot(snapshot);
}

function tokenMethods(
  options: ControlServiceOptions,
): Pick<ControlServiceServer, 'createToken' | 'listTokens' | 'revokeToken'> {
  const { tokens, wallMs, joinText, cutCalls } = options;
  const answer = unaryFor(options);
  return {
    createToken: answer(admins, ({ role, ttlSeconds }) => {
      const nowMs = wallMs();
      const expiresAtMs =
        ttlSeconds === undefined
          ? null
          : nowMs + 1_000 * readSafeInteger('ttl_seconds', ttlSeconds, 1);
      if ((expiresAtMs ?? 0) > lastDateMs) malformed('ttl_seconds is too long');
      const created = tokens.create(roleEnum.fromWire('role', role), nowMs, expiresAtMs);
      const { id } = created.token;
      return { id, join: joinText(id, created.secret) };
    }),
    listTokens: answer(admins, () => ({ tokens: tokens.list().map((token) => writeToken(token)) })),
    revokeToken: answer(admins, ({ id }) => {
      const revoked = tokens.revoke(readName('id', id));
      if (revoked) cutCalls(id);
      return { revoked };
    }),
  };
}

/** Makes a handler out of an answer: rights first, then the answer, then whatever it threw as a status. */
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

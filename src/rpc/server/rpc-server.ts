/**
 * RPC server: the coordinator's gRPC server. Handles TLS, tokens and both services, and passes decoded
 * messages of authorized peers to the handlers.
 *
 * It decides for each call whether its token allows it. It also manages tokens, because revoking one ends
 * its open calls.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Metadata, Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.ts';
import { RidgelineError } from '../../base/errors.ts';
import {
  formatAddress,
  peerHostPort,
  reachableAddresses,
  requireAddress,
  type HostPort,
  type ReachableAddresses,
} from '../credentials/address.ts';
import type { Authority } from '../credentials/authority.ts';
import { formatJoin } from '../credentials/join-string.ts';
import { roles, type Role, type Token, type TokenFile } from '../credentials/tokens.ts';
import {
  ClusterServiceService,
  type FetchShardRequest,
  type FetchShardResponse,
} from '../generated/ridgeline/v1/cluster_service.ts';
import { ControlServiceService } from '../generated/ridgeline/v1/control_service.ts';
import { serverOptions } from '../messages/channel-options.ts';
import { errorToStatus } from '../messages/error-status.ts';
import { authorize, tokenExpired, tokenRevoked } from './call-authorization.ts';
import { callGuard } from './call-guard.ts';
import { checkedRequest, withCheckedRequests } from './checked-requests.ts';
import { ConnectionLimits } from './connection-limits.ts';
import { controlService } from './control-server.ts';
import type { ClusterHandlers, ControlHandlers } from './handlers.ts';
import { OpenCalls } from './open-calls.ts';
import { serverLimits, type ServerLimits } from './server-limits.ts';
import { SessionLimits } from './session-limits.ts';
import { CallSessionStream, type SessionCall } from './session-stream.ts';
import { shardResponses } from './shard-server.ts';
import { stateUpload } from './state-server.ts';
import { TlsListener } from './tls-listener.ts';
import { UnfinishedMessages } from './unfinished-messages.ts';
import { serveStream } from './write-stream.ts';

export interface RpcServerOptions {
  readonly authority: Authority;
  readonly tokens: TokenFile;
  readonly cluster: ClusterHandlers;
  readonly control: ControlHandlers;
  /** Version of the coordinator's program. */
  readonly version: string;
  readonly clock: Clock;
  /** HOST:PORT for join strings; null: the address that the server listens on. */
  readonly advertise: string | null;
  readonly limits?: Partial<ServerLimits>;
  /** Receives one sentence per rejected peer, for the log. */
  readonly onRefused: (what: string) => void;
}

/** Time for a final status to reach the peer before its connection is closed. */
const disconnectMs = 1_000;
/** Interval at which calls of expired tokens are ended. */
const expiryMs = 1_000;

/**
 * @param address HOST:PORT; port 0: a free port
 * @throws RidgelineError PORT_IN_USE, USAGE
 */
export async function startRpcServer(
  address: string,
  options: RpcServerOptions,
): Promise<RpcServer> {
  if (options.advertise !== null) requireAddress('--advertise', options.advertise);
  const hostPort = requireAddress('--listen', address);
  const server = new RpcServer(options);
  await server.listen(hostPort);
  return server;
}

export class RpcServer implements AsyncDisposable {
  readonly #options: RpcServerOptions;
  readonly #limits: ServerLimits;
  readonly #grpc: Server;
  readonly #listener: TlsListener;
  readonly #connections: ConnectionLimits;
  readonly #sessions: SessionLimits;
  readonly #openCalls: OpenCalls;
  readonly #unfinished: UnfinishedMessages;
  readonly #expiryTimer: NodeJS.Timeout;

  constructor(options: RpcServerOptions) {
    this.#options = options;
    this.#limits = { ...serverLimits, ...options.limits };
    const { authority, clock, onRefused } = options;
    const connections = new ConnectionLimits({ limits: this.#limits, clock, onRefused });
    this.#connections = connections;
    this.#sessions = new SessionLimits(this.#limits, clock);
    this.#listener = new TlsListener({
      authority,
      connections,
      limits: this.#limits,
      onConnection: (socket) => injector.injectConnection(socket),
    });
    this.#openCalls = new OpenCalls(this.#listener);
    this.#unfinished = new UnfinishedMessages(this.#limits);
    const guard = callGuard({
      connections,
      limits: this.#limits,
      listener: this.#listener,
      unfinished: this.#unfinished,
      authenticate: (metadata) => this.#authorize(metadata, roles),
    });
    this.#grpc = new Server({ ...serverOptions, interceptors: [guard] });
    this.#serveCluster();
    this.#serveControl();
    // grpc-js reads plaintext: the connections that it receives are decrypted.
    const injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#expiryTimer = setInterval(() => this.#endExpired(), expiryMs).unref();
  }

  /** @throws RidgelineError PORT_IN_USE, USAGE */
  async listen(address: HostPort): Promise<void> {
    await this.#listener.listen(address);
  }

  get port(): number {
    return this.#listener.address.port;
  }

  /** Bytes of messages that are not complete, of all peers. */
  get unfinishedBytes(): number {
    return this.#unfinished.bytes;
  }

  get addresses(): ReachableAddresses {
    return reachableAddresses(this.#listener.address, this.#options.advertise);
  }

  /** Rejects new calls, waits a moment for the running ones, then closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#expiryTimer);
    for (const session of this.#sessions.all()) session.close('the coordinator is stopping');
    const ended = new Promise((resolve) => this.#grpc.tryShutdown(resolve));
    await Promise.race([ended, sleep(disconnectMs, undefined, { ref: false })]);
    this.#grpc.forceShutdown();
    await this.#listener.close();
  }

  #authorize(metadata: Metadata, allowed: readonly Role[]): Token {
    const { tokens, clock } = this.#options;
    return authorize(metadata, tokens, clock.wallMs(), allowed);
  }

  /** Serves a streaming call, which ends when its token is revoked or expires. */
  #serveStream<Req, Res>(
    call: ServerWritableStream<Req, Res>,
    allowed: readonly Role[],
    peer: 'worker' | 'client',
    start: (signal: AbortSignal) => AsyncIterable<Res>,
  ): void {
    void serveStream(call, peer, (signal, end) => {
      const token = this.#authorize(call.metadata, allowed);
      const untrack = this.#openCalls.add(token.id, { peer: call.getPeer(), end });
      signal.addEventListener('abort', untrack, { once: true });
      return start(signal);
    });
  }

  #endExpired(): void {
    const open = new Set(this.#openCalls.tokenIds());
    for (const { id, expiresAtMs } of this.#options.tokens.list()) {
      if (expiresAtMs === null || expiresAtMs > this.#options.clock.wallMs()) continue;
      if (open.has(id)) this.#openCalls.end(id, tokenExpired(id, expiresAtMs));
    }
  }

  #serveCluster(): void {
    const { session, fetchShard, uploadState } = ClusterServiceService;
    this.#grpc.register(
      session.path,
      (call: SessionCall) => this.#serveSession(call),
      (bytes: Buffer) => bytes, // `CallSessionStream` encodes messages, because it counts their bytes.
      (bytes: Buffer) => bytes, // It also decodes them, since that depends on the packs of the session.
      'bidi',
    );
    this.#grpc.register(
      fetchShard.path,
      (call: ServerWritableStream<FetchShardRequest, FetchShardResponse>) =>
        this.#serveStream(call, ['worker'], 'worker', () =>
          shardResponses(call.request, this.#options.cluster),
        ),
      fetchShard.responseSerialize,
      checkedRequest(fetchShard.requestDeserialize),
      'serverStream',
    );
    this.#grpc.register(
      uploadState.path,
      stateUpload(this.#options.cluster, (metadata) => this.#authorize(metadata, ['worker'])),
      uploadState.responseSerialize,
      checkedRequest(uploadState.requestDeserialize),
      'unary',
    );
  }

  #serveSession(call: SessionCall): void {
    const peer = call.getPeer();
    const { host } = peerHostPort(peer);
    let token: Token;
    let place: ReturnType<SessionLimits['open']>;
    try {
      token = this.#authorize(call.metadata, ['worker']);
      place = this.#sessions.open(token.id, host);
    } catch (error) {
      if (error instanceof RidgelineError && error.code === 'COORDINATOR_UNREACHABLE')
        this.#connections.logRefused(host, error.what);
      call.emit('error', errorToStatus(error));
      return;
    }
    call.sendMetadata(new Metadata()); // The worker reads it as: accepted.
    const { sessions, byteRates } = place;
    const end = (error: RidgelineError): void => stream.refuse(error);
    const untrack = this.#openCalls.add(token.id, { peer, end });
    const stream = new CallSessionStream({
      call,
      peerAddress: formatAddress(peerHostPort(peer)),
      tokenId: token.id,
      limits: this.#limits,
      clock: this.#options.clock,
      byteRates,
      version: this.#options.version,
      disconnect: () => {
        setTimeout(() => this.#listener.disconnect(peer), disconnectMs).unref();
      },
      onEnded: () => {
        untrack();
        sessions.delete(stream);
      },
    });
    sessions.add(stream);
    this.#options.cluster.session(stream);
  }

  #serveControl(): void {
    const { authority } = this.#options;
    this.#grpc.addService(
      withCheckedRequests(ControlServiceService),
      controlService({
        ...this.#options,
        authorize: (metadata, allowed) => this.#authorize(metadata, allowed),
        serveStream: (call, allowed, start) => this.#serveStream(call, allowed, 'client', start),
        joinText: (tokenId, secret) => {
          const { advertised: address } = this.addresses;
          return formatJoin({ address, caPin: authority.caPin, tokenId, secret });
        },
        endCalls: (tokenId) => this.#openCalls.end(tokenId, tokenRevoked(tokenId)),
      }),
    );
  }
}

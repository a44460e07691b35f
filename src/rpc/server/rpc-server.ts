/**
 * RPC server: the coordinator's gRPC server. Handles TLS, tokens and both services, and calls handlers that
 * know neither bytes nor certificates.
 *
 * It decides for each call whether its token allows it. It also manages tokens, because revoking one ends
 * its open calls.
 */
import { Metadata, Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.ts';
import type { RidgelineError } from '../../base/errors.ts';
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
import type { Role, Token, TokenFile } from '../credentials/tokens.ts';
import {
  ClusterServiceService,
  type FetchShardRequest,
  type FetchShardResponse,
} from '../generated/ridgeline/v1/cluster_service.ts';
import { ControlServiceService } from '../generated/ridgeline/v1/control_service.ts';
import { serverOptions } from '../messages/channel-options.ts';
import { callStatus, errorToStatus } from '../messages/error-status.ts';
import { workerMessageFromBytes } from '../messages/session-messages.ts';
import {
  authenticate,
  requireRole,
  tokenExpired,
  tokenRevoked,
  tokenUsedUp,
} from './call-authorization.ts';
import { callGuard } from './call-guard.ts';
import { ConnectionLimits } from './connection-limits.ts';
import { controlService } from './control-server.ts';
import type { ClusterHandlers, ControlHandlers } from './handlers.ts';
import { OpenCalls } from './open-calls.ts';
import { serverLimits, type ServerLimits } from './server-limits.ts';
import { CallSessionStream, type SessionCall } from './session-stream.ts';
import { shardResponses } from './shard-server.ts';
import { TlsListener } from './tls-listener.ts';
import { serveStream, type StreamEnd } from './write-stream.ts';

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
const hangUpMs = 1_000;
/** The same for revoked tokens, whose calls end within a second. */
const revokedHangUpMs = 500;
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
  /** Open sessions by token. */
  readonly #sessions = new Map<string, Set<CallSessionStream>>();
  readonly #openCalls: OpenCalls;
  readonly #expiryTimer: NodeJS.Timeout;

  constructor(options: RpcServerOptions) {
    this.#options = options;
    this.#limits = { ...serverLimits, ...options.limits };
    const { authority, clock, onRefused } = options;
    const hangUp = (peer: string): void => this.#listener.hangUp(peer);
    const connections = new ConnectionLimits({
      limits: this.#limits,
      monotonicMs: () => clock.monotonicMs(),
      onRefused,
    });
    const guard = callGuard({
      connections,
      limits: this.#limits,
      authenticate: (metadata) => this.#authenticate(metadata),
      admit: (peer) => this.#listener.admit(peer),
      hangUp,
    });
    this.#grpc = new Server({ ...serverOptions, interceptors: [guard] });
    this.#serveCluster();
    this.#serveControl();
    // grpc-js reads plaintext: the connections that it receives are decrypted.
    const injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listener = new TlsListener({
      authority,
      connections,
      limits: this.#limits,
      onConnection: (socket) => injector.injectConnection(socket),
    });
    this.#openCalls = new OpenCalls(hangUp, revokedHangUpMs);
    this.#expiryTimer = setInterval(() => this.#endExpired(), expiryMs).unref();
  }

  /** @throws RidgelineError PORT_IN_USE, USAGE */
  async listen(address: HostPort): Promise<void> {
    await this.#listener.listen(address);
  }

  get port(): number {
    return this.#listener.address.port;
  }

  get addresses(): ReachableAddresses {
    return reachableAddresses(this.#listener.address, this.#options.advertise);
  }

  /** Rejects new calls, waits a moment for the running ones, then closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#expiryTimer);
    for (const sessions of this.#sessions.values())
      for (const session of sessions) session.close('the coordinator is stopping');
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, hangUpMs);
      this.#grpc.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.#grpc.forceShutdown();
    await this.#listener.close();
  }

  #authenticate(metadata: Metadata): Token {
    const { tokens, clock } = this.#options;
    return authenticate(metadata, tokens, clock.wallMs());
  }

  #authorize(metadata: Metadata, allowed: readonly Role[]): Token {
    const token = this.#authenticate(metadata);
    requireRole(token, allowed);
    return token;
  }

  /** Ends the stream when its token is revoked or expires. */
  #track(call: { getPeer(): string }, token: Token, { signal, end }: StreamEnd): void {
    const ended = this.#openCalls.add(token.id, { peer: call.getPeer(), end });
    signal.addEventListener('abort', ended, { once: true });
  }

  #endExpired(): void {
    const open = new Set(this.#openCalls.tokenIds());
    for (const { id, expiresAtMs } of this.#options.tokens.list()) {
      if (expiresAtMs === null || expiresAtMs > this.#options.clock.wallMs()) continue;
      if (open.has(id)) this.#openCalls.end(id, tokenExpired(id, expiresAtMs));
    }
  }

  #serveCluster(): void {
    const { session, fetchShard } = ClusterServiceService;
    this.#grpc.register(
      session.path,
      (call: SessionCall) => this.#serveSession(call),
      unchanged,
      workerMessageFromBytes,
      'bidi',
    );
    this.#grpc.register(
      fetchShard.path,
      (call: ServerWritableStream<FetchShardRequest, FetchShardResponse>) => {
        const start = (stream: StreamEnd): AsyncIterable<FetchShardResponse> => {
          this.#track(call, this.#authorize(call.metadata, ['worker']), stream);
          return shardResponses(call.request, this.#options.cluster);
        };
        void serveStream(call, start, (error) => callStatus(error, 'worker'));
      },
      fetchShard.responseSerialize,
      fetchShard.requestDeserialize,
      'serverStream',
    );
  }

  #serveSession(call: SessionCall): void {
    let token: Token;
    let sessions: Set<CallSessionStream>;
    try {
      token = this.#authorize(call.metadata, ['worker']);
      sessions = this.#sessions.get(token.id) ?? new Set();
      const { sessionsPerToken } = this.#limits;
      if (sessions.size >= sessionsPerToken) throw tokenUsedUp(token.id, sessionsPerToken);
    } catch (error) {
      call.emit('error', errorToStatus(error));
      return;
    }
    call.sendMetadata(new Metadata()); // The worker reads it as: accepted.
    const peer = call.getPeer();
    const end = (error: RidgelineError): void => stream.refuse(error);
    const untrack = this.#openCalls.add(token.id, { peer, end });
    const stream = new CallSessionStream({
      call,
      peerAddress: formatAddress(peerHostPort(peer)),
      limits: this.#limits,
      monotonicMs: () => this.#options.clock.monotonicMs(),
      version: this.#options.version,
      hangUp: () => {
        setTimeout(() => this.#listener.hangUp(peer), hangUpMs).unref();
      },
      onEnded: () => {
        untrack();
        sessions.delete(stream);
      },
    });
    this.#sessions.set(token.id, sessions.add(stream));
    this.#options.cluster.session(stream);
  }

  #serveControl(): void {
    const { control, tokens, version, clock, authority } = this.#options;
    this.#grpc.addService(
      ControlServiceService,
      controlService({
        handlers: control,
        tokens,
        version,
        wallMs: () => clock.wallMs(),
        authorize: (metadata, allowed) => this.#authorize(metadata, allowed),
        joinText: (tokenId, secret) =>
          formatJoin({
            address: this.addresses.advertised,
            caPin: authority.caPin,
            tokenId,
            secret,
          }),
        track: (call, token, stream) => this.#track(call, token, stream),
        endCalls: (tokenId) => this.#openCalls.end(tokenId, tokenRevoked(tokenId)),
      }),
    );
  }
}

/** `CallSessionStream` encodes messages, because it counts their bytes. */
function unchanged(bytes: Buffer): Buffer {
  return bytes;
}

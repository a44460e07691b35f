/**
 * The coordinator's gRPC server: TLS, tokens and both services, in front of handlers that know
 * neither bytes nor certificates.
 *
 * Who may call what is decided here, call by call. Tokens are served from here too, since a token that
 * is revoked takes its open sessions with it.
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
import {
  authenticate,
  requireRole,
  tokenExpired,
  tokenRevoked,
  tokenUsedUp,
} from './call-authorization.ts';
import { callGuard } from './call-guard.ts';
import { serverOptions } from '../client/channel-options.ts';
import type { ClusterHandlers, ControlHandlers } from '../messages/control-messages.ts';
import { controlService } from './control-server.ts';
import { callStatus, errorToStatus } from '../messages/error-status.ts';
import {
  ClusterServiceService,
  type FetchPartRequest,
  type FetchPartResponse,
} from '../generated/ridgeline/v1/cluster_service.ts';
import { ControlServiceService } from '../generated/ridgeline/v1/control_service.ts';
import { FrontDoor } from './connection-limits.ts';
import { formatJoin } from '../credentials/join-string.ts';
import { OpenCalls } from './open-calls.ts';
import { partResponses } from './shard-server.ts';
import { serverLimits, type ServerLimits } from './server-limits.ts';
import { CallSessionStream, type SessionCall } from './session-stream.ts';
import { TlsListener } from './tls-listener.ts';
import type { Role, Token, TokenFile } from '../credentials/tokens.ts';
import { workerMessageFromBytes } from '../messages/wire-to-domain.ts';
import { serveStream, type StreamEnd } from './write-stream.ts';

export interface RpcServerOptions {
  readonly authority: Authority;
  readonly tokens: TokenFile;
  readonly cluster: ClusterHandlers;
  readonly control: ControlHandlers;
  /** The coordinator's program version. */
  readonly version: string;
  readonly clock: Clock;
  /** HOST:PORT for join strings where it is not the one listened on; or null. */
  readonly advertise: string | null;
  readonly limits?: Partial<ServerLimits>;
  /** For the log: one sentence about a peer that was sent away. */
  readonly onRefused: (what: string) => void;
}

/** How long a last status may take to reach its peer before the connection is ended under it. */
const farewellMs = 1_000;
/** The same where a token was revoked: all is over within a second. */
const revokedFarewellMs = 500;
/** How often tokens that have let somebody in are looked at: one that expires ends its calls. */
const expiryMs = 1_000;

/**
 * @param address HOST:PORT; port 0 takes a free one
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
  /** By the token that let them in. */
  readonly #sessions = new Map<string, Set<CallSessionStream>>();
  readonly #openCalls: OpenCalls;
  readonly #expiryTimer: NodeJS.Timeout;

  constructor(options: RpcServerOptions) {
    this.#options = options;
    this.#limits = { ...serverLimits, ...options.limits };
    const { authority, clock, onRefused } = options;
    const hangUp = (peer: string): void => this.#listener.hangUp(peer);
    const door = new FrontDoor({
      limits: this.#limits,
      monotonicMs: () => clock.monotonicMs(),
      onRefused,
    });
    const guard = callGuard({
      door,
      limits: this.#limits,
      authenticate: (metadata) => this.#authenticate(metadata),
      admit: (peer) => this.#listener.admit(peer),
      hangUp,
    });
    this.#grpc = new Server({ ...serverOptions, interceptors: [guard] });
    this.#serveCluster();
    this.#serveControl();
    // Plaintext for grpc-js: its connections come out of our TLS sockets.
    const injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listener = new TlsListener({
      authority,
      door,
      limits: this.#limits,
      onConnection: (socket) => injector.injectConnection(socket),
    });
    this.#openCalls = new OpenCalls(hangUp, revokedFarewellMs);
    this.#expiryTimer = setInterval(() => this.#cutExpired(), expiryMs).unref();
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

  /** Refuses new calls, gives running ones a moment to end, then ends their connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#expiryTimer);
    for (const ofToken of this.#sessions.values())
      for (const session of ofToken) session.close('the coordinator is stopping');
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, farewellMs);
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

  /** A stream that lasts ends with the token that let it in. */
  #track(call: { getPeer(): string }, token: Token, { signal, cut }: StreamEnd): void {
    const ended = this.#openCalls.add(token.id, { peer: call.getPeer(), cut });
    signal.addEventListener('abort', ended, { once: true });
  }

  #cutExpired(): void {
    const open = new Set(this.#openCalls.tokenIds());
    for (const { id, expiresAtMs } of this.#options.tokens.list()) {
      if (expiresAtMs === null || expiresAtMs > this.#options.clock.wallMs()) continue;
      if (open.has(id)) this.#openCalls.cut(id, tokenExpired(id, expiresAtMs));
    }
  }

  #serveCluster(): void {
    const { session, fetchPart } = ClusterServiceService;
    this.#grpc.register(
      session.path,
      (call: SessionCall) => this.#serveSession(call),
      unchanged,
      workerMessageFromBytes,
      'bidi',
    );
    this.#grpc.register(
      fetchPart.path,
      (call: ServerWritableStream<FetchPartRequest, FetchPartResponse>) => {
        const start = (end: StreamEnd): AsyncIterable<FetchPartResponse> => {
          this.#track(call, this.#authorize(call.metadata, ['worker']), end);
          return partResponses(call.request, this.#options.cluster);
        };
        void serveStream(call, start, (error) => callStatus(error, 'worker'));
      },
      fetchPart.responseSerialize,
      fetchPart.requestDeserialize,
      'serverStream',
    );
  }

  #serveSession(call: SessionCall): void {
    let token: Token;
    let ofToken: Set<CallSessionStream>;
    try {
      token = this.#authorize(call.metadata, ['worker']);
      ofToken = this.#sessions.get(token.id) ?? new Set();
      const { sessionsPerToken } = this.#limits;
      if (ofToken.size >= sessionsPerToken) throw tokenUsedUp(token.id, sessionsPerToken);
    } catch (error) {
      call.emit('error', errorToStatus(error));
      return;
    }
    call.sendMetadata(new Metadata()); // Tells the worker that it was let in.
    const peer = call.getPeer();
    const cut = (error: RidgelineError): void => stream.refuse(error);
    const untrack = this.#openCalls.add(token.id, { peer, cut });
    const stream = new CallSessionStream({
      call,
      peerAddress: formatAddress(peerHostPort(peer)),
      limits: this.#limits,
      monotonicMs: () => this.#options.clock.monotonicMs(),
      version: this.#options.version,
      hangUp: () => {
        setTimeout(() => this.#listener.hangUp(peer), farewellMs).unref();
      },
      onEnded: () => {
        untrack();
        ofToken.delete(stream);
      },
    });
    this.#sessions.set(token.id, ofToken.add(stream));
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
        track: (call, token, end) => this.#track(call, token, end),
        cutCalls: (tokenId) => this.#openCalls.cut(tokenId, tokenRevoked(tokenId)),
      }),
    );
  }
}

/** `SessionStream` encodes by itself, since it counts the bytes. */
function unchanged(bytes: Buffer): Buffer {
  return bytes;
}

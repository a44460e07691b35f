/**
 * The coordinator's gRPC server: TLS, tokens and both services, in front of handlers that know
 * neither bytes nor certificates.
 *
 * Who may call what is decided here, call by call. Tokens are served from here too, since a token that
 * is revoked takes its open sessions with it.
 */
import { Metadata, Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import type { Clock } from '../base/clock.ts';
import {
  formatAddress,
  reachableAddresses,
  requireAddress,
  type HostPort,
  type ReachableAddresses,
} from './address.ts';
import type { Authority } from './authority.ts';
import { authorize } from './call-authorization.ts';
import { serverOptions } from './channel-options.ts';
import type { ClusterHandlers, ControlHandlers } from './control-messages.ts';
import { controlService } from './control-server.ts';
import { callStatus, errorToStatus } from './error-status.ts';
import {
  ClusterServiceService,
  type FetchPartRequest,
  type FetchPartResponse,
} from './generated/ridgeline/v1/cluster_service.ts';
import { ControlServiceService } from './generated/ridgeline/v1/control_service.ts';
import { formatJoin } from './join-string.ts';
import { partResponses } from './part-server.ts';
import {
  CallSessionStream,
  sessionLimits,
  type SessionCall,
  type SessionLimits,
} from './session-stream.ts';
import { TlsListener } from './tls-listener.ts';
import type { Role, Token, TokenFile } from './tokens.ts';
import { workerMessageFromBytes } from './wire-to-domain.ts';
import { serveStream } from './write-stream.ts';

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
  readonly limits?: Partial<SessionLimits>;
}

/** How long a last status may take to reach its peer before the connection is ended under it. */
const farewellMs = 1_000;

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
  readonly #grpc = new Server(serverOptions);
  readonly #listener: TlsListener;
  /** Open sessions by the id of the token that let them in. */
  readonly #sessions = new Map<string, Set<CallSessionStream>>();

  constructor(options: RpcServerOptions) {
    this.#options = options;
    this.#serveCluster();
    this.#serveControl();
    // Plaintext for grpc-js: its connections come out of our TLS sockets.
    const injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listener = new TlsListener(options.authority, (socket) => {
      injector.injectConnection(socket);
    });
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
    for (const session of this.#openSessions()) session.close('the coordinator is stopping');
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

  #authorize(metadata: Metadata, allowed: readonly Role[]): Token {
    const { tokens, clock } = this.#options;
    return authorize(metadata, tokens, allowed, clock.wallMs());
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
        const start = (): AsyncIterable<FetchPartResponse> => {
          this.#authorize(call.metadata, ['worker']);
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
    try {
      token = this.#authorize(call.metadata, ['worker']);
    } catch (error) {
      call.emit('error', errorToStatus(error));
      return;
    }
    call.sendMetadata(new Metadata()); // Tells the worker that it was let in.
    const peer = call.getPeer();
    const stream = new CallSessionStream({
      call,
      peerAddress: peerAddress(peer),
      limits: { ...sessionLimits, ...this.#options.limits },
      version: this.#options.version,
      hangUp: () => {
        setTimeout(() => this.#listener.hangUp(peer), farewellMs).unref();
      },
      onEnded: () => this.#sessions.get(token.id)?.delete(stream),
    });
    const ofToken = this.#sessions.get(token.id) ?? new Set();
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
        closeSessions: (tokenId, error) => {
          for (const session of this.#sessions.get(tokenId) ?? []) session.refuse(error);
        },
      }),
    );
  }

  #openSessions(): CallSessionStream[] {
    return [...this.#sessions.values()].flatMap((sessions) => [...sessions]);
  }
}

/** `SessionStream` encodes by itself, since it counts the bytes. */
function unchanged(bytes: Buffer): Buffer {
  return bytes;
}

/** grpc-js writes ADDRESS:PORT without brackets, and IPv4 as IPv6 where it listens on both. */
function peerAddress(peer: string): string {
  const colon = peer.lastIndexOf(':');
  const host = peer.slice(0, colon).replace(/^::ffff:/, '');
  return formatAddress({ host, port: Number(peer.slice(colon + 1)) });
}

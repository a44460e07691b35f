/**
 * The coordinator's door: its own TLS socket in front of grpc-js.
 *
 * grpc-js can neither insist on TLS 1.3 nor limit connections or handshakes, and it says only in
 * words why it could not bind. So the socket is ours, and grpc-js is handed connections whose
 * handshake is done. A connection that shows no good token in time is ended here.
 */
import { once } from 'node:events';
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { assert } from '../../base/assert.ts';
import { RidgelineError, messageOf } from '../../base/errors.ts';
import { formatAddress, plainHost, type HostPort } from '../credentials/address.ts';
import type { Authority } from '../credentials/authority.ts';
import type { FrontDoor } from './connection-limits.ts';
import type { ServerLimits } from './server-limits.ts';

export interface TlsListenerOptions {
  readonly authority: Authority;
  readonly door: FrontDoor;
  readonly limits: Pick<ServerLimits, 'handshakeMs' | 'tokenMs'>;
  /** Is handed every connection whose handshake is done. */
  readonly onConnection: (socket: TLSSocket) => void;
}

interface Connection {
  readonly socket: TLSSocket;
  /** Ends it, unless a good token comes first. */
  readonly tokenTimer: NodeJS.Timeout;
}

export class TlsListener {
  readonly #options: TlsListenerOptions;
  readonly #tcp: TcpServer;
  readonly #tls: Server;
  /** Also those whose handshake is not done. */
  readonly #sockets = new Set<Socket>();
  /** By ADDRESS:PORT, as grpc-js names a peer. */
  readonly #connections = new Map<string, Connection>();

  constructor(options: TlsListenerOptions) {
    const { authority, limits } = options;
    this.#options = options;
    this.#tls = createServer({
      key: authority.serverKey,
      cert: authority.serverChain,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['h2'],
      handshakeTimeout: limits.handshakeMs,
    });
    this.#tls.on('secureConnection', (socket) => this.#secured(socket));
    // Port scanners, TLS 1.2, a refused CA: nothing of it is worth more than the closed socket.
    this.#tls.on('tlsClientError', (_error, socket) => {
      const { remoteAddress } = socket;
      // A peer that is gone has hung up itself, as a worker does once it has read the certificates.
      if (remoteAddress !== undefined)
        options.door.complain(plainHost(remoteAddress), 'it completed no TLS 1.3 handshake');
      socket.destroy();
    });
    this.#tcp = createTcpServer((socket) => this.#opened(socket));
  }

  /** @throws RidgelineError PORT_IN_USE, or USAGE where the address cannot be this machine's */
  async listen(address: HostPort): Promise<void> {
    this.#tcp.listen(address.port, address.host);
    try {
      await once(this.#tcp, 'listening');
    } catch (error) {
      throw bindError(address, error);
    }
  }

  get address(): HostPort {
    const bound = this.#tcp.address();
    assert(bound !== null && typeof bound === 'object', 'it listens on an IP address');
    return { host: bound.address, port: bound.port };
  }

  /** A good token came from this peer: its connection may stay. */
  admit(peer: string): void {
    const connection = this.#connections.get(peer);
    if (connection !== undefined) clearTimeout(connection.tokenTimer);
  }

  /** @param peer as grpc-js names it */
  hangUp(peer: string): void {
    this.#connections.get(peer)?.socket.destroy();
  }

  /** Takes no more connections and ends those that are left. */
  async close(): Promise<void> {
    const closed = once(this.#tcp, 'close');
    this.#tcp.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #opened(socket: Socket): void {
    const host = plainHost(socket.remoteAddress ?? '');
    socket.on('error', () => undefined); // A broken connection is told by its calls.
    if (!this.#options.door.enter(host)) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#options.door.leave(host);
    });
    this.#tls.emit('connection', socket);
  }

  #secured(socket: TLSSocket): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    const { door, limits, onConnection } = this.#options;
    const tokenTimer = setTimeout(() => {
      door.complain(plainHost(socket.remoteAddress ?? ''), 'no good token came in time');
      socket.destroy();
    }, limits.tokenMs);
    const connection = { socket, tokenTimer };
    this.#connections.set(peer, connection);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(tokenTimer);
      if (this.#connections.get(peer) === connection) this.#connections.delete(peer);
    });
    onConnection(socket);
  }
}

function bindError(address: HostPort, error: unknown): RidgelineError {
  const text = formatAddress(address);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new RidgelineError(
      'PORT_IN_USE',
      `Another program listens on ${text} already, so the coordinator cannot.`,
      `Stop that program, or choose another port with --listen ${formatAddress({ ...address, port: address.port + 1 })}.`,
      { cause: error },
    );
  }
  return new RidgelineError(
    'USAGE',
    `The coordinator cannot listen on ${text}: ${messageOf(error)}.`,
    'Give an address of this machine and a port from 1024 up, for example --listen 127.0.0.1:7070.',
    { cause: error },
  );
}

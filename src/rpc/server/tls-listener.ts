/**
 * TLS listener: accepts connections, and passes them to grpc-js after the TLS handshake.
 *
 * grpc-js can neither require TLS 1.3 nor limit connections and handshakes, and it reports the cause of a
 * failed bind only as text. A connection without a valid token in time is closed here.
 */
import { once } from 'node:events';
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { assert } from '../../base/assert.ts';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { formatAddress, plainHost, type HostPort } from '../credentials/address.ts';
import type { Authority } from '../credentials/authority.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { ServerLimits } from './server-limits.ts';

export interface TlsListenerOptions {
  readonly authority: Authority;
  readonly connections: ConnectionLimits;
  readonly limits: ServerLimits;
  /** Receives every connection after its handshake. */
  readonly onConnection: (socket: TLSSocket) => void;
}

export class TlsListener {
  readonly #options: TlsListenerOptions;
  readonly #tcp: TcpServer;
  readonly #tls: Server;
  /** Includes connections whose handshake is not complete. */
  readonly #sockets = new Set<Socket>();
  /** By ADDRESS:PORT, as grpc-js writes a peer. The timer runs until a valid token arrives. */
  readonly #connections = new Map<string, { socket: TLSSocket; tokenTimer: NodeJS.Timeout }>();

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
    // For example port scanners, TLS 1.2, or a client that rejects the CA.
    this.#tls.on('tlsClientError', (_error, socket) => {
      // A peer without an address has closed the connection, as workers do after reading the chain.
      const host = plainHost(socket.remoteAddress ?? '');
      if (host !== '') options.connections.logRefused(host, 'it completed no TLS 1.3 handshake');
      socket.destroy();
    });
    this.#tcp = createTcpServer((socket) => this.#opened(socket));
  }

  /** @throws RidgelineError PORT_IN_USE; USAGE if the address is not one of this machine */
  async listen(address: HostPort): Promise<void> {
    this.#tcp.listen(address.port, address.host);
    try {
      await once(this.#tcp, 'listening');
    } catch (error) {
      throw bindError(address, error);
    }
    // For example ENFILE or ENOBUFS. The server continues to accept.
    this.#tcp.on('error', ({ message }) =>
      this.#options.connections.logRefused('a peer', `it could not be accepted (${message})`),
    );
  }

  get address(): HostPort {
    const bound = this.#tcp.address();
    assert(bound !== null && typeof bound === 'object', 'it listens on an IP address');
    return { host: bound.address, port: bound.port };
  }

  /** Keeps the connection of this peer, from which a valid token arrived. */
  admit(peer: string): void {
    clearTimeout(this.#connections.get(peer)?.tokenTimer);
  }

  /** @param peer ADDRESS:PORT, as grpc-js writes it */
  disconnect(peer: string): void {
    this.#connections.get(peer)?.socket.destroy();
  }

  /** Accepts no more connections and closes the open ones. */
  async close(): Promise<void> {
    const closed = once(this.#tcp, 'close');
    this.#tcp.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #opened(socket: Socket): void {
    const host = plainHost(socket.remoteAddress ?? '');
    socket.on('error', () => undefined); // The calls report a broken connection.
    if (!this.#options.connections.enter(host)) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#options.connections.leave(host);
    });
    this.#tls.emit('connection', socket);
  }

  #secured(socket: TLSSocket): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    const { connections, limits, onConnection } = this.#options;
    const tokenTimer = setTimeout(() => {
      connections.logRefused(
        plainHost(socket.remoteAddress ?? ''),
        'no valid token arrived in time',
      );
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
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return new RidgelineError(
      'PORT_IN_USE',
      `The coordinator cannot listen on ${text}: another program already listens there.`,
      `Stop that program, or choose another port with --listen ${formatAddress({ ...address, port: address.port + 1 })}.`,
      { cause: error },
    );
  }
  return new RidgelineError(
    'USAGE',
    `The coordinator cannot listen on ${text}: ${errorMessage(error)}.`,
    'Give an address of this machine and a port from 1024 up, for example --listen 127.0.0.1:7070.',
    { cause: error },
  );
}

/**
 * The coordinator's door: its own TLS socket in front of grpc-js.
 *
 * grpc-js can neither insist on TLS 1.3 nor limit connections or handshakes, and it says only in
 * words why it could not bind. So the socket is ours, and grpc-js is handed connections whose
 * handshake is done.
 */
import { once } from 'node:events';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { assert } from '../base/assert.ts';
import { RidgelineError, messageOf } from '../base/errors.ts';
import { formatAddress, type HostPort } from './address.ts';
import type { Authority } from './authority.ts';

const handshakeMs = 5_000;
const connectionsMax = 6_000;

export class TlsListener {
  readonly #server: Server;
  readonly #sockets = new Map<string, TLSSocket>();

  /** @param onConnection is handed every connection whose handshake is done */
  constructor(authority: Authority, onConnection: (socket: TLSSocket) => void) {
    this.#server = createServer({
      key: authority.serverKey,
      cert: authority.serverChain,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['h2'],
      handshakeTimeout: handshakeMs,
    });
    this.#server.maxConnections = connectionsMax;
    this.#server.on('secureConnection', (socket) => {
      const peer = `${socket.remoteAddress}:${socket.remotePort}`;
      this.#sockets.set(peer, socket);
      socket.on('error', () => undefined); // A broken connection is told by its calls.
      socket.once('close', () => {
        if (this.#sockets.get(peer) === socket) this.#sockets.delete(peer);
      });
      onConnection(socket);
    });
    // Port scanners, TLS 1.2, a refused CA: nothing of it is worth more than the closed socket.
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** @throws RidgelineError PORT_IN_USE, or USAGE where the address cannot be this machine's */
  async listen(address: HostPort): Promise<void> {
    this.#server.listen(address.port, address.host);
    try {
      await once(this.#server, 'listening');
    } catch (error) {
      throw bindError(address, error);
    }
  }

  get address(): HostPort {
    const bound = this.#server.address();
    assert(bound !== null && typeof bound === 'object', 'it listens on an IP address');
    return { host: bound.address, port: bound.port };
  }

  /** @param peer as grpc-js names it */
  hangUp(peer: string): void {
    this.#sockets.get(peer)?.destroy();
  }

  /** Takes no more connections and ends those that are left. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets.values()) socket.destroy();
    await closed;
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

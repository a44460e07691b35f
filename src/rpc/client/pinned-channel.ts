/**
 * Pinned channel: a connection to a coordinator whose identity is verified before a token is sent.
 *
 * A join string contains the SHA-256 of the coordinator's CA certificate, the pin. A first TLS connection
 * reads the server's certificate chain and looks for the certificate with that pin. If it is missing, the
 * connection is closed. Otherwise grpc-js connects with this CA as the only trusted one, and verifies that
 * the server has a certificate of it for the fixed name.
 */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js';
import { RidgelineError, messageOf } from '../../base/errors.ts';
import { parseAddress } from '../credentials/address.ts';
import { certificatePin, serverName } from '../credentials/authority.ts';
import { clientOptions } from '../messages/channel-options.ts';
import type { JoinTarget } from '../credentials/join-string.ts';

export interface ConnectOptions {
  /** Aborts connecting. Later it has no effect. */
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Time of the first attempt (`performance.now()`), for the message of an error; default: now. */
  readonly sinceMs?: number;
}

export const connectTimeoutMs = 5_000;

/** What every call of the client carries. */
export function authorizationMetadata({ tokenId, secret }: JoinTarget): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${tokenId}:${secret}`);
  return metadata;
}

/** @throws RidgelineError COORDINATOR_UNREACHABLE, CA_REFUSED */
export async function openPinnedClient(
  target: JoinTarget,
  { signal, timeoutMs = connectTimeoutMs, sinceMs = performance.now() }: ConnectOptions,
): Promise<Client> {
  const ca = await readPinnedCa(target, timeoutMs, sinceMs, signal);
  const context = createSecureContext({ ca, minVersion: 'TLSv1.3' });
  return new Client(
    `dns:${target.address}`,
    ChannelCredentials.createFromSecureContext(context),
    clientOptions(serverName),
  );
}

/** @returns PEM of the certificate with the pin */
async function readPinnedCa(
  target: JoinTarget,
  timeoutMs: number,
  sinceMs: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  let chain: PeerCertificate[];
  try {
    chain = await readChain(target, stop);
  } catch (error) {
    const cause = timeout.aborted ? 'nothing answered' : connectionFailure(error);
    throw coordinatorUnreachable(target.address, cause, performance.now() - sinceMs, error);
  }
  const pinned = chain.find((certificate) => certificatePin(certificate.raw) === target.caPin);
  const [own] = chain;
  // TLS verifies the signature again. The check here gives a precise error.
  if (pinned !== undefined && own !== undefined && isIssuedBy(own, pinned))
    return toPem(pinned.raw);
  const last = chain.at(-1);
  const refusal =
    pinned === undefined
      ? `its CA has the pin ${last === undefined ? '(none)' : certificatePin(last.raw)}, expected ${target.caPin}`
      : `it sent the CA certificate with the pin ${target.caPin}, but this CA did not issue its own certificate`;
  throw new RidgelineError(
    'CA_REFUSED',
    `The server at ${target.address} is not the coordinator of this join string: ${refusal}. No token was sent.`,
    'Check the address. If the coordinator has a new state directory, create a new join string there with `ridgeline token new`.',
  );
}

/** The certificates that the server sends, its own first. The caller verifies them by the pin. */
function readChain({ address }: JoinTarget, signal: AbortSignal): Promise<PeerCertificate[]> {
  const { promise, resolve, reject } = Promise.withResolvers<PeerCertificate[]>();
  const hostPort = parseAddress(address);
  if (hostPort === null) return Promise.reject(new Error(`${address} is not HOST:PORT`));
  const socket = connect({
    ...hostPort,
    servername: serverName,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false, // Nothing is sent on this connection.
  });
  const abort = (): void => {
    socket.destroy();
    reject(new Error('connecting was aborted'));
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  socket.once('secureConnect', () => {
    resolve(certificateChain(socket));
    socket.destroy();
  });
  socket.on('error', reject);
  socket.once('close', () => {
    signal.removeEventListener('abort', abort);
    reject(new Error('the connection was closed'));
  });
  return promise;
}

function certificateChain(socket: TLSSocket): PeerCertificate[] {
  const chain: PeerCertificate[] = [];
  const seen = new Set<string>();
  let next = socket.getPeerCertificate(true);
  // A self-signed certificate is its own issuer.
  while (next?.raw !== undefined && !seen.has(next.fingerprint256)) {
    chain.push(next);
    seen.add(next.fingerprint256);
    next = next.issuerCertificate;
  }
  return chain;
}

function isIssuedBy(certificate: PeerCertificate, ca: PeerCertificate): boolean {
  return new X509Certificate(certificate.raw).verify(new X509Certificate(ca.raw).publicKey);
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const noTls = 'the server there does not speak TLS 1.3';
const failures: ReadonlyMap<unknown, string> = new Map([
  ['ECONNREFUSED', 'no program listens on that port'],
  ['ENOTFOUND', 'the host name is unknown'],
  ['EAI_AGAIN', 'the host name is unknown'],
  ['EHOSTUNREACH', 'the network is unreachable'],
  ['ENETUNREACH', 'the network is unreachable'],
  ['ECONNRESET', 'the connection was reset'],
  ['EPROTO', noTls],
  ['ERR_SSL_WRONG_VERSION_NUMBER', noTls],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', noTls],
]);

function connectionFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return failures.get(code) ?? messageOf(error);
}

export function coordinatorUnreachable(
  address: string,
  reason: string,
  waitedMs: number,
  cause: unknown,
): RidgelineError {
  return new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `No coordinator answered at ${address} (waited ${(waitedMs / 1_000).toFixed(1)} s): ${reason}.`,
    'Start one there with `ridgeline coordinator`, or check the address, the network and firewalls.',
    { cause },
  );
}

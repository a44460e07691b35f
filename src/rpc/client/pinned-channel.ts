/**
 * The client's way to a coordinator that it has never met: recognise it first, talk then.
 *
 * A join string has the hash of the coordinator's CA certificate. A raw TLS connection reads the
 * chain that the server sends and looks for that certificate in it; where it is not there, the
 * connection is closed before a byte of the token was sent. Then grpc-js gets that CA as its only
 * one, and checks by itself that the server holds a certificate of it for the fixed name.
 */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { ChannelCredentials, Client } from '@grpc/grpc-js';
import { RidgelineError, messageOf } from '../../base/errors.ts';
import { parseAddress } from '../credentials/address.ts';
import { pinOf, serverName } from '../credentials/authority.ts';
import { clientOptions } from './channel-options.ts';
import type { JoinTarget } from '../credentials/join-string.ts';

export interface ConnectOptions {
  /** Gives up connecting; has no say over what was connected. */
  readonly signal?: AbortSignal;
  /** How long to wait for an answer. */
  readonly timeoutMs?: number;
  /** Since when the caller has been trying (`performance.now()`), which is what an error says; default: now. */
  readonly sinceMs?: number;
}

export const connectTimeoutMs = 5_000;

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

/** @returns the PEM of the certificate in the server's chain that has the pin */
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
    const cause = timeout.aborted ? 'nothing answered' : reasonOf(error);
    throw coordinatorUnreachable(target.address, cause, performance.now() - sinceMs, error);
  }
  const pinned = chain.find((certificate) => pinOf(certificate.raw) === target.caPin);
  const [own] = chain;
  // The signature is checked again by TLS itself; here so that the refusal says what it is.
  if (pinned !== undefined && own !== undefined && isIssuedBy(own, pinned))
    return pemOf(pinned.raw);
  const last = chain.at(-1);
  const refusal =
    pinned === undefined
      ? `its CA has the pin ${last === undefined ? '(none)' : pinOf(last.raw)}, expected ${target.caPin}`
      : `it shows the CA with the pin ${target.caPin}, but its certificate is not of that CA`;
  throw new RidgelineError(
    'CA_REFUSED',
    `What answers at ${target.address} is not the coordinator of this join string: ${refusal}. No token was sent.`,
    'Check the address; if the coordinator has a new state directory, get a fresh join string with `ridgeline token new` there.',
  );
}

/** The certificates that the server sends: its own first. Trust comes after, by the pin. */
function readChain({ address }: JoinTarget, signal: AbortSignal): Promise<PeerCertificate[]> {
  const { promise, resolve, reject } = Promise.withResolvers<PeerCertificate[]>();
  const hostPort = parseAddress(address);
  if (hostPort === null) return Promise.reject(new Error(`${address} is not HOST:PORT`));
  const socket = connect({
    ...hostPort,
    servername: serverName,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false, // Nothing is said on this connection.
  });
  const abort = (): void => {
    socket.destroy();
    reject(new Error('given up'));
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  socket.once('secureConnect', () => {
    resolve(chainOf(socket));
    socket.destroy();
  });
  socket.on('error', reject);
  socket.once('close', () => {
    signal.removeEventListener('abort', abort);
    reject(new Error('the connection was closed'));
  });
  return promise;
}

function chainOf(socket: TLSSocket): PeerCertificate[] {
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

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ECONNREFUSED':
      return 'nobody listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name is not known';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no way to that network';
    case 'ECONNRESET':
      return 'the connection was reset';
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION':
      return 'what listens there does not speak TLS 1.3';
    default:
      return messageOf(error);
  }
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

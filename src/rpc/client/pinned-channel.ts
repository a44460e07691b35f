/**
 * Pinned channel: a connection to a coordinator whose identity is verified before a token is sent.
 *
 * A join string contains the SHA-256 of the coordinator's CA certificate, the pin. A first TLS connection
 * reads the server's certificate chain and looks for the certificate with that pin. If it is missing, the
 * connection is closed. Otherwise grpc-js connects with this CA as the only trusted one, and verifies that
 * the server has a certificate of it for the fixed name.
 */
import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createSecureContext, connect } from 'node:tls';
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { requireAddress } from '../credentials/address.ts';
import { certificatePin, serverName } from '../credentials/authority.ts';
import { clientOptions } from '../messages/channel-options.ts';
import type { JoinTarget } from '../credentials/join-string.ts';

export interface ConnectOptions {
  /** Aborts connecting. Later it has no effect. */
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Time of the first attempt (`performance.now()`), for the message of an error; default: now. */
  readonly sinceMs?: number;
  /** How long the coordinator may answer nothing before the connection counts as broken. */
  readonly silenceMs?: number;
}

export const connectTimeoutMs = 5_000;

export interface PinnedClient {
  readonly client: Client;
  /** Address of the coordinator, for errors. */
  readonly address: string;
  /** The token, for every call. */
  readonly metadata: Metadata;
}

/** @throws RidgelineError COORDINATOR_UNREACHABLE, CA_REFUSED */
export async function openPinnedClient(
  target: JoinTarget,
  options: ConnectOptions,
): Promise<PinnedClient> {
  const ca = await readPinnedCa(target, options);
  const context = createSecureContext({ ca, minVersion: 'TLSv1.3' });
  const client = new Client(
    `dns:${target.address}`,
    ChannelCredentials.createFromSecureContext(context),
    clientOptions(serverName, options.silenceMs),
  );
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${target.tokenId}:${target.secret}`);
  return { client, address: target.address, metadata };
}

/** @returns PEM of the certificate with the pin */
async function readPinnedCa(
  target: JoinTarget,
  { signal, timeoutMs = connectTimeoutMs, sinceMs = performance.now() }: ConnectOptions,
): Promise<string> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const stop = AbortSignal.any([timeout, ...(signal === undefined ? [] : [signal])]);
  let chain: X509Certificate[];
  try {
    chain = await readChain(target.address, stop);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reason = timeout.aborted
      ? 'nothing answered'
      : (failures.get(code) ?? errorMessage(error));
    throw coordinatorUnreachable(target.address, reason, sinceMs, error);
  }
  const pinned = chain.find((certificate) => certificatePin(certificate.raw) === target.caPin);
  const [own] = chain;
  // TLS verifies the signature again. The check here gives a precise error.
  if (pinned !== undefined && own?.verify(pinned.publicKey) === true) {
    checkClock(own, target.address, Date.now());
    return pinned.toString();
  }
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

/** @throws RidgelineError CA_REFUSED if the certificate is not valid at the time of this machine's clock */
export function checkClock(
  { validFromDate, validToDate }: Pick<X509Certificate, 'validFromDate' | 'validToDate'>,
  address: string,
  wallMs: number,
): void {
  const isEarly = wallMs < validFromDate.getTime();
  if (!isEarly && wallMs <= validToDate.getTime()) return;
  const [own, limit] = [new Date(wallMs), isEarly ? validFromDate : validToDate].map((date) =>
    date.toISOString(),
  );
  throw new RidgelineError(
    'CA_REFUSED',
    `The certificate of the coordinator at ${address} is valid ${isEarly ? 'from' : 'until'} ${limit}, but this machine's clock says ${own}: it is ${isEarly ? 'behind' : 'ahead, or the certificate has expired'}.`,
    isEarly
      ? "Set this machine's clock, and run the command again."
      : "Set this machine's clock, or start the coordinator again, which renews its certificate.",
  );
}

/** The certificates that the server sends, its own first. The caller verifies them by the pin. */
async function readChain(address: string, signal: AbortSignal): Promise<X509Certificate[]> {
  const socket = connect({
    ...requireAddress('the address of a join string', address),
    servername: serverName,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false, // Nothing is sent on this connection.
  });
  socket.on('error', () => undefined); // `once` throws it. Afterwards nothing else listens.
  try {
    await once(socket, 'secureConnect', { signal });
    const chain: X509Certificate[] = [];
    let next = socket.getPeerX509Certificate();
    for (; next !== undefined; next = next.issuerCertificate) chain.push(next);
    return chain;
  } finally {
    socket.destroy();
  }
}

const noTls = 'the server there does not speak TLS 1.3';
const failures: ReadonlyMap<unknown, string> = new Map([
  ['ECONNREFUSED', 'no program listens on that port'],
  ['ENOTFOUND', 'the host name cannot be resolved'],
  ['EAI_AGAIN', 'the host name cannot be resolved'],
  ['EHOSTUNREACH', 'the network is unreachable'],
  ['ENETUNREACH', 'the network is unreachable'],
  ['ECONNRESET', 'the connection was reset'],
  ['ABORT_ERR', 'connecting was aborted'],
  ['EPROTO', noTls],
  ['ERR_SSL_WRONG_VERSION_NUMBER', noTls],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', noTls],
]);

/** @param sinceMs time of the first attempt (`performance.now()`) */
export function coordinatorUnreachable(
  address: string,
  reason: string,
  sinceMs: number,
  cause?: unknown,
): RidgelineError {
  const waited = ((performance.now() - sinceMs) / 1_000).toFixed(1);
  return new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `No coordinator answered at ${address} (waited ${waited} s): ${reason}.`,
    'Start one there with `ridgeline coordinator`, or check the address, the network and firewalls.',
    { cause },
  );
}

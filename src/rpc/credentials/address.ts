/** `HOST:PORT`, with IPv6 addresses in brackets. */
import { hostname } from 'node:os';
import { RidgelineError } from '../../base/errors.ts';

export interface HostPort {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

const pattern = /^(?:\[(?<v6>[0-9a-fA-F:.%\w]+)\]|(?<name>[A-Za-z0-9_.-]+)):(?<port>\d{1,5})$/;

/** @returns null for anything that is not HOST:PORT */
export function parseAddress(text: string): HostPort | null {
  const groups = pattern.exec(text)?.groups;
  const host = groups?.['v6'] ?? groups?.['name'];
  const port = Number(groups?.['port']);
  return host === undefined || port > 65_535 ? null : { host, port };
}

export function formatAddress({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** How IPv4 is written where a socket listens on both kinds: without what makes it IPv6. */
export function plainHost(host: string): string {
  return host.replace(/^::ffff:(?=\d+\.)/, '');
}

/** What Node and grpc-js write for a peer: ADDRESS:PORT, IPv6 without brackets. */
export function peerHostPort(peer: string): HostPort {
  const colon = peer.lastIndexOf(':');
  return { host: plainHost(peer.slice(0, colon)), port: Number(peer.slice(colon + 1)) };
}

/** @param option what the user wrote it for, as `--listen` */
export function requireAddress(option: string, text: string): HostPort {
  const address = parseAddress(text);
  if (address !== null) return address;
  throw new RidgelineError(
    'USAGE',
    `${option} must be HOST:PORT, got ${JSON.stringify(text)}.`,
    `Give for example ${option} 127.0.0.1:7070, or [::1]:7070 for IPv6.`,
  );
}

export interface ReachableAddresses {
  /** From this machine. */
  readonly local: string;
  /** From the others. */
  readonly advertised: string;
}

/** Who listens on all addresses is reached at none of those: on loopback from here, by name from afar. */
export function reachableAddresses(bound: HostPort, advertise: string | null): ReachableAddresses {
  const { host, port } = bound;
  const isAll = host === '0.0.0.0' || host === '::';
  const local = formatAddress({ host: isAll ? '127.0.0.1' : host, port });
  const named = formatAddress({ host: isAll ? hostname() : host, port });
  return { local, advertised: advertise ?? named };
}

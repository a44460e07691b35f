/** Addresses: `HOST:PORT`, with IPv6 addresses in brackets. */
import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import { RidgelineError } from '../../base/errors.ts';

export interface HostPort {
  /** Host name or IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

const pattern = /^(?:\[(?<v6>[0-9a-fA-F:.%\w]+)\]|(?<name>[A-Za-z0-9_.-]+)):(?<port>\d{1,5})$/;

/** @returns null for anything that is not HOST:PORT */
export function parseAddress(text: string): HostPort | null {
  const groups = pattern.exec(text)?.groups;
  const v6 = groups?.['v6'];
  if (v6 !== undefined && !isIPv6(v6)) return null;
  const host = v6 ?? groups?.['name'];
  const port = Number(groups?.['port']);
  return host === undefined || port > 65_535 ? null : { host, port };
}

export function formatAddress({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Removes the IPv6 prefix of an IPv4 address, which sockets report that listen on both. */
export function plainHost(host: string): string {
  return host.replace(/^::ffff:(?=\d+\.)/, '');
}

/** Parses ADDRESS:PORT as Node and grpc-js write it: IPv6 without brackets. */
export function peerHostPort(peer: string): HostPort {
  const colon = peer.lastIndexOf(':');
  return { host: plainHost(peer.slice(0, colon)), port: Number(peer.slice(colon + 1)) };
}

/**
 * @param option the option of the value, for example `--listen`
 * @throws RidgelineError USAGE
 */
export function requireAddress(option: string, text: string): HostPort {
  const address = parseAddress(text);
  if (address !== null) return address;
  throw new RidgelineError(
    'USAGE',
    `${option} must be HOST:PORT, got ${JSON.stringify(text)}.`,
    `For example, use ${option} ${suggestedAddress(text)}.`,
  );
}

/** With the port, or the host, that the user gave. */
function suggestedAddress(text: string): string {
  const port = /^:?(\d{1,5})$/.exec(text)?.[1] ?? '7070';
  const host = /^[A-Za-z0-9_.-]*[A-Za-z.][A-Za-z0-9_.-]*$/.test(text) ? text : '127.0.0.1';
  if (Number(port) > 65_535) return `${host}:7070`;
  return host === '127.0.0.1' ? `${host}:${port}, or [::1]:${port} for IPv6` : `${host}:${port}`;
}

export interface ReachableAddresses {
  /** HOST:PORT for this machine. */
  readonly local: string;
  /** HOST:PORT for other machines. */
  readonly advertised: string;
}

/** The addresses of a server. A wildcard address becomes loopback locally and the host name elsewhere. */
export function reachableAddresses(bound: HostPort, advertise: string | null): ReachableAddresses {
  const { host, port } = bound;
  const isAll = host === '0.0.0.0' || host === '::';
  const local = formatAddress({ host: isAll ? '127.0.0.1' : host, port });
  const named = formatAddress({ host: isAll ? hostname() : host, port });
  return { local, advertised: advertise ?? named };
}

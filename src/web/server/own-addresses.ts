/**
 * Own addresses: the addresses under which browsers may open the dashboard, and the checks of requests
 * against them. They are this machine's names and IP addresses, and the addresses of proxies (`--http-origin`).
 *
 * Not here: how a request is refused (`guards.ts`).
 */

import { isIPv4, isIPv6 } from 'node:net';

export interface OwnAddresses {
  /** Host names of this server in lower case, such as the machine's; IP addresses are always accepted. */
  readonly hostNames: readonly string[];
  /** Addresses of the page behind proxies; each path ends with a slash. */
  readonly proxies: readonly URL[];
}

/** @returns null for anything that is not an http or https address without query and fragment */
export function parseProxyAddress(text: string): URL | null {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text)) return null;
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** @param host the header `Host`. Another name could be made to resolve to this host; an IP address cannot. */
export function isOwnHost(host: string, { hostNames, proxies }: OwnAddresses): boolean {
  const name = nameFromHost(host);
  return (
    name === 'localhost' ||
    isIPv4(name) ||
    (/^\[[0-9a-f:.]+\]$/.test(name) && isIPv6(name.slice(1, -1))) ||
    hostNames.includes(name) ||
    proxies.some(({ hostname }) => hostname === name)
  );
}

/** @param origin the header `Origin` */
export function isOwnOrigin(
  origin: string | undefined,
  host: string,
  { proxies }: OwnAddresses,
): boolean {
  return (
    origin === `http://${host}` ||
    origin === `https://${host}` ||
    proxies.some((proxy) => proxy.origin === origin)
  );
}

/** Whether browsers treat the address as secure: loopback, or a proxy with https. */
export function isSecureHost(host: string, { proxies }: OwnAddresses): boolean {
  return (
    /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(nameFromHost(host)) ||
    proxies.some((proxy) => proxy.protocol === 'https:' && proxy.host === host.toLowerCase())
  );
}

/** The path below the page. Some proxies remove their own path, others pass it on. */
export function withoutProxyPath(path: string, { proxies }: OwnAddresses): string {
  const proxy = proxies.find(({ pathname }) => pathname !== '/' && path.startsWith(pathname));
  return proxy === undefined ? path : path.slice(proxy.pathname.length - 1);
}

function nameFromHost(host: string): string {
  return host.replace(/:\d{1,5}$/, '').toLowerCase();
}

/**
 * One HTTP GET whose body is the server's bytes, undecoded.
 *
 * Not the global `fetch`: it unpacks what a server calls `Content-Encoding: gzip`, as some do for
 * `.tar.gz`, and then neither length nor checksum is that of the file. Follows redirects, but never
 * from https to http.
 */
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { RidgelineError } from '../../base/errors.ts';

const redirectsMax = 5;

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Longest silence of the server before the connection counts as broken. */
  readonly silenceMs: number;
}

/**
 * @returns the answer, whatever its status, its body not yet read
 * @throws RidgelineError DOWNLOAD_FAILED for an address that cannot be followed; the connection's error
 */
export async function getBytes(address: string, options: GetOptions): Promise<IncomingMessage> {
  let url = parseAddress(address, null);
  for (let redirects = 0; redirects <= redirectsMax; redirects++) {
    const response = await getOnce(url, options);
    const { location } = response.headers;
    if (!isRedirect(response.statusCode ?? 0) || location === undefined) return response;
    response.destroy();
    url = parseAddress(location, url);
  }
  throw unfollowable(address, `was redirected more than ${redirectsMax} times`);
}

async function getOnce(url: URL, options: GetOptions): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? httpsGet : httpGet;
  return await new Promise((resolve, reject) => {
    const request = get(url, {
      headers: { 'accept-encoding': 'identity', 'user-agent': 'ridgeline', ...options.headers },
      signal: options.signal,
      agent: false,
      // As an option, for it counts from the first packet on: a connection that nobody takes is silent too.
      timeout: options.silenceMs,
    });
    let response: IncomingMessage | null = null;
    request.on('response', (received) => {
      response = received;
      // It may break before somebody reads it: whoever does is told then.
      received.on('error', () => undefined);
      resolve(received);
    });
    request.on('error', reject); // Once there is a response, it is the one that reports errors.
    request.on('timeout', () => {
      (response ?? request).destroy(new Error(`no byte came for ${options.silenceMs} ms`));
    });
  });
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function parseAddress(address: string, from: URL | null): URL {
  const url = URL.parse(address, from?.href);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw unfollowable(address, 'is no http or https address');
  }
  if (from?.protocol === 'https:' && url.protocol === 'http:') {
    throw unfollowable(address, `is unprotected, but ${from.href} redirects to it`);
  }
  return url;
}

function unfollowable(address: string, problem: string): RidgelineError {
  return new RidgelineError(
    'DOWNLOAD_FAILED',
    `Nothing was downloaded: ${address} ${problem}.`,
    'Name another source with --url.',
  );
}

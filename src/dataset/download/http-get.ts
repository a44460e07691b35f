/**
 * HTTP GET: requests a file and returns the server's bytes unchanged. It follows redirects, but never from
 * https to http.
 *
 * The global `fetch` would unpack `Content-Encoding: gzip`, which some servers set for `.tar.gz`; then
 * neither length nor checksum would be that of the file.
 */
import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { RidgelineError, errorMessage } from '../../base/errors.ts';

const redirectsMax = 5;

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Longest time without a byte before the connection counts as broken. */
  readonly silenceMs: number;
  /** Environment with `HTTPS_PROXY` and so on. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * @returns the response, whatever its status, with its body unread
 * @throws RidgelineError DOWNLOAD_FAILED for an invalid address or proxy; errors of the connection
 */
export async function getBytes(address: string, options: GetOptions): Promise<IncomingMessage> {
  let url = parseAddress(address, null);
  for (let redirects = 0; redirects <= redirectsMax; redirects++) {
    const response = await getOnce(url, options);
    const { location } = response.headers;
    const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode ?? 0);
    if (!isRedirect || location === undefined) return response;
    response.destroy();
    url = parseAddress(location, url);
  }
  throw addressError(address, `was redirected more than ${redirectsMax} times`);
}

async function getOnce(url: URL, options: GetOptions): Promise<IncomingMessage> {
  const { env, headers, signal, silenceMs } = options;
  const isSecure = url.protocol === 'https:';
  const agent = withProxy(isSecure ? HttpsAgent : HttpAgent, env);
  return await new Promise((resolve, reject) => {
    const request = (isSecure ? httpsGet : httpGet)(url, {
      headers: { 'accept-encoding': 'identity', 'user-agent': 'ridgeline', ...headers },
      signal,
      agent,
      // As an option, the timeout also limits the time until the connection is open.
      timeout: silenceMs,
    });
    let response: IncomingMessage | null = null;
    request.on('response', (received) => {
      response = received;
      // An error before the body is read: reading the body reports it.
      received.on('error', () => undefined);
      resolve(received);
    });
    request.on('error', (error) => reject(certificateError(url, error))); // After a response this does nothing: the response reports errors.
    request.on('timeout', () => {
      (response ?? request).destroy(new Error(`no byte arrived for ${silenceMs} ms`));
    });
  });
}

/** Another attempt would fail in the same way, so a wrong certificate is an operating error. */
function certificateError(url: URL, error: Error): Error {
  const code = 'code' in error ? String(error.code) : '';
  const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code);
  if (!isCertificate) return error;
  return new RidgelineError(
    'DOWNLOAD_FAILED',
    `The certificate of ${url.host} is not trusted (${code}), so nothing was downloaded.`,
    'If a proxy of your network inspects connections, name its certificate with NODE_EXTRA_CA_CERTS=FILE.pem, or set NODE_USE_SYSTEM_CA=1.',
    { cause: error },
  );
}

function withProxy(Agent: typeof HttpAgent, env: NodeJS.ProcessEnv): HttpAgent {
  try {
    return new Agent({ proxyEnv: env });
  } catch (error) {
    throw new RidgelineError(
      'DOWNLOAD_FAILED',
      `Nothing was downloaded: the proxy settings of the environment are invalid (${errorMessage(error)}).`,
      'Correct HTTPS_PROXY and HTTP_PROXY, such as http://proxy.example.org:3128.',
      { cause: error },
    );
  }
}

function parseAddress(address: string, from: URL | null): URL {
  const url = URL.parse(address, from?.href);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw addressError(address, 'is not an http or https address');
  }
  if (from?.protocol === 'https:' && url.protocol === 'http:') {
    throw addressError(address, `is not encrypted, but ${from.href} redirects to it`);
  }
  return url;
}

function addressError(address: string, problem: string): RidgelineError {
  const what = `Nothing was downloaded: ${address} ${problem}.`;
  return new RidgelineError('DOWNLOAD_FAILED', what, 'Name another source with --url.');
}

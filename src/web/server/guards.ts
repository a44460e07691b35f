/**
 * Request guards: checks of every request to the dashboard, and the headers of every response.
 *
 * The dashboard listens on loopback by default, but a web page in the same browser can reach it. So a request
 * must name this server as its host, against DNS rebinding, and a change must come from this server's page.
 */
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import { foreignOrigin, type ViewerRole } from '../page-messages.ts';
import { isOwnHost, isOwnOrigin, isSecureHost, type OwnAddresses } from './own-addresses.ts';
import type { SignIn } from './sign-in.ts';

export interface Signed {
  readonly Variables: { readonly role: ViewerRole };
}

/**
 * Cookies ignore ports: with one name, several dashboards on one host, or behind tunnels to it, would sign
 * each other out. The port is that of the browser's request, which a tunnel may change.
 */
function cookieName(context: Context): string {
  const port = /:(?<port>\d{1,5})$/.exec(context.req.header('host') ?? '')?.groups?.['port'];
  return `ridgeline_session${port === undefined ? '' : `_${port}`}`;
}

export function sessionFrom(context: Context): string | null {
  return getCookie(context, cookieName(context)) ?? null;
}

/**
 * The cookie has no path, so the browser limits it to the folder of this request, the API, also below the
 * path of a proxy.
 *
 * @param session null removes it
 */
export function keepSession(context: Context, session: string | null): void {
  const value = session ?? '; Max-Age=0';
  const secure = context.req.header('origin')?.startsWith('https:') === true ? '; Secure' : '';
  const cookie = `${cookieName(context)}=${value}; HttpOnly; SameSite=Strict${secure}`;
  context.header('set-cookie', cookie);
}

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Charts set some style properties of their SVG elements.
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Sets the headers of every response, including errors. */
export function answerHeaders(addresses: OwnAddresses): MiddlewareHandler {
  return async (context, next) => {
    await next();
    const { headers } = context.res;
    headers.set('content-security-policy', policy);
    headers.set('x-content-type-options', 'nosniff');
    headers.set('x-frame-options', 'DENY');
    headers.set('referrer-policy', 'no-referrer');
    // Browsers report an error if an address that is not secure sends this header.
    if (isSecureHost(context.req.header('host') ?? '', addresses))
      headers.set('cross-origin-opener-policy', 'same-origin');
    headers.set('cross-origin-resource-policy', 'same-origin');
    headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=()');
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  };
}

export function onlyOwnHost(addresses: OwnAddresses): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header('host') ?? '';
    if (isOwnHost(host, addresses)) return await next();
    const name = /^[\w.-]{1,100}(?::\d{1,5})?$/.test(host) ? host : 'HOST';
    return refuse(
      context,
      403,
      `the dashboard does not serve the host name ${name}. If it is a proxy of yours, start the dashboard with --http-origin and the address of the page, such as --http-origin https://${name}/`,
    );
  };
}

/** GET, HEAD and POST; a POST must be JSON and come from this server's own page. */
export function onlyOwnPage(addresses: OwnAddresses): MiddlewareHandler {
  return async (context, next) => checkSource(context, addresses) ?? (await next());
}

/** @returns the refusal; null for an accepted request */
function checkSource(context: Context, addresses: OwnAddresses): Response | null {
  const { method } = context.req;
  if (method === 'GET' || method === 'HEAD') {
    const site = context.req.header('sec-fetch-site');
    const isPage = context.req.header('sec-fetch-mode') === 'navigate';
    // Another port of this host is the same site, and receives the cookie.
    const isForeign = site === 'cross-site' || site === 'same-site';
    if (isForeign && !isPage)
      return refuse(context, 403, 'requests from another site are not allowed');
    return null;
  }
  if (method !== 'POST') {
    context.header('allow', 'GET, HEAD, POST');
    return refuse(context, 405, `${method.slice(0, 20)} is not served here`);
  }
  const host = context.req.header('host') ?? '';
  if (!isOwnOrigin(context.req.header('origin'), host, addresses))
    return context.json(
      { error: 'changes are accepted from this page only', code: foreignOrigin },
      403,
    );
  if (!/^application\/json(?:;|$)/.test(context.req.header('content-type') ?? ''))
    return refuse(context, 415, 'the body must be application/json');
  return null;
}

/** Requires a session. A token in the query is not accepted, since it would appear in logs. */
export function onlySignedIn(signIn: SignIn): MiddlewareHandler<Signed> {
  return async (context, next) => {
    const role = signIn.sessionRole(sessionFrom(context));
    if (role === null) return refuse(context, 401, 'sign in first');
    context.set('role', role);
    return await next();
  };
}

export const onlyAdmin: MiddlewareHandler<Signed> = async (context, next) => {
  if (context.get('role') === 'admin') return await next();
  return refuse(context, 403, 'this needs the admin role');
};

export function refuse(
  context: Context,
  status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 503,
  error: string,
): Response {
  return context.json({ error }, status);
}

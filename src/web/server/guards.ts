/**
 * Request guards: checks of every request to the dashboard, and the headers of every response.
 *
 * The dashboard listens on loopback by default, but a web page in the same browser can reach it. So a request
 * must name this server as its host, against DNS rebinding, and a change must come from this server's page.
 */
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import type { ViewerRole } from '../page-messages.ts';
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

/** @param session null removes it */
export function keepSession(context: Context, session: string | null): void {
  const value = session ?? '; Max-Age=0';
  const cookie = `${cookieName(context)}=${value}; Path=/; HttpOnly; SameSite=Strict`;
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
export const answerHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  const { headers } = context.res;
  headers.set('content-security-policy', policy);
  headers.set('x-content-type-options', 'nosniff');
  headers.set('x-frame-options', 'DENY');
  headers.set('referrer-policy', 'no-referrer');
  headers.set('cross-origin-opener-policy', 'same-origin');
  headers.set('cross-origin-resource-policy', 'same-origin');
  headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=()');
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
};

/** @param names further host names of this server; addresses are always accepted */
export function onlyOwnHost(names: readonly string[]): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header('host') ?? '';
    if (!isOwnHost(host, names))
      return refuse(context, 403, 'the dashboard does not serve this host name');
    return await next();
  };
}

/** Another name could be made to resolve to this host; an address and `localhost` cannot. */
function isOwnHost(host: string, names: readonly string[]): boolean {
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  return (
    name === 'localhost' ||
    /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) ||
    /^\[[0-9a-f:.]+\]$/.test(name) ||
    names.includes(name)
  );
}

/** GET, HEAD and POST; a POST must be JSON and come from this server's own page. */
export const onlyOwnPage: MiddlewareHandler = async (context, next) => {
  const { method } = context.req;
  if (method === 'GET' || method === 'HEAD') {
    const site = context.req.header('sec-fetch-site');
    const isPage = context.req.header('sec-fetch-mode') === 'navigate';
    // Another port of this host is the same site, and receives the cookie.
    const isForeign = site === 'cross-site' || site === 'same-site';
    if (isForeign && !isPage)
      return refuse(context, 403, 'requests from another site are not allowed');
    return await next();
  }
  if (method !== 'POST') {
    context.header('allow', 'GET, HEAD, POST');
    return refuse(context, 405, `${method.slice(0, 20)} is not served here`);
  }
  const origin = context.req.header('origin');
  const host = context.req.header('host') ?? '';
  if (origin !== `http://${host}` && origin !== `https://${host}`)
    return refuse(context, 403, 'changes are accepted from this page only');
  if (!/^application\/json(?:;|$)/.test(context.req.header('content-type') ?? ''))
    return refuse(context, 415, 'the body must be application/json');
  return await next();
};

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

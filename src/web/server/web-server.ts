/**
 * Web server of the dashboard: the page, its event stream, and the actions of an admin.
 *
 *     browser ─► guards ─► page files (from memory)
 *                     └──► /api: sign-in, event stream, pages of the ranking, pause/resume/cancel
 *
 * It shows a `LiveCluster`, over plain HTTP, for loopback or a tunnel.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { errorMessage, RidgelineError } from '../../base/errors.ts';
import { DashboardCache } from '../boards/dashboard-cache.ts';
import { streamPage } from './event-stream.ts';
import {
  answerHeaders,
  keepSession,
  onlyAdmin,
  onlyOwnHost,
  onlyOwnPage,
  onlySignedIn,
  refuse,
  sessionFrom,
  type Signed,
} from './guards.ts';
import type { LiveCluster } from '../live-cluster.ts';
import { withoutProxyPath, type OwnAddresses } from './own-addresses.ts';
import { readPageFiles } from './page-files.ts';
import type { ViewerRole } from '../page-messages.ts';
import { changeRequest, linkRequest, signInRequest } from './requests.ts';
import { SignIn } from './sign-in.ts';
import { addStudyReads } from './study-reads.ts';

export interface WebOptions {
  /** HOST:PORT; port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly cluster: LiveCluster;
  readonly clock: Clock;
  readonly addresses: OwnAddresses;
  /** Name of this machine in links if the server listens on all addresses; null: loopback. */
  readonly advertised: string | null;
  /** A server that has closed, whose sessions stay valid; null for none. */
  readonly before: WebServer | null;
  /** Reports an internal error to the operator; the browser receives no details. */
  readonly onProblem: (error: Error) => void;
}

export interface WebServer extends AsyncDisposable {
  readonly port: number;
  /** http://HOST:PORT/ */
  readonly listensOn: string;
  readonly signIn: SignIn;
  /** A link that signs in once, within 15 minutes, at the address of the first proxy if there is one. */
  link(role: ViewerRole): string;
}

const bodyBytesMax = 4_096;
const headerBytesMax = 16_384;
const headersTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;
const connectionsMax = 1_000;
const streamsMax = 100;
/** Time for the last messages when the server closes, and between two checks. */
const closingMs = 1_000;
const checkMs = 20;

/** @throws RidgelineError PORT_IN_USE */
export async function startWebServer(options: WebOptions): Promise<WebServer> {
  const cache = new DashboardCache(options.cluster, options.clock);
  const signInPorts = {
    secret: () => randomBytes(32).toString('base64url'),
    nowMs: () => options.clock.monotonicMs(),
    tokenRole: (text: string) => options.cluster.tokenRole(text),
  };
  const signIn = new SignIn(signInPorts, options.before?.signIn);
  const ending = new AbortController();
  const app = dashboardApp({ ...options, cache, signIn, ending: ending.signal });
  const answer = getRequestListener(app.fetch);
  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      // The adapter makes a URL of it, and would fail.
      if (!URL.canParse(`http://${request.headers.host ?? ''}`)) {
        response.writeHead(400).end('the header Host is not valid\n');
        return;
      }
      request.url = withoutProxyPath(request.url ?? '/', options.addresses);
      void answer(request, response);
    },
  );
  server.maxConnections = connectionsMax;
  await listening(server, options.listen);
  // A problem of the dashboard must not stop the coordinator.
  server.on('error', options.onProblem);
  const [proxy] = options.addresses.proxies;
  const port = boundPort(server);
  const listensOn = serverUrl(options.listen.host, port);
  const linked = serverUrl(options.listen.host, port, options.advertised ?? undefined);
  return {
    port,
    listensOn,
    signIn,
    link: (role) => `${proxy?.href ?? linked}#code=${signIn.issueCode(role)}`,
    [Symbol.asyncDispose]: async () => {
      // Pages stay open after the server has closed, and show the last state.
      cache.forceRefresh();
      ending.abort();
      await closeAfterLastMessages(server);
      cache[Symbol.dispose]();
    },
  };
}

interface Parts extends WebOptions {
  readonly cache: DashboardCache;
  readonly signIn: SignIn;
  /** Aborted before the last message of each stream. */
  readonly ending: AbortSignal;
}

function dashboardApp(parts: Parts): Hono<Signed> {
  const { signIn, addresses, onProblem } = parts;
  const files = readPageFiles();
  const app = new Hono<Signed>();
  app.use(answerHeaders(addresses), onlyOwnHost(addresses), onlyOwnPage(addresses));
  app.use(
    bodyLimit({ maxSize: bodyBytesMax, onError: (context) => refuse(context, 413, 'too long') }),
  );
  app.post('/api/sign-in', async (context) => {
    const { data } = signInRequest.safeParse(await readJson(context.req.raw));
    if (data === undefined) return refuse(context, 400, 'give {"secret": "…"}');
    const outcome = signIn.signIn(data.secret);
    if (outcome.kind === 'too-many') {
      context.header('retry-after', String(Math.ceil(outcome.retryInMs / 1_000)));
      return refuse(context, 429, 'too many wrong codes; wait a minute');
    }
    if (outcome.kind === 'refused') return refuse(context, 401, 'this link or token is not valid');
    keepSession(context, outcome.session);
    return context.json({ role: outcome.role });
  });
  app.use('/api/*', onlySignedIn(signIn));
  app.get('/api/session', (context) => context.json({ role: context.get('role') }));
  app.post('/api/sign-out', (context) => {
    signIn.signOut(sessionFrom(context) ?? '');
    keepSession(context, null);
    return context.json({});
  });
  addStream(app, parts);
  addStudyReads(app, parts);
  addStudyRoutes(app, parts);
  app.get('/api/*', (context) => refuse(context, 404, 'not found'));
  app.get('*', (context) => {
    const file = files.get(context.req.path);
    if (file === undefined) return refuse(context, 404, 'not found');
    context.header('content-type', file.type);
    context.header('cache-control', 'no-cache');
    return context.body(file.bytes);
  });
  app.notFound((context) => refuse(context, 404, 'not found'));
  app.onError((error, context) => {
    // A known error has a message for the user; the stack of a bug stays here.
    if (error instanceof RidgelineError) return refuse(context, 409, `${error.what} ${error.fix}`);
    onProblem(error);
    const text = 'internal error of the dashboard; the log of the coordinator has the details';
    return refuse(context, 503, text);
  });
  return app;
}

function addStream(app: Hono<Signed>, { cluster, cache, signIn, ending }: Parts): void {
  let openStreams = 0;
  app.get('/api/events', (context) => {
    // Without a reader, the end of the connection would not be noticed.
    if (context.req.method === 'HEAD') {
      context.header('allow', 'GET');
      return refuse(context, 405, 'HEAD is not supported for the event stream');
    }
    if (openStreams >= streamsMax) return refuse(context, 503, 'too many pages are open');
    const session = sessionFrom(context);
    const study = context.req.query('study') ?? null;
    openStreams += 1;
    // nginx would collect events before it passes them on.
    context.header('x-accel-buffering', 'no');
    return streamSSE(context, async (stream) => {
      try {
        await streamPage(stream, {
          cache,
          log: (limit) => cluster.log(limit),
          study,
          role: () => signIn.sessionRole(session),
          ending,
          wait: async (ms, signal) => {
            await wait(ms, undefined, { signal, ref: false }).catch(() => undefined);
          },
        });
      } finally {
        openStreams -= 1;
      }
    });
  });
}

function addStudyRoutes(app: Hono<Signed>, { cluster, signIn }: Parts): void {
  app.post('/api/studies/:study/change', onlyAdmin, async (context) => {
    const { data } = changeRequest.safeParse(await readJson(context.req.raw));
    if (data === undefined)
      return refuse(context, 400, 'give {"change": "pause" | "resume" | "cancel"}');
    await cluster.setStudy(context.req.param('study'), data.change, 'from the dashboard');
    return context.json({});
  });
  app.post('/api/links', onlyAdmin, async (context) => {
    const { data } = linkRequest.safeParse(await readJson(context.req.raw));
    if (data === undefined) return refuse(context, 400, 'give {"role": "viewer" | "admin"}');
    return context.json({ fragment: `#code=${signIn.issueCode(data.role)}` });
  });
}

async function readJson(request: Request): Promise<unknown> {
  return await request.json().catch(() => null);
}

async function listening(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  try {
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    const isInUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw new RidgelineError(
      'PORT_IN_USE',
      `The dashboard cannot listen on ${host}:${port}: ${isInUse ? 'another program already listens there' : errorMessage(error)}.`,
      'Use another --http HOST:PORT; port 0 takes a free one.',
      { cause: error },
    );
  }
}

/** Flushes responses in progress; a page that stopped reading does not delay the end. */
async function closeAfterLastMessages(server: Server): Promise<void> {
  const closed = new Promise<string>((done) => void server.close(() => done('closed')));
  for (let waitedMs = 0; waitedMs < closingMs; waitedMs += checkMs) {
    server.closeIdleConnections();
    if ((await Promise.race([closed, wait(checkMs)])) === 'closed') return;
  }
  server.closeAllConnections();
  await closed;
}

function boundPort(server: Server): number {
  const address = server.address();
  assert(address !== null && typeof address === 'object', () => 'a TCP server has a port');
  return address.port;
}

/** @param own name of this machine, if `host` means all of its addresses */
function serverUrl(host: string, port: number, own = '127.0.0.1'): string {
  const anywhere = host === '0.0.0.0' || host === '::';
  const name = anywhere ? own : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}/`;
}

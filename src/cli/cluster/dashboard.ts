/**
 * Dashboard: starts the web server of a cluster, and its command-line options.
 *
 * Not here: what the dashboard reads (`live-cluster.ts`, `stored-cluster.ts`); pages and sign-in (`web`).
 */
import { hostname } from 'node:os';
import { systemClock } from '../../base/clock.ts';
import { requireAddress, type HostPort } from '../../rpc/credentials/address.ts';
import type { LiveCluster } from '../../web/live-cluster.ts';
import type { WebServer } from '../../web/server/web-server.ts';
import type { Context } from '../process/context.ts';
import { usageError, type HttpFlags, type ListenFlags } from '../process/options.ts';

export interface Dashboard extends AsyncDisposable {
  /** The text that the command prints: a link that signs in one admin, once. */
  readonly text: string;
  readonly server: WebServer;
}

export interface DashboardAddress {
  readonly listen: HostPort;
  /** Addresses of the page behind proxies. */
  readonly proxies: readonly URL[];
  /** Name by which other machines know this one (`--advertise`); null if it was not given. */
  readonly advertised: string | null;
}

/** @returns null without `--http`. @throws RidgelineError USAGE */
export function dashboardAddress({
  http,
  httpOrigin = [],
  advertise,
}: HttpFlags & Partial<Pick<ListenFlags, 'advertise'>>): DashboardAddress | null {
  if (http !== undefined) {
    const advertised =
      advertise === undefined ? null : requireAddress('--advertise', advertise).host;
    return { listen: requireAddress('--http', http), proxies: httpOrigin, advertised };
  }
  if (httpOrigin.length === 0) return null;
  throw usageError(
    '--http-origin is the address of a proxy, but there is no dashboard without --http.',
    'Add --http HOST:PORT, the address to which the proxy connects.',
  );
}

/**
 * @param before a dashboard that has closed: its port, links and sessions are used again; null for none
 * @throws RidgelineError PORT_IN_USE
 */
export async function startDashboard(
  { listen, proxies, advertised }: DashboardAddress,
  cluster: LiveCluster,
  context: Context,
  before: Dashboard | null = null,
): Promise<Dashboard> {
  // Loaded here, since most coordinators have no dashboard.
  const { startWebServer } = await import('../../web/server/web-server.ts');
  const { host } = listen;
  const names = [hostname(), host, ...(advertised === null ? [] : [advertised])];
  const server = await startWebServer({
    listen: { host, port: before?.server.port ?? listen.port },
    cluster,
    clock: systemClock,
    addresses: { hostNames: names.map((name) => name.toLowerCase()), proxies },
    advertised,
    before: before && before.server,
    onProblem: (error) => context.log.error({ error: error.stack }, `dashboard: ${error.message}`),
  });
  return {
    text: `dashboard (the link signs in once, within 15 minutes):\n  ${server.link('admin')}${placeText(server.listensOn, host, proxies)}`,
    server,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function placeText(listensOn: string, host: string, proxies: readonly URL[]): string {
  const isPrivate = host === 'localhost' || host === '::1' || host.startsWith('127.');
  const place = proxies.length === 0 ? '' : `\n  the proxy connects to ${listensOn}`;
  if (isPrivate) return place;
  return `${place}\n  it is not encrypted: for access from other machines, prefer --http 127.0.0.1:PORT and \`ssh -L PORT:127.0.0.1:PORT HOST\`, or a proxy with https`;
}

/**
 * Dashboard: starts the web server of a running coordinator, with its store and tokens.
 *
 * Not here: what the dashboard shows, and sign-in (`web`).
 */
import { hostname } from 'node:os';
import { systemClock } from '../../base/clock.ts';
import type { Coordinator } from '../../coordinator/shell/coordinator-server.ts';
import { requireAddress, type HostPort } from '../../rpc/credentials/address.ts';
import { parseJoin } from '../../rpc/credentials/join-string.ts';
import type { TokenFile } from '../../rpc/credentials/tokens.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import type { LiveCluster } from '../../web/live-cluster.ts';
import type { StudyLine, ViewerRole } from '../../web/page-messages.ts';
import type { Context } from '../process/context.ts';
import { usageError, type HttpFlags } from '../process/options.ts';
import { trainCommand } from '../process/resume-command.ts';

export interface Dashboard extends AsyncDisposable {
  /** The text that the command prints: a link that signs in one admin, once. */
  readonly text: string;
}

/** Maximum age of the list of studies, which is read from the store. */
const studiesAgeMs = 1_000;

export interface DashboardAddress {
  readonly listen: HostPort;
  /** Addresses of the page behind proxies. */
  readonly proxies: readonly URL[];
}

/** @returns null without `--http`. @throws RidgelineError USAGE */
export function dashboardAddress({ http, httpOrigin = [] }: HttpFlags): DashboardAddress | null {
  if (http !== undefined) return { listen: requireAddress('--http', http), proxies: httpOrigin };
  if (httpOrigin.length === 0) return null;
  throw usageError(
    '--http-origin is the address of a proxy, but there is no dashboard without --http.',
    'Add --http HOST:PORT, the address to which the proxy connects.',
  );
}

/** @throws RidgelineError PORT_IN_USE */
export async function startDashboard(
  { listen, proxies }: DashboardAddress,
  coordinator: Coordinator,
  tokens: TokenFile,
  context: Context,
): Promise<Dashboard> {
  // Loaded here, since most coordinators have no dashboard.
  const { startWebServer } = await import('../../web/server/web-server.ts');
  const { host } = listen;
  const server = await startWebServer({
    listen,
    cluster: liveCluster(coordinator, tokens, context),
    clock: systemClock,
    addresses: { hostNames: [hostname().toLowerCase(), host.toLowerCase()], proxies },
    onProblem: (error) => context.log.error({ error: error.stack }, `dashboard: ${error.message}`),
  });
  return {
    text: `dashboard (the link signs in once, within 15 minutes):\n  ${server.link('admin')}${placeText(server.listensOn, host, proxies)}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function placeText(listensOn: string, host: string, proxies: readonly URL[]): string {
  const isPrivate = host === 'localhost' || host === '::1' || host.startsWith('127.');
  const place = proxies.length === 0 ? '' : `\n  the proxy connects to ${listensOn}`;
  if (isPrivate) return place;
  return `${place}\n  it is not encrypted: for access from other machines, prefer --http 127.0.0.1:PORT and \`ssh -L PORT:127.0.0.1:PORT HOST\`, or a proxy with https`;
}

function liveCluster(coordinator: Coordinator, tokens: TokenFile, context: Context): LiveCluster {
  const { store, overview } = coordinator;
  let studies: Promise<readonly StudyLine[]> | null = null;
  let readMs = 0;
  coordinator.listen(({ kind }) => {
    if (kind === 'study-ended') studies = null;
  });
  return {
    version: context.version,
    describeTrainer,
    studies: () => {
      const nowMs = systemClock.monotonicMs();
      if (studies !== null && nowMs - readMs < studiesAgeMs) return studies;
      readMs = nowMs;
      return (studies = overview.counts().then((all) => all.map(toStudyLine)));
    },
    workers: () => coordinator.workers(),
    storeProblem: () => coordinator.storeProblem,
    study: (name) => store.study(name),
    // Only the store has validation bits; without them, memory is much faster.
    trials: (name, { correctness }) =>
      correctness ? store.trials(name, { correctness }) : overview.trials(name),
    trial: (study, id) => store.trial(study, id),
    attempts: (study, id) => store.attempts(study, id),
    trainCommand: (study, trial) => trainCommand(study, trial, context),
    log: (limit) => store.events(limit),
    listen: (listener) =>
      coordinator.listen((event) => {
        if (event.kind === 'trial-ended' || event.kind === 'measured') listener(event);
        else listener({ kind: 'changed' });
      }),
    setStudy: (study, change, reason) => coordinator.setStudy(study, change, reason),
    tokenRole: (text) => roleFrom(tokens, text),
  };
}

function toStudyLine({ study, status, stage, done, total, running }: StudyLine): StudyLine {
  return { study, status, stage, done, total, running };
}

/** The role of a join string as `ridgeline token new` prints it; null for a worker's or an invalid one. */
function roleFrom(tokens: TokenFile, text: string): ViewerRole | null {
  try {
    const { tokenId, secret } = parseJoin(text);
    const verdict = tokens.verify(tokenId, secret, systemClock.wallMs());
    return verdict.kind !== 'valid' || verdict.token.role === 'worker' ? null : verdict.token.role;
  } catch {
    return null;
  }
}

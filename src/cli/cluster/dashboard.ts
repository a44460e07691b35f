/**
 * The dashboard of a running coordinator: the coordinator, its store and its tokens, as `web` asks for them.
 *
 * Not here: what the dashboard shows and whom it lets in (`web`).
 */
import { hostname } from 'node:os';
import { systemClock } from '../../base/clock.ts';
import type { Coordinator } from '../../coordinator/shell/coordinator-server.ts';
import type { HostPort } from '../../rpc/credentials/address.ts';
import { parseJoin } from '../../rpc/credentials/join-string.ts';
import type { TokenFile } from '../../rpc/credentials/tokens.ts';
import type { LiveCluster } from '../../web/live-cluster.ts';
import type { StudyLine, ViewerRole } from '../../web/page-messages.ts';
import type { Context } from '../process/context.ts';

export interface Dashboard extends AsyncDisposable {
  readonly url: string;
  /** Signs an admin in, once. */
  readonly link: string;
  readonly isPrivate: boolean;
}

/** How old the list of studies may be: a finished one is read from the store each time. */
const studiesAgeMs = 1_000;

/** @throws RidgelineError PORT_IN_USE */
export async function startDashboard(
  { host, port }: HostPort,
  coordinator: Coordinator,
  tokens: TokenFile,
  context: Context,
): Promise<Dashboard> {
  // Loaded where it is wanted: most coordinators have no dashboard.
  const { startWebServer } = await import('../../web/server/web-server.ts');
  const server = await startWebServer({
    listen: { host, port },
    cluster: liveCluster(coordinator, tokens, context.version),
    clock: systemClock,
    hostNames: [hostname().toLowerCase(), host.toLowerCase()],
    onProblem: (error) => context.log.error({ error: error.stack }, `dashboard: ${error.message}`),
  });
  return {
    url: server.url,
    link: server.link('admin'),
    isPrivate: host === 'localhost' || host === '::1' || host.startsWith('127.'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** What the command says when the dashboard is up. */
export function dashboardText({ link, isPrivate }: Dashboard): string {
  const warning = isPrivate
    ? ''
    : '\n  it is not encrypted: from elsewhere, prefer --http 127.0.0.1:PORT and `ssh -L PORT:127.0.0.1:PORT HOST`';
  return `dashboard (signs in once, within 15 minutes):\n  ${link}${warning}`;
}

function liveCluster(coordinator: Coordinator, tokens: TokenFile, version: string): LiveCluster {
  const { store } = coordinator;
  const studies = new Cached(studiesAgeMs, () => coordinator.overview.counts().map(studyLine));
  coordinator.listen(({ kind }) => {
    if (kind === 'study-ended') studies.forget();
  });
  return {
    version,
    studies: () => studies.value,
    workers: () => coordinator.workers(),
    storeProblem: () => coordinator.storeProblem,
    study: (name) => store.study(name),
    // Bits are in the store alone; without them, many trials are at hand much sooner.
    trials: (name, { correctness }) =>
      correctness ? store.trials(name, { correctness }) : coordinator.overview.trials(name),
    log: (limit) => store.events(limit),
    listen: (listener) =>
      coordinator.listen((event) => {
        if (event.kind === 'trial-ended' || event.kind === 'measured') listener(event);
        else listener({ kind: 'changed' });
      }),
    setStudy: (study, change, reason) => coordinator.setStudy(study, change, reason),
    roleOfToken: (text) => roleOf(tokens, text),
  };
}

function studyLine(summary: StudyLine): StudyLine {
  const { study, status, stage, done, total, running } = summary;
  return { study, status, stage, done, total, running };
}

/** Of a join string as `ridgeline token new` prints it; workers' tokens open no page. */
function roleOf(tokens: TokenFile, text: string): ViewerRole | null {
  try {
    const { tokenId, secret } = parseJoin(text);
    const verdict = tokens.verify(tokenId, secret, systemClock.wallMs());
    return verdict.kind !== 'valid' || verdict.token.role === 'worker' ? null : verdict.token.role;
  } catch {
    return null;
  }
}

class Cached<Value> {
  readonly #ageMs: number;
  readonly #read: () => Value;
  #kept: { readonly value: Value; readonly atMs: number } | null = null;

  constructor(ageMs: number, read: () => Value) {
    this.#ageMs = ageMs;
    this.#read = read;
  }

  get value(): Value {
    const nowMs = systemClock.monotonicMs();
    if (this.#kept === null || nowMs - this.#kept.atMs >= this.#ageMs)
      this.#kept = { value: this.#read(), atMs: nowMs };
    return this.#kept.value;
  }

  forget(): void {
    this.#kept = null;
  }
}

/**
 * Dashboard: starts the web server of a running coordinator, with its store and tokens.
 *
 * Not here: what the dashboard shows, and who may sign in (`web`).
 */
import { hostname } from 'node:os';
import { systemClock } from '../../base/clock.ts';
import type { Coordinator } from '../../coordinator/shell/coordinator-server.ts';
import type { HostPort } from '../../rpc/credentials/address.ts';
import { parseJoin } from '../../rpc/credentials/join-string.ts';
import type { TokenFile } from '../../rpc/credentials/tokens.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import type { LiveCluster } from '../../web/live-cluster.ts';
import type { StudyLine, ViewerRole } from '../../web/page-messages.ts';
import type { Context } from '../process/context.ts';

export interface Dashboard extends AsyncDisposable {
  readonly url: string;
  /** Signs in one admin, once. */
  readonly link: string;
  /** Whether it listens on loopback only. */
  readonly isPrivate: boolean;
}

/** Maximum age of the list of studies, which is read from the store. */
const studiesAgeMs = 1_000;

/** @throws RidgelineError PORT_IN_USE */
export async function startDashboard(
  { host, port }: HostPort,
  coordinator: Coordinator,
  tokens: TokenFile,
  context: Context,
): Promise<Dashboard> {
  // Loaded here, since most coordinators have no dashboard.
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

/** The message with the link that the command prints. */
export function dashboardText({ link, isPrivate }: Dashboard): string {
  const warning = isPrivate
    ? ''
    : '\n  it is not encrypted: for access from other machines, prefer --http 127.0.0.1:PORT and `ssh -L PORT:127.0.0.1:PORT HOST`';
  return `dashboard (the link signs in once, within 15 minutes):\n  ${link}${warning}`;
}

function liveCluster(coordinator: Coordinator, tokens: TokenFile, version: string): LiveCluster {
  const { store, overview } = coordinator;
  const studies = new Cached(studiesAgeMs, async () => (await overview.counts()).map(toStudyLine));
  coordinator.listen(({ kind }) => {
    if (kind === 'study-ended') studies.forget();
  });
  return {
    version,
    describeTrainer,
    studies: () => studies.value,
    workers: () => coordinator.workers(),
    storeProblem: () => coordinator.storeProblem,
    study: (name) => store.study(name),
    // Only the store has validation bits; without them, memory is much faster.
    trials: (name, { correctness }) =>
      correctness ? store.trials(name, { correctness }) : overview.trials(name),
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

/** A value that is read again when it is older than `ageMs`. */
class Cached<Value> {
  readonly #ageMs: number;
  readonly #read: () => Value;
  #entry: { readonly value: Value; readonly atMs: number } | null = null;

  constructor(ageMs: number, read: () => Value) {
    this.#ageMs = ageMs;
    this.#read = read;
  }

  get value(): Value {
    const nowMs = systemClock.monotonicMs();
    if (this.#entry === null || nowMs - this.#entry.atMs >= this.#ageMs)
      this.#entry = { value: this.#read(), atMs: nowMs };
    return this.#entry.value;
  }

  forget(): void {
    this.#entry = null;
  }
}

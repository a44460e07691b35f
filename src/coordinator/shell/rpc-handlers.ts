/** What the wire may ask of a coordinator, answered by it: thin adapters, no rule of their own. */
import { setTimeout } from 'node:timers/promises';
import { RidgelineError } from '../../base/errors.ts';
import type {
  ClusterHandlers,
  ControlHandlers,
  StudySummary,
  WatchSnapshot,
} from '../../rpc/messages/control-messages.ts';
import { specFromCanonical } from '../../study/spec/canonical-spec.ts';
import { isOver } from '../../study/trial.ts';
import type { Coordinator } from './coordinator-server.ts';
import { studyUnknown } from './study-errors.ts';

/** A watcher sees a change at most this often. */
const watchIntervalMs = 200;

export function clusterHandlers(coordinator: Coordinator): ClusterHandlers {
  return {
    session: (stream) => coordinator.serveSession(stream),
    fetchPart: (digest, offset) => coordinator.fetchPart(digest, offset),
  };
}

export function controlHandlers(coordinator: Coordinator): ControlHandlers {
  return {
    submitStudy: async (text, fresh) => {
      const spec = specFromCanonical(text);
      return { name: spec.study, outcome: await coordinator.submit(spec, fresh) };
    },
    listStudies: () => coordinator.overview.studies(),
    listWorkers: () => coordinator.workers(),
    setStudy: async (study, change, reason) => await coordinator.setStudy(study, change, reason),
    drainWorker: (worker, reason) => drainNamed(coordinator, worker, reason),
    watch: (study, signal) => watch(coordinator, study, signal),
  };
}

function drainNamed(coordinator: Coordinator, worker: string | null, reason: string): number {
  const asked = coordinator.drain(worker, reason);
  if (worker === null || asked > 0) return asked;
  const known = coordinator.workers().map((row) => row.name);
  throw new RidgelineError(
    'USAGE',
    `There is no worker ${JSON.stringify(worker)} here${known.length > 0 ? `; there are: ${known.join(', ')}` : ''}.`,
    '`ridgeline workers` lists them.',
  );
}

async function* watch(
  coordinator: Coordinator,
  study: string,
  signal: AbortSignal,
): AsyncIterable<WatchSnapshot> {
  const startedMs = performance.now();
  let last = '';
  while (!signal.aborted) {
    const progress = find(coordinator, study);
    const workers = coordinator
      .workers()
      .filter(({ state }) => state !== 'lost')
      .map(({ name, threads, busy }) => ({ name, threads, busy }));
    const text = JSON.stringify([progress, workers]);
    if (text !== last) yield { progress, workers, elapsedMs: performance.now() - startedMs };
    last = text;
    if (isOver(progress.status)) return;
    await pause(watchIntervalMs, signal);
  }
}

function find(coordinator: Coordinator, study: string): StudySummary {
  const found = coordinator.overview.study(study);
  if (found !== null) return found;
  throw studyUnknown(
    study,
    coordinator.overview.counts().map((candidate) => candidate.study),
  );
}

/** Waits, or returns at once when `signal` fires. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}

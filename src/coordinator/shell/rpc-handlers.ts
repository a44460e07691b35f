/** RPC handlers: answers requests of workers and operators by calls of the coordinator. */
import { setTimeout } from 'node:timers/promises';
import { didYouMean } from '../../base/did-you-mean.ts';
import { RidgelineError } from '../../base/errors.ts';
import type {
  ClusterHandlers,
  ControlHandlers,
  ResultsRequest,
} from '../../rpc/server/handlers.ts';
import { parseSpec } from '../../study/spec/canonical-spec.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { WatchSnapshot } from '../../study/summaries.ts';
import type { DescribeTrainer } from '../../study/trainer-description.ts';
import { isOver } from '../../study/trial.ts';
import type { Coordinator } from './coordinator-server.ts';
import { storedStudy, studyUnknown } from './study-errors.ts';

/** A watcher receives a change at most this often. */
const watchIntervalMs = 200;

export function clusterHandlers(coordinator: Coordinator): ClusterHandlers {
  return {
    session: (stream) => coordinator.serveSession(stream),
    fetchShard: (digest, offset) => coordinator.fetchShard(digest, offset),
    uploadState: async (part, tokenId) => await coordinator.uploads.take(part, tokenId),
  };
}

/** What requests of operators need besides the coordinator. */
export interface ControlPorts {
  readonly describeTrainer: DescribeTrainer;
  readonly stopCoordinator: () => void;
  /** @throws RidgelineError STUDY_INVALID with all problems of the text of a study file */
  readonly readStudyFile: (text: string) => StudySpec;
  /** The results of a stored study as a file. */
  readonly results: (
    request: ResultsRequest,
    signal: AbortSignal,
  ) => Promise<AsyncIterable<Uint8Array>>;
}

export function controlHandlers(coordinator: Coordinator, ports: ControlPorts): ControlHandlers {
  return {
    submitStudy: async ({ spec: text, file, files: contents, ...submission }) => {
      const spec = text === '' ? ports.readStudyFile(file) : parseSpec(text, ports.describeTrainer);
      const outcome = await coordinator.submit(spec, { ...submission, contents });
      return { name: spec.study, outcome };
    },
    listStudies: async () => await coordinator.overview.studies(),
    listWorkers: () => coordinator.workers(),
    setStudy: async (study, change, reason) => await coordinator.setStudy(study, change, reason),
    retryTrials: async (study, trials) => await coordinator.retry(study, trials),
    drainWorker: (worker, reason) => drainWorker(coordinator, worker, reason),
    stopCoordinator: ports.stopCoordinator,
    results: (request, signal) => results(coordinator, ports, request, signal),
    watch: (study, signal) => watch(coordinator, study, signal),
  };
}

/** @throws RidgelineError STUDY_UNKNOWN */
async function* results(
  { store }: Coordinator,
  ports: ControlPorts,
  request: ResultsRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  await storedStudy(store, request.study);
  yield* await ports.results(request, signal);
}

function drainWorker(coordinator: Coordinator, worker: string | null, reason: string): number {
  const asked = coordinator.drain(worker, reason);
  if (worker === null || asked > 0) return asked;
  const known = coordinator.workers().map((row) => row.name);
  throw new RidgelineError(
    'WORKER_UNKNOWN',
    `There is no worker ${JSON.stringify(worker)}${known.length > 0 ? `; known workers: ${known.join(', ')}` : ': no worker has joined'}.${didYouMean(worker, known)}`,
    '`ridgeline workers` lists them.',
  );
}

async function* watch(
  coordinator: Coordinator,
  study: string,
  signal: AbortSignal,
): AsyncIterable<WatchSnapshot> {
  const { overview } = coordinator;
  const startedMs = performance.now();
  let last = '';
  while (!signal.aborted) {
    const progress = await overview.study(study);
    if (progress === null)
      throw studyUnknown(
        study,
        (await overview.counts()).map((known) => known.study),
      );
    const workers = coordinator
      .workers()
      .filter(({ state }) => state !== 'lost')
      .map(({ name, threads, busy, trialsCompleted }) => {
        return { name, threads, busy, trialsCompleted };
      });
    const text = JSON.stringify([progress, workers]);
    if (text !== last) yield { progress, workers, elapsedMs: performance.now() - startedMs };
    last = text;
    if (isOver(progress.status)) return;
    // Ends early if the signal is aborted.
    await setTimeout(watchIntervalMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Search: runs one study on a running cluster until it ends or the user stops it. */
import { setTimeout as delay } from 'node:timers/promises';
import { RidgelineError } from '../../base/errors.ts';
import type { Coordinator } from '../../coordinator/shell/coordinator-server.ts';
import { storeUnwritable } from '../../coordinator/shell/study-errors.ts';
import type { Launcher } from '../../launch/launcher.ts';
import { countText } from '../../report/text/number-format.ts';
import type { SubmitOutcome } from '../../rpc/server/handlers.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StudySummary } from '../../study/summaries.ts';
import type { Context } from '../process/context.ts';
import type { ListenFlags } from '../process/options.ts';
import { formatCommand, keptText } from '../process/resume-command.ts';
import type { ThenFlags } from '../process/then-command.ts';
import { LiveView } from './live-view.ts';
import { drainAll, type RunStop } from './run-stop.ts';
import type { LocalWorkerFlags } from './local-workers.ts';
import type { RunningCluster } from './serve-cluster.ts';
import { watchUnfitWorkers } from './unfit-workers.ts';

export interface RunFlags extends ListenFlags, LocalWorkerFlags, ThenFlags {
  /** Seconds. */
  readonly wait: number;
  /** Seconds. */
  readonly grace?: number;
  readonly fresh?: boolean;
  /** Longest time of the search, such as `2h`. */
  readonly for?: string;
  readonly reuse?: boolean;
  readonly retry?: boolean;
  /** Model file of the winner. */
  readonly save?: string;
}

/**
 * Asks the workers to leave at the end, and does not wait for them.
 *
 * @returns an exit code if the search was stopped; null if the study has ended
 */
export async function search(
  spec: StudySpec,
  processes: RunProcesses,
  flags: RunFlags,
  context: Context,
): Promise<number | null> {
  try {
    return await searchToEnd(spec, processes, flags, context);
  } finally {
    processes.launcher.stop('when-drained');
    processes.cluster.coordinator.drain(null, 'the study has ended');
  }
}

interface RunProcesses {
  readonly cluster: RunningCluster;
  readonly launcher: Launcher;
  readonly stop: RunStop;
  /** Contents of the files that the trainer of the study needs. */
  readonly files: readonly Uint8Array[];
}

async function searchToEnd(
  spec: StudySpec,
  { cluster, launcher, stop, files }: RunProcesses,
  flags: RunFlags,
  context: Context,
): Promise<number | null> {
  const { coordinator } = cluster;
  const { study } = spec;
  const ended = Promise.withResolvers<'ended'>();
  const stopListening = coordinator.listen((event) => {
    if (event.kind === 'study-ended' && event.study === study) ended.resolve('ended');
    if (event.kind === 'worker-joined') launcher.succeeded(event.worker, 'joined');
    if (event.kind === 'trial-ended' && event.trial.worker !== null)
      launcher.succeeded(event.trial.worker, 'finished');
  });
  using view = new LiveView(context, coordinator, spec);
  const before = await submitStudy(spec, { cluster, stop, files }, flags, view);
  if (before?.status === 'paused') await coordinator.setStudy(study, 'resume', 'run again');
  if (!isPrivate(flags))
    view.say(`to join another worker:  ridgeline worker --join @${cluster.workerJoinFile}`);
  if (cluster.dashboard !== null) view.say(cluster.dashboard.text);
  const reportFailure = async (): Promise<void> => {
    if ((await launcher.ended) === 'stopped' || stop.isRequested) return;
    if (coordinator.workers().every(({ state }) => state === 'lost')) ended.reject(noWorkerLeft());
  };
  void reportFailure();
  // Others can join where it listens on an address that was chosen.
  const stopWatching = isPrivate(flags)
    ? watchUnfitWorkers(coordinator, () => launcher.count(), ended.reject)
    : () => undefined;
  const noWorker = setTimeout(() => {
    if (!stop.isRequested && coordinator.workers().length === 0)
      ended.reject(noWorkerJoined(coordinator, flags.wait));
  }, flags.wait * 1_000);
  void cluster.stopRequested.then(() => stop.request());
  try {
    const end = await Promise.race([ended.promise, stop.stopped]);
    view[Symbol.dispose]();
    if (end === 'ended') return null;
    context.stderr.write(resumeText(context));
    return stop.exitCode;
  } finally {
    clearTimeout(noWorker);
    stopListening();
    stopWatching();
  }
}

/** Submits the study, and says what it continues. @returns its progress; null if it is not stored */
async function submitStudy(
  spec: StudySpec,
  { cluster, stop, files }: Omit<RunProcesses, 'launcher'>,
  flags: RunFlags,
  view: LiveView,
): Promise<StudySummary | null> {
  const { coordinator } = cluster;
  const { study } = spec;
  // A stored study is not replaced for a search without workers.
  if (flags.fresh === true && flags.workers === 0)
    await firstWorker(cluster, flags, (text) => view.say(text));
  const previous = flags.fresh === true ? await coordinator.overview.study(study) : null;
  const { fresh = false, reuse = false } = flags;
  const outcome = await coordinator.submit(spec, { fresh, reuse, contents: files });
  stop.submitted((text) => view.say(text));
  if (previous !== null) view.say(keptText(study, previous.done));
  if (flags.retry === true) {
    const count = await retry(coordinator, study, outcome);
    if (count > 0) view.say(`${countText(count, 'trial')} of ${study} will be tried again`);
  }
  const before = await coordinator.overview.study(study);
  if (outcome !== 'created' && before !== null) {
    const doing = outcome === 'extended' ? 'extending' : 'resuming';
    view.say(`${doing} ${study}: ${before.done} of ${before.total} trials are done`);
  }
  return before;
}

/** Resolves when a worker has joined; a signal ends the process meanwhile. @throws RidgelineError NO_WORKER */
async function firstWorker(
  { coordinator, workerJoinFile }: RunningCluster,
  { wait }: RunFlags,
  say: (text: string) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stopListening = coordinator.listen(({ kind }) => {
    if (kind === 'worker-joined') resolve();
  });
  const tooLate = setTimeout(() => reject(noWorkerJoined(coordinator, wait)), wait * 1_000);
  if (coordinator.workers().length > 0) resolve();
  else
    say(
      `waiting for a worker before the study starts afresh:  ridgeline worker --join @${workerJoinFile}`,
    );
  try {
    await promise;
  } finally {
    clearTimeout(tooLate);
    stopListening();
  }
}

/** Whether only local workers can join: it listens on any port of this machine. */
function isPrivate({ listen, workers }: RunFlags): boolean {
  return listen === '127.0.0.1:0' && workers > 0;
}

/** @returns the number of trials. @throws RidgelineError STUDY_FAILED if a study that has ended has none */
async function retry(
  coordinator: Coordinator,
  study: string,
  outcome: SubmitOutcome,
): Promise<number> {
  try {
    return await coordinator.retry(study, null);
  } catch (error) {
    const isRunning = outcome !== 'complete';
    if (isRunning && error instanceof RidgelineError && error.code === 'STUDY_FAILED') return 0;
    throw error;
  }
}

function noWorkerLeft(): RidgelineError {
  return new RidgelineError(
    'NO_WORKER',
    'No worker is left: every local worker exited again and again without finishing a trial.',
    'Read the errors above; `ridgeline doctor` checks this machine.',
  );
}

function noWorkerJoined({ storeProblem }: Coordinator, waitSeconds: number): RidgelineError {
  // While the store cannot be written, workers that join are disconnected.
  if (storeProblem !== null) return storeUnwritable(storeProblem);
  return new RidgelineError(
    'NO_WORKER',
    `No worker joined within ${waitSeconds} s, so no trial can be trained.`,
    'Start one with the join line above, or give --workers 2; `ridgeline doctor` checks this machine.',
  );
}

export function resumeText({ argv }: Context): string {
  return `stopped; finished trials are stored. To resume:\n  ${formatCommand(argv, { without: '--fresh' })}\n`;
}

/** How long workers may take to leave after the end of the study. */
const leaveMs = 2_000;

/** Resolves when all workers have left, or after some seconds: a worker that is cut off tries to connect again. */
export async function workersLeft(coordinator: Coordinator): Promise<void> {
  const { promise, stopListening } = drainAll(coordinator, 'the study has ended');
  await Promise.race([promise, delay(leaveMs, null, { ref: false })]);
  stopListening();
}

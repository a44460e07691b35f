/** `ridgeline run`: the whole job on this machine, and on every machine that joins. */
import { Option, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { loadStudy } from '../../config/load-study.ts';
import type { Coordinator } from '../../coordinator/shell/coordinator-server.ts';
import { storeUnwritable } from '../../coordinator/shell/study-errors.ts';
import { countText } from '../../report/text/number-format.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StudyStatus } from '../../study/trial.ts';
import { chooseKernel } from '../../trainers/two-layer/kernel-file.ts';
import { defaultThreads } from '../../worker/thread-pool.ts';
import { stateDirOf, wholeNumber, type CommonFlags, type Context } from '../process/context.ts';
import { dashboardText } from '../cluster/dashboard.ts';
import { exitCode } from '../process/exit-codes.ts';
import { nativeFolders, withKernelOption, type KernelFlags } from '../training/kernel-choice.ts';
import { commandToGoOn } from '../process/resume-command.ts';
import { LiveView } from '../cluster/live-view.ts';
import { LocalWorkers } from '../../launch/local.ts';
import { withCommonOptions, withDataOption } from '../process/options.ts';
import { everything, outcomeCode, textFormats, writeResults } from '../results/results-output.ts';
import { storedEnd } from '../results/stored-study.ts';
import { serveCluster, type RunningCluster } from '../cluster/serve-cluster.ts';
import { StopSignals } from '../process/stop-signals.ts';

interface RunFlags extends CommonFlags, KernelFlags {
  readonly workers: number;
  readonly threads?: number;
  readonly pack: number;
  readonly listen: string;
  readonly advertise?: string;
  readonly http?: string;
  readonly lease: number;
  readonly cache?: string;
  readonly wait: number;
  readonly fresh?: boolean;
  readonly format?: string;
}

export function addRunCommand(
  program: Command,
  context: Context,
  finish: (code: number) => void,
): void {
  withKernelOption(withDataOption(withCommonOptions(program.command('run'))))
    .argument('<study>', 'the study file (YAML)')
    .summary('the whole job on this machine: search, rank, print')
    .description(
      'Runs a study: a coordinator and local worker processes; prints the ranked table of each stage and the winner.\nStarted again, it goes on where it was left; a finished study is printed again.\nOther studies that are stored here rest meanwhile.',
    )
    .option('--workers <n>', 'local worker processes', wholeNumber('--workers', 0, 64), 2)
    .option(
      '--threads <n>',
      'threads of each local worker (default: cores / workers)',
      wholeNumber('--threads', 1, 256),
    )
    .option(
      '--pack <n>',
      'the most trials trained side by side in one thread',
      wholeNumber('--pack', 1, 8),
      8,
    )
    .option('--listen <host:port>', 'where others may join', '127.0.0.1:0')
    .option(
      '--advertise <host:port>',
      'the address in the join line, where it differs from --listen',
    )
    .option('--http <host:port>', 'the dashboard, for a browser: for example 127.0.0.1:7171')
    .option(
      '--lease <seconds>',
      'how long an attempt may make no progress',
      wholeNumber('--lease', 1, 3_600),
      20,
    )
    .option(
      '--cache <dir>',
      'where local workers keep data set parts (default: $XDG_CACHE_HOME/ridgeline/parts)',
    )
    .option(
      '--wait <seconds>',
      'how long to wait for a first worker',
      wholeNumber('--wait', 1, 86_400),
      60,
    )
    .option('--fresh', "throw away what is stored under the study's name and start anew")
    .addOption(
      new Option('--format <format>', 'default: table in a terminal, tsv elsewhere').choices([
        ...textFormats,
      ]),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  ridgeline run configs/quickstart.yaml\n  ridgeline run configs/coarse-to-fine.yaml --data-dir ~/data --workers 2 --format json',
    )
    .action(async (file: string, flags: RunFlags) => {
      finish(await run(file, flags, context));
    });
}

async function run(file: string, flags: RunFlags, context: Context): Promise<number> {
  const stateDir = stateDirOf(context, flags);
  const endOf = (study: StudySpec): StudyStatus | null =>
    flags.fresh === true ? null : storedEnd(stateDir, study);
  const spec = await loadStudy(file, (study) => endOf(study) === null);
  const end = endOf(spec);
  if (end !== null) {
    if (flags.quiet !== true)
      context.stderr.write(
        `${spec.study} is ${end}; these are its results (--fresh starts it anew)\n`,
      );
    return printOutcome(stateDir, spec.study, flags, context);
  }
  // Here, rather than by each worker in its turn.
  if (flags.kernel === 'native') await chooseKernel(flags.kernel, nativeFolders(context));
  const cluster = await serveCluster({
    context,
    flags,
    stateDir,
    leaseMs: flags.lease * 1_000,
    startsAfresh: flags.fresh === true ? spec.study : null,
    // Whoever runs a study waits for that one.
    dispatch: { onlyStudy: spec.study, threadsExpected: flags.workers * threadsOf(flags) },
  });
  let code: number | null;
  try {
    code = await search(spec, cluster, flags, context);
  } finally {
    await cluster.stop('the run has ended');
  }
  if (code !== null) return code;
  return printOutcome(stateDir, spec.study, flags, context);
}

/** @returns an exit code when the search did not come to its end; null when there are results to print */
async function search(
  spec: StudySpec,
  cluster: RunningCluster,
  flags: RunFlags,
  context: Context,
): Promise<number | null> {
  const { coordinator } = cluster;
  const ended = Promise.withResolvers<void>();
  const stopListening = coordinator.listen((event) => {
    if (event.kind === 'study-ended' && event.study === spec.study) ended.resolve();
  });
  const outcome = await coordinator.submit(spec, flags.fresh === true);
  using view = new LiveView({ context, flags, coordinator, study: spec.study });
  if (outcome !== 'created') view.say(`${spec.study} goes on where it was left`);
  if (coordinator.overview.study(spec.study)?.status === 'paused')
    await coordinator.setStudy(spec.study, 'resume', 'run again');
  if (flags.listen !== '127.0.0.1:0' || flags.workers === 0)
    view.say(`others join with:  ridgeline worker --join @${cluster.workerJoinFile}`);
  if (cluster.dashboard !== null) view.say(dashboardText(cluster.dashboard));
  const workers = startWorkers(cluster, flags, context, ended);
  const noWorker = watchForWorkers(coordinator, flags, ended);
  const stopped = Promise.withResolvers<'drained' | 'cut'>();
  using signals = new StopSignals((count) =>
    stopStep(count, { context, cluster, workers, view, stopped, signals }),
  );
  try {
    const how = await Promise.race([ended.promise.then(() => 'ended' as const), stopped.promise]);
    view.close();
    if (how === 'ended') return null;
    context.stderr.write(goOnText(context));
    return how === 'drained' ? exitCode.done : (signals.exitCode ?? exitCode.interrupted);
  } finally {
    clearTimeout(noWorker);
    stopListening();
    workers.expectLeaving();
    coordinator.drain(null, 'the study has ended');
    await Promise.race([workers.ended(), wait(5_000)]);
    workers.kill();
  }
}

function goOnText({ argv }: Context): string {
  return `stopped; nothing that was finished is lost. Go on with:\n  ${commandToGoOn(argv, { without: '--fresh' })}\n`;
}

/** Of each local worker. */
function threadsOf({ threads, workers }: RunFlags): number {
  return threads ?? Math.max(1, Math.floor(defaultThreads() / Math.max(1, workers)));
}

function startWorkers(
  cluster: RunningCluster,
  flags: RunFlags,
  context: Context,
  ended: PromiseWithResolvers<void>,
): LocalWorkers {
  const cache = flags.cache === undefined ? [] : ['--cache', flags.cache];
  return new LocalWorkers({
    count: flags.workers,
    joinText: cluster.localJoin,
    workerArguments: [
      '--threads',
      String(threadsOf(flags)),
      '--pack',
      String(flags.pack),
      '--kernel',
      flags.kernel,
      ...cache,
    ],
    log: context.log,
    onAllGone: () => {
      if (cluster.coordinator.workers().some((worker) => worker.state !== 'lost')) return;
      ended.reject(
        new RidgelineError(
          'NO_WORKER',
          'No worker is left: every local one ended right after its start.',
          'Read the errors above; `ridgeline doctor` checks this machine.',
        ),
      );
    },
  });
}

function watchForWorkers(
  coordinator: Coordinator,
  flags: RunFlags,
  ended: PromiseWithResolvers<void>,
): NodeJS.Timeout {
  return setTimeout(() => {
    if (coordinator.workers().length > 0) return;
    const { storeProblem } = coordinator;
    if (storeProblem !== null) {
      // Workers came, and were sent away again: they are not what is missing.
      ended.reject(storeUnwritable(storeProblem));
      return;
    }
    ended.reject(
      new RidgelineError(
        'NO_WORKER',
        `No worker joined within ${flags.wait} s, so nothing can be trained.`,
        'Start one with the join line above, or give --workers 2; `ridgeline doctor` checks this machine.',
      ),
    );
  }, flags.wait * 1_000);
}

interface StopPorts {
  readonly context: Context;
  readonly cluster: RunningCluster;
  readonly workers: LocalWorkers;
  readonly view: LiveView;
  readonly stopped: PromiseWithResolvers<'drained' | 'cut'>;
  readonly signals: StopSignals;
}

/** First signal: finish what runs. Second: give it back. Third: end at once. */
function stopStep(
  count: number,
  { context, cluster, workers, view, stopped, signals }: StopPorts,
): void {
  const busy = cluster.coordinator.workers().reduce((sum, worker) => sum + worker.busy, 0);
  const packs = `${busy === 0 ? 'no pack' : countText(busy, 'pack')} of trials`;
  if (count === 1) {
    const how = busy === 0 ? '' : '; Ctrl-C again gives them back';
    view.say(`draining: ${packs} still running${how}`);
    workers.expectLeaving();
    const left = drained(cluster.coordinator, 'the run was told to stop');
    void Promise.all([workers.ended(), left]).then(() => stopped.resolve('drained'));
    return;
  }
  if (count === 2) {
    view.say(`cancelling ${packs}; Ctrl-C again ends at once`);
    workers.giveBack();
    void workers.ended().then(() => stopped.resolve('cut'));
    return;
  }
  workers.kill();
  context.stderr.write(goOnText(context));
  process.exit(signals.exitCode ?? exitCode.interrupted);
}

/** Asks all workers to finish what they train, those that still come, too; resolves when none is left. */
async function drained(coordinator: Coordinator, reason: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (coordinator.workers().every(({ state }) => state === 'lost')) resolve();
  };
  const stopListening = coordinator.listen((event) => {
    if (event.kind === 'worker-joined') coordinator.drain(event.worker, reason);
    look();
  });
  coordinator.drain(null, reason);
  look();
  await promise;
  stopListening();
}

function printOutcome(stateDir: string, study: string, flags: RunFlags, context: Context): number {
  using reader = openStoreReader(stateDir);
  const record = reader.study(study);
  if (record === null) throw new Error(`study ${study} was just run`);
  const trials = reader.trials(study, { correctness: true });
  const choice = { ...everything, format: flags.format ?? null };
  writeResults({ study: record, trials, reader }, choice, context, flags);
  return outcomeCode(record, trials, reader.attempts(study));
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

/**
 * Run: serves a cluster for one study, searches with local workers, and prints the results. `run.ts` has
 * the options and starts the workers before it loads this module.
 */
import { RidgelineError } from '../../base/errors.ts';
import { studyFromFile } from '../process/study-files.ts';
import { withPlace } from '../../config/problem-place.ts';
import { readProgramFiles } from '../../config/program-files.ts';
import type { Launcher } from '../../launch/launcher.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import { isProgram } from '../../study/trainer-description.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StudyStatus } from '../../study/trial.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { say, stateDirectory, type Context } from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { exitCodeOf, reportError } from '../process/report-error.ts';
import { formatCommand } from '../process/resume-command.ts';
import { StopSignals } from '../process/stop-signals.ts';
import { runThen } from '../process/then-command.ts';
import type { FormattedResults } from '../results/results-output.ts';
import { requireStudyFile, storedEnd, studyAndTrials } from '../results/stored-study.ts';
import { outcomeCode, studyFailure } from '../results/study-outcome.ts';
import { dashboardAddress, type Dashboard, type DashboardAddress } from '../cluster/dashboard.ts';
import { endLocalWorkers, threadsPerWorker } from '../cluster/local-workers.ts';
import { RunStop } from '../cluster/run-stop.ts';
import { resumeText, search, workersLeft, type RunFlags } from '../cluster/search.ts';
import { serveCluster, type RunningCluster } from '../cluster/serve-cluster.ts';
import { showStoredStudies } from '../cluster/show-stored.ts';

export interface LocalWorkers {
  /** The workers have started, and wait for the join string. */
  readonly launcher: Launcher;
  /** Sends them the join string. */
  readonly listening: (joinText: string) => void;
  /** Why none was started, which is an error unless the study is finished; null if they were. */
  readonly problem: RidgelineError | null;
  /** Options of the command line that a finished study does not use. */
  readonly given: readonly string[];
}

/** @returns the exit code */
export async function runStudy(
  file: string,
  workers: LocalWorkers,
  flags: RunFlags,
  context: Context,
): Promise<number> {
  if (flags.save !== undefined)
    (await import('../training/model-files.ts')).checkModelPath(flags.save);
  await requireStudyFile(file, context);
  const isFresh = flags.fresh === true;
  const startsAgain = isFresh || flags.retry === true;
  const findEnd = async (study: StudySpec) =>
    startsAgain ? null : await storedEnd(withTime(study, flags), context);
  // A finished study is printed without its data.
  const needsData = async (study: StudySpec) => (await findEnd(study)) === null;
  const spec = withTime(await studyFromFile(file, needsData), flags);
  const end = await findEnd(spec);
  const http = dashboardAddress(flags);
  const runThenCommand = async (code: number): Promise<number> =>
    await runThen(flags, spec.study, code, context, async () => await storedStatus(spec, context));
  let outcome: Outcome | number;
  try {
    if (end === null) {
      const files = await readProgramFiles(spec, file);
      outcome = await withPlace(file, () =>
        searchAndFormat({ spec, files }, workers, flags, context),
      );
    } else {
      workers.launcher.stop('kill');
      const state = end === 'failed' ? 'failed earlier' : `is ${end}`;
      const again = end === 'complete' ? '' : '--retry takes it up again, ';
      say(
        context,
        `${spec.study} ${state}; showing its stored results (${again}--fresh starts over)`,
      );
      const { given } = workers;
      if (given.length > 0)
        say(
          context,
          `nothing was trained, so ${given.join(', ')} had no effect; a stage with more trials, or another stage, extends the study`,
        );
      outcome = await formatOutcome(spec.study, context);
    }
  } catch (error) {
    await runThenCommand(exitCodeOf(error));
    throw error;
  }
  if (typeof outcome === 'number') return await runThenCommand(outcome);
  (await loadOutput()).printResults(outcome, undefined, context);
  const { failure, dashboard = null } = outcome;
  const ended = failure === null ? outcome.code : reportError(failure, context);
  const code = await runThenCommand(await withModel(ended, spec, flags, context));
  if (code === exitCode.done && isAttended(context)) say(context, nextSteps(file, spec, flags));
  if (http !== null && isAttended(context)) await keepDashboard(http, dashboard, context);
  else if (http !== null && end !== null)
    say(
      context,
      '--http had no effect without a terminal; `ridgeline dashboard` serves stored studies',
    );
  return code;
}

/** The study with the time of `--for`, which is not part of its identity. */
function withTime(spec: StudySpec, { for: time }: RunFlags): StudySpec {
  return time === undefined ? spec : { ...spec, budget: { ...spec.budget, time } };
}

/** Writes the model file of `--save` if the study is complete. @returns the exit code */
async function withModel(
  code: number,
  { study }: StudySpec,
  { save }: RunFlags,
  context: Context,
): Promise<number> {
  if (save === undefined || code !== exitCode.done) return code;
  const { saveWinner } = await import('./train.ts');
  return await saveWinner(study, save, context);
}

/** What a user can do with the results. */
function nextSteps(file: string, { study, trainer }: StudySpec, { save }: RunFlags): string {
  const report = formatCommand(['report', study, '-o', 'report.html']);
  if (isProgram(trainer)) return `next: ${report}`;
  const model =
    save === undefined
      ? ['train', file, '--winner', '--save', 'model.npz']
      : ['predict', save, 'IMAGES'];
  return `next: ${report}\n      ${formatCommand(model)}`;
}

async function storedStatus({ study }: StudySpec, context: Context): Promise<StudyStatus | null> {
  await using reader = await openStoreReader(stateDirectory(context));
  return (await reader.study(study))?.status ?? null;
}

/** Whether a person can read that the dashboard stays open, and press Ctrl-C. */
function isAttended({ stderr, flags }: Context): boolean {
  return stderr.isTTY && flags.quiet !== true;
}

/** The search has its result: a dashboard that cannot stay open is a warning. */
async function keepDashboard(
  address: DashboardAddress,
  before: Dashboard | null,
  context: Context,
): Promise<void> {
  try {
    await showStoredStudies(address, context, before);
  } catch (error) {
    if (!(error instanceof RidgelineError)) throw error;
    context.log.warn(error.what);
  }
}

/** What is printed at the end, and the exit code. */
interface Outcome extends FormattedResults {
  readonly code: number;
  readonly failure: RidgelineError | null;
  /** The dashboard of the search, which has closed; null or absent without one. */
  readonly dashboard?: Dashboard | null;
}

/** @returns an exit code if the search was stopped */
async function searchAndFormat(
  { spec, files }: { readonly spec: StudySpec; readonly files: readonly Uint8Array[] },
  { launcher, listening, problem }: LocalWorkers,
  flags: RunFlags,
  context: Context,
): Promise<Outcome | number> {
  if (problem !== null) throw problem;
  const { study } = spec;
  const cluster = await serveCluster({
    context,
    flags,
    startsAfresh: flags.fresh === true ? study : null,
    dispatch: { onlyStudy: study, threadsExpected: flags.workers * threadsPerWorker(flags) },
  });
  const { coordinator } = cluster;
  const stop = newRunStop(cluster, launcher, flags, context);
  try {
    // The user names the study file, and with it the program beside it.
    const needs = describeTrainer(spec.trainer).needs?.(spec.trainer) ?? null;
    listening([cluster.localJoin, ...(needs === null ? [] : [needs])].join(' '));
    const stopListening = coordinator.listen(({ kind }) => {
      if (kind !== 'trial-ended') return;
      stopListening();
      // Loaded while trials are trained, so that the results are printed at once.
      void loadOutput();
    });
    const code = await search(spec, { cluster, launcher, stop, files }, flags, context);
    if (code !== null) return code;
    stop[Symbol.dispose]();
    // Ctrl-C ends the workers at once; the results are printed.
    using _signals = new StopSignals(() => launcher.stop('kill'));
    const [outcome] = await Promise.all([formatOutcome(study, context), workersLeft(coordinator)]);
    return { ...outcome, dashboard: cluster.dashboard };
  } catch (error) {
    launcher.stop('kill');
    throw error;
  } finally {
    stop[Symbol.dispose]();
    await endLocalWorkers(launcher);
    await cluster.stop('the run has ended');
  }
}

function newRunStop(
  cluster: RunningCluster,
  launcher: Launcher,
  { grace }: RunFlags,
  context: Context,
): RunStop {
  return new RunStop({
    coordinator: cluster.coordinator,
    launcher,
    grace,
    announceEnd: () => cluster.announceEnd(),
    exit: (code) => {
      context.stderr.write(resumeText(context));
      process.exit(code);
    },
  });
}

/** As many as `results` prints. */
const rowsPerStage = 20;

const loadOutput = async () => await import('../results/results-output.ts');

async function formatOutcome(name: string, context: Context): Promise<Outcome> {
  const { formatResults } = await loadOutput();
  await using reader = await openStoreReader(stateDirectory(context));
  const read = await studyAndTrials(reader, name);
  const formatted = await formatResults({ ...read, reader }, context.flags, context, rowsPerStage);
  const code = outcomeCode(read.study, read.trials, await reader.attempts(name));
  return { ...formatted, code, failure: studyFailure(read.study, read.trials) };
}

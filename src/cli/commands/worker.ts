/** `ridgeline worker`: joins a coordinator, receives the data set, and trains until it is asked to leave. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { Option, type Command } from 'commander';
import { countText, durationText } from '../../report/text/number-format.ts';
import { waitSeconds } from '../../rpc/client/reconnection.ts';
import { joinFilePath } from '../../rpc/credentials/join-files.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { coresNote, defaultThreads, threadsMax } from '../../worker/thread-count.ts';
import { WorkerNode } from '../../worker/worker-node.ts';
import { joinReader, localJoinReader } from '../cluster/control.ts';
import {
  failpointFrom,
  keysDirectory,
  shardCacheDirectory,
  type Context,
} from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { exitWithRun } from '../process/exit-with-parent.ts';
import { parseLifetime, parseUntil, schedulerEnd } from '../process/durations.ts';
import {
  addCommand,
  graceOption,
  usageError,
  wholeNumber,
  withKeysOption,
  withWorkerOptions,
} from '../process/options.ts';
import {
  withAllowOptions,
  withProgramOptions,
  type AllowFlags,
  type ProgramFlags,
} from '../process/program-options.ts';
import { stateMaxOption } from '../process/sizes.ts';
import { StopSignals, graceMs, signalText } from '../process/stop-signals.ts';
import { fitThreads } from '../training/fit-threads.ts';
import { findKernel } from '../training/kernel-choice.ts';
import { programHost } from '../training/program-host.ts';
import { withKernelOption } from '../training/kernel-option.ts';

interface WorkerFlags extends ProgramFlags, AllowFlags {
  /** Default: the worker.join of the keys directory. */
  readonly join?: string;
  readonly threads: number;
  readonly pack: number;
  readonly name: string;
  readonly cache?: string;
  /** Bytes. */
  readonly stateMax: number;
  /** Seconds. */
  readonly wait?: number;
  /** Seconds. */
  readonly grace?: number;
  /** Milliseconds since 1970. */
  readonly until?: number;
  /** Milliseconds. */
  readonly lifetime?: number;
  readonly local?: boolean;
}

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'worker', {
    summary: 'joins a coordinator and trains',
    description:
      'Joins a coordinator, receives the data set from it, and trains until it is asked to leave.',
    notes:
      'In a batch job that ends at a known time, --lifetime or --until (read from SLURM_JOB_END_TIME if Slurm sets it) keeps the worker from starting trials that it cannot finish; what still runs 10 s before the end is returned, and no failure is counted. SIGUSR1 and SIGUSR2, the warnings of Slurm and SGE, stop the worker as SIGTERM does.',
    examples: [
      'ridgeline worker --join @worker.join --threads 4',
      'ridgeline worker --join @worker.join --lifetime 2h    # in a job of two hours',
    ],
  });
  const wait = `longest time without a coordinator (default: ${waitSeconds.first} before the worker has joined, ${waitSeconds.later} afterwards)`;
  const training = withKernelOption(withKeysOption(withWorkerOptions(command)));
  withAllowOptions(withProgramOptions(training))
    .option(
      '--join <join>',
      'join string: @FILE, - (standard input) or the string (default: worker.join of --state, on the machine of the coordinator)',
    )
    .addOption(
      wholeNumber('--threads <n>', 'number of training threads', 1, threadsMax, defaultThreads()),
    )
    .option('--name <name>', 'name of this worker in tables', parseName, hostname())
    .addOption(wholeNumber('--wait <seconds>', wait, 0, 31_536_000))
    .addOption(stateMaxOption('most bytes of states of trials on disk, in the cache directory'))
    .addOption(graceOption())
    .addOption(
      new Option(
        '--until <time>',
        'when this process will be killed: 18:00, 2026-05-01T18:00, +2h, or never (default: $SLURM_JOB_END_TIME)',
      )
        .argParser((text) => parseUntil(text, Date.now()))
        .conflicts('lifetime'),
    )
    .addOption(
      new Option('--lifetime <duration>', 'the same as a duration from now: 90m, 1h30m').argParser(
        parseLifetime,
      ),
    )
    .addOption(new Option('--local', 'started by `run`, ends with it').hideHelp())
    .action(async (flags: WorkerFlags) => {
      context.finish(await runWorker(flags, context));
    });
}

/** Checked here, since the coordinator would report an invalid name as a version mismatch. */
function parseName(text: string): string {
  if (text.length >= 1 && text.length <= 128 && !/\p{Cc}/u.test(text)) return text;
  throw usageError(
    `--name must have 1 to 128 characters and no control characters, got ${JSON.stringify(text.slice(0, 200))}.`,
    'Give a shorter name, for example --name node-1.',
  );
}

async function runWorker(flags: WorkerFlags, context: Context): Promise<number> {
  const { log } = context;
  const isLocal = flags.local === true;
  if (isLocal) {
    exitWithRun();
    // `run` reports on its workers; they print only warnings and errors.
    log.level = context.flags.debug === true ? 'debug' : 'warn';
  }
  const needs = new Set(flags.allowFiles);
  // `run` sends it when the coordinator listens; everything else is ready by then.
  const join = isLocal
    ? localJoinReader((need) => needs.add(need))
    : joinReader('--join', flags.join ?? localJoin(context), context);
  const trainer = await findKernel(context);
  const cores = flags.threads === defaultThreads() && !isLocal ? coresNote() : null;
  if (cores !== null) log.info(cores);
  const threads = await fitThreads(flags.threads, trainer, context);
  const cacheDir = shardCacheDirectory(context, flags);
  const commands = programHost({ ...flags, allowFiles: needs }, { threads, cacheDir }, context);
  warnOfAnyCommand(flags, context);
  await using node = await WorkerNode.start({
    commands,
    join,
    name: flags.name,
    threads,
    packMax: flags.pack,
    trainer,
    describeTrainer,
    cacheDir,
    stateMax: flags.stateMax,
    version: context.version,
    firstWaitMs: 1_000 * (flags.wait ?? waitSeconds.first),
    waitMs: 1_000 * (flags.wait ?? waitSeconds.later),
    endWallMs: isLocal ? null : endFrom(flags, context.env),
    log,
    reached: failpointFrom(context),
    onJoined: (name, address) =>
      log.info(
        `joined ${address} as ${name}, with ${countText(threads, 'thread')} and the ${trainer.name} kernel`,
      ),
  });
  let isInterrupted = false;
  const received = (count: number, signal: NodeJS.Signals): void => {
    if (count > 2) process.exit(signals.exitCode);
    const grace = graceMs(signal, flags.grace);
    if (count === 1) node.drain(`stopped by ${signalText(signal)}`, grace);
    // `run` drains its workers through the coordinator and sends the signal only as the second step.
    if (count > 1 || isLocal) {
      isInterrupted = true;
      node.returnPacks(`stopped by ${isLocal ? 'its run' : `a second ${signalText(signal)}`}`);
      return;
    }
    if (node.runningPacks === 0) return;
    const time = grace === null ? '' : ` for ${durationText(grace)} (--grace)`;
    log.info(
      `${signalText(signal)}: finishing running trials${time}; a second signal returns them, a third ends at once`,
    );
  };
  using signals = new StopSignals(received, { takesWarnings: !isLocal });
  const reason = await node.run();
  log.info(`left: ${reason}`);
  return isInterrupted ? signals.exitCode : exitCode.done;
}

/** The join file of a coordinator that has the same keys directory. */
function localJoin(context: Context): string {
  const file = joinFilePath(keysDirectory(context), 'worker');
  if (existsSync(file)) return `@${file}`;
  throw usageError(
    `--join is missing, and there is no ${file}.`,
    "Copy worker.join from the coordinator's machine and give --join @worker.join, or start `ridgeline coordinator` here.",
  );
}

function warnOfAnyCommand({ allowAnyCommand }: AllowFlags, { log }: Context): void {
  if (allowAnyCommand !== true) return;
  log.warn(
    '--allow-any-command: everyone with the right to submit studies to the coordinator can run any program on this machine, as this user; --allow-files allows one program only',
  );
}

function endFrom({ until, lifetime }: WorkerFlags, env: NodeJS.ProcessEnv): number | null {
  if (lifetime !== undefined) return Date.now() + lifetime;
  const end = until ?? schedulerEnd(env);
  return end === Infinity ? null : end;
}

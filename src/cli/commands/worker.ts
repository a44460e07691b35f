/** `ridgeline worker`: joins a coordinator, receives the data set, and trains until it is asked to leave. */
import { hostname } from 'node:os';
import { Option, type Command } from 'commander';
import { countText } from '../../report/text/number-format.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { coresNote, defaultThreads, threadsMax } from '../../worker/thread-count.ts';
import { WorkerNode } from '../../worker/worker-node.ts';
import { readJoinOption } from '../cluster/control.ts';
import { failpointFrom, shardCacheDirectory, type Context } from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { exitWithRun } from '../process/exit-with-parent.ts';
import { addCommand, usageError, wholeNumber, withWorkerOptions } from '../process/options.ts';
import { StopSignals } from '../process/stop-signals.ts';
import { fitThreads } from '../training/fit-threads.ts';
import { findKernel } from '../training/kernel-choice.ts';
import { withKernelOption } from '../training/kernel-option.ts';

interface WorkerFlags {
  readonly join: string;
  readonly threads: number;
  readonly pack: number;
  readonly name: string;
  readonly cache?: string;
  /** Seconds. */
  readonly wait: number;
  /** Seconds. */
  readonly grace: number;
  readonly local?: boolean;
}

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'worker', {
    summary: 'joins a coordinator and trains',
    description:
      'Joins a coordinator, receives the data set from it, and trains until it is asked to leave.',
    examples: ['ridgeline worker --join @worker.join --threads 4'],
  });
  const wait = 'time without a coordinator after which the worker ends, at the start or later';
  withKernelOption(withWorkerOptions(command))
    .requiredOption('--join <join>', 'join string: @FILE, - (standard input) or the string')
    .addOption(
      wholeNumber('--threads <n>', 'number of training threads', 1, threadsMax, defaultThreads()),
    )
    .option('--name <name>', 'name of this worker in tables', parseName, hostname())
    .addOption(wholeNumber('--wait <seconds>', wait, 0, 86_400, 30))
    .addOption(
      wholeNumber(
        '--grace <seconds>',
        'time to finish running trials after a signal',
        0,
        86_400,
        30,
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
  // `run` sends it when the coordinator listens; everything else is ready by then.
  const target = readJoinOption('--join', flags.join, context);
  target.catch(() => undefined); // The node throws it.
  const trainer = await findKernel(context);
  const cores = flags.threads === defaultThreads() && !isLocal ? coresNote() : null;
  if (cores !== null) log.info(cores);
  const threads = await fitThreads(flags.threads, trainer, context);
  await using node = await WorkerNode.start({
    join: target,
    name: flags.name,
    threads,
    packMax: flags.pack,
    trainer,
    describeTrainer,
    cacheDir: shardCacheDirectory(context, flags),
    version: context.version,
    waitMs: flags.wait * 1_000,
    graceMs: flags.grace * 1_000,
    log,
    reached: failpointFrom(context),
    onJoined: (name, address) =>
      log.info(
        `joined ${address} as ${name}, with ${countText(threads, 'thread')} and the ${trainer.name} kernel`,
      ),
  });
  let isInterrupted = false;
  using signals = new StopSignals((count) => {
    if (count > 2) process.exit(signals.exitCode);
    if (count === 1) node.drain('stopped by Ctrl-C or a signal');
    // `run` drains its workers through the coordinator and sends the signal only as the second step.
    if (count > 1 || isLocal) {
      isInterrupted = true;
      node.returnPacks('stopped by a second Ctrl-C; it will be run again');
      return;
    }
    log.info(
      'finishing running trials; press Ctrl-C again to return them, a third time to quit immediately',
    );
  });
  const reason = await node.run();
  log.info(`left: ${reason}`);
  return isInterrupted ? signals.exitCode : exitCode.done;
}

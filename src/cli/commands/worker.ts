/** `ridgeline worker`: one node. Joins, gets the data, trains, until it is told to leave. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { countText } from '../../report/text/number-format.ts';
import { defaultThreads } from '../../worker/thread-pool.ts';
import { chooseKernel } from '../../trainers/two-layer/kernel-file.ts';
import { WorkerNode } from '../../worker/worker-node.ts';
import {
  cacheDirOf,
  failpointFrom,
  wholeNumber,
  type CommonFlags,
  type Context,
} from '../process/context.ts';
import { joinFrom } from '../cluster/control.ts';
import { exitCode } from '../process/exit-codes.ts';
import { nativeFolders, withKernelOption, type KernelFlags } from '../training/kernel-choice.ts';
import { withCommonOptions } from '../process/options.ts';
import { endWithRun } from '../process/parent-process.ts';
import { StopSignals } from '../process/stop-signals.ts';

interface WorkerFlags extends CommonFlags, KernelFlags {
  readonly join: string;
  readonly threads: number;
  readonly pack: number;
  readonly name: string;
  readonly cache?: string;
  readonly wait: number;
  readonly grace: number;
  readonly local?: boolean;
}

export function addWorkerCommand(
  program: Command,
  context: Context,
  finish: (code: number) => void,
): void {
  withKernelOption(withCommonOptions(program.command('worker')))
    .summary('one node: joins a coordinator and trains')
    .description(
      'One node: joins a coordinator, gets the data set from it, and trains until told to leave.',
    )
    .requiredOption(
      '--join <join>',
      'what the coordinator printed, as @FILE, - (standard input) or the string itself',
    )
    .option(
      '--threads <n>',
      'trials trained at once',
      wholeNumber('--threads', 1, 256),
      defaultThreads(),
    )
    .option(
      '--pack <n>',
      'the most trials trained side by side in one thread',
      wholeNumber('--pack', 1, 8),
      8,
    )
    .option('--name <name>', 'how tables call this node', nodeName, hostname())
    .option(
      '--cache <dir>',
      'where data set parts are kept (default: $XDG_CACHE_HOME/ridgeline/parts)',
    )
    .option(
      '--wait <seconds>',
      'how long to look for the coordinator, at first and when it was lost',
      wholeNumber('--wait', 0, 86_400),
      30,
    )
    .option(
      '--grace <seconds>',
      'how long running trials may go on after Ctrl-C or SIGTERM',
      wholeNumber('--grace', 0, 86_400),
      30,
    )
    .addOption(new Option('--local', 'started by `run`: ends with it').hideHelp())
    .addHelpText('after', '\nExample:\n  ridgeline worker --join @worker.join --threads 4')
    .action(async (flags: WorkerFlags) => {
      finish(await runWorker(flags, context));
    });
}

/** Checked here, since the coordinator would take a name that breaks the rules for another version's. */
function nodeName(text: string): string {
  if (text.length >= 1 && text.length <= 128 && !/\p{Cc}/u.test(text)) return text;
  throw new RidgelineError(
    'USAGE',
    `--name must have 1 to 128 characters, none of them a control character, got ${JSON.stringify(text.slice(0, 200))}.`,
    'Give a shorter name, for example --name node-1.',
  );
}

async function runWorker(flags: WorkerFlags, context: Context): Promise<number> {
  const { log } = context;
  const isLocal = flags.local === true;
  if (isLocal) {
    endWithRun();
    // `run` speaks for its workers: they are quiet unless something is wrong.
    log.level = flags.debug === true ? 'debug' : 'warn';
  }
  const target = await joinFrom('--join', flags.join, context);
  const kernel = await chooseKernel(flags.kernel, nativeFolders(context));
  await using node = await WorkerNode.start({
    join: target,
    name: flags.name,
    threads: flags.threads,
    packMax: flags.pack,
    kernel,
    cacheDir: flags.cache ?? join(cacheDirOf(context), 'parts'),
    version: context.version,
    waitMs: flags.wait * 1_000,
    graceMs: flags.grace * 1_000,
    log,
    reached: failpointFrom(context),
    onJoined: (name) =>
      log.info(
        `joined ${target.address} as ${name}, with ${countText(flags.threads, 'thread')} and the ${kernel.name} kernel`,
      ),
  });
  let cutOff = false;
  using signals = new StopSignals((count) => {
    if (count > 2) process.exit(signals.exitCode ?? exitCode.failed);
    if (count === 1) node.drain('told to stop');
    // `run` drains its workers through the coordinator: what it sends itself is the second signal.
    if (count === 1 && !isLocal) {
      log.info(
        'finishing the trials that run; once more gives them back, a third time ends at once',
      );
      return;
    }
    cutOff = true;
    node.giveBack('stopped by a second signal');
  });
  const reason = await node.run();
  log.info(`left: ${reason}`);
  return cutOff ? (signals.exitCode ?? exitCode.failed) : exitCode.done;
}

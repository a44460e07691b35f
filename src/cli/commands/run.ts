/** `ridgeline run`: a whole search on this machine and on every machine that joins. */
import type { Command } from 'commander';
import { durationMs } from '../../base/duration.ts';
import { cacheProblem, startLocalWorkers } from '../cluster/local-workers.ts';
import type { RunFlags } from '../cluster/search.ts';
import type { Context } from '../process/context.ts';
import {
  addCommand,
  graceOption,
  outputFormatOption,
  reuseOption,
  usageError,
  wholeNumber,
  withDataOption,
  withListenOptions,
  withWorkerOptions,
} from '../process/options.ts';
import { stateMaxOption } from '../process/sizes.ts';
import { thenOption } from '../process/then-command.ts';
import { textFormats } from '../results/result-formats.ts';
import { withProgramOptions } from '../process/program-options.ts';
import { withKernelOption } from '../training/kernel-option.ts';

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'run', {
    summary: 'runs a whole search on this machine and prints the results',
    description:
      'Runs a study with a coordinator and local worker processes, and prints the ranked table of each stage and the winner.',
    notes:
      'Run it again to resume; a finished study is printed again. Other unfinished studies stay paused. In a terminal, --http keeps the dashboard open after the end until Ctrl-C.',
    examples: [
      'ridgeline run configs/quickstart.yaml',
      'ridgeline run configs/coarse-to-fine.yaml --data-dir ~/data --workers 2 --format json',
    ],
  });
  const listening = withListenOptions(withDataOption(command), '127.0.0.1:0');
  withProgramOptions(withKernelOption(withWorkerOptions(listening)))
    .argument('<study>', 'study file (YAML)')
    .addOption(wholeNumber('--workers <n>', 'number of local worker processes', 0, 64, 2))
    .addOption(
      wholeNumber('--threads <n>', 'threads per local worker (default: cores / workers)', 1, 256),
    )
    .addOption(
      wholeNumber('--wait <seconds>', 'longest time to wait for the first worker', 1, 86_400, 60),
    )
    .addOption(stateMaxOption('most bytes of states of trials on disk, for each process'))
    .option(
      '--for <duration>',
      'end the search after this time of training, such as 90m or 2h; instead of budget.time',
      parseFor,
    )
    .addOption(graceOption())
    .option('--fresh', 'start again; the stored study of this name is deleted, and a copy is kept')
    .option(...reuseOption)
    .option(
      '--retry',
      'give trials that ended without a result new attempts, also in a study that has ended',
    )
    .option(
      '--save <file>',
      'train the winner again at the end and write its model file, ending with .npz or .safetensors',
    )
    .option(...thenOption)
    .addOption(outputFormatOption(textFormats))
    .action(async (file: string, flags: RunFlags, used: Command) => {
      const given = searchOptions.filter(
        (option) => used.getOptionValueSource(optionKey(option)) === 'cli',
      );
      context.finish(await run(file, flags, given, context));
    });
}

function parseFor(text: string): string {
  if (durationMs(text) > 0) return text;
  throw usageError(
    `--for must be a duration such as 30m, 2h or 1h30m, got ${JSON.stringify(text)}.`,
    'For example: --for 2h.',
  );
}

/** Options that have an effect on a search only, not on the results of a finished one. */
const searchOptions = [
  '--workers',
  '--threads',
  '--wait',
  '--listen',
  '--advertise',
  '--lease',
  '--pack',
  '--cache',
  '--state-max',
  '--kernel',
  '--data-dir',
  '--allow-command',
  '--pass-env',
  '--slots',
  '--devices',
  '--reuse',
] as const;

/** `dataDir` for `--data-dir`. */
function optionKey(option: string): string {
  return option.slice(2).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

async function run(
  file: string,
  flags: RunFlags,
  given: readonly string[],
  context: Context,
): Promise<number> {
  // Fails here once, instead of in each worker.
  if (flags.kernel.startsWith('native'))
    await (await import('../training/kernel-choice.ts')).findKernel(context);
  const join = Promise.withResolvers<string>();
  const problem = flags.workers === 0 ? null : cacheProblem(flags, context);
  const workers = problem === null ? flags.workers : 0;
  const launcher = startLocalWorkers({ ...flags, workers }, join.promise, context);
  try {
    // Loaded while the workers start: both take a few tenths of a second.
    const { runStudy } = await import('./run-study.ts');
    const processes = { launcher, listening: join.resolve, problem, given };
    return await runStudy(file, processes, flags, context);
  } finally {
    launcher.stop('kill');
  }
}

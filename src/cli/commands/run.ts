/** `ridgeline run`: a whole search on this machine and on every machine that joins. */
import type { Command } from 'commander';
import { loadStudy } from '../../config/load-study.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { search, threadsPerWorker, type RunFlags } from '../cluster/search.ts';
import { serveCluster } from '../cluster/serve-cluster.ts';
import { say, stateDirectory, type Context } from '../process/context.ts';
import {
  addCommand,
  outputFormatOption,
  wholeNumber,
  withDataOption,
  withListenOptions,
  withWorkerOptions,
} from '../process/options.ts';
import { outcomeCode, textFormats, writeResults } from '../results/results-output.ts';
import { storedEnd, studyAndTrials } from '../results/stored-study.ts';
import { findKernel, withKernelOption } from '../training/kernel-choice.ts';

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'run', {
    summary: 'runs a whole search on this machine and prints the results',
    description:
      'Runs a study with a coordinator and local worker processes, and prints the ranked table of each stage and the winner.',
    notes:
      'Run it again to resume; a finished study is printed again. Other unfinished studies stay paused.',
    examples: [
      'ridgeline run configs/quickstart.yaml',
      'ridgeline run configs/coarse-to-fine.yaml --data-dir ~/data --workers 2 --format json',
    ],
  });
  withKernelOption(withWorkerOptions(withListenOptions(withDataOption(command), '127.0.0.1:0')))
    .argument('<study>', 'study file (YAML)')
    .addOption(wholeNumber('--workers <n>', 'number of local worker processes', 0, 64, 2))
    .addOption(
      wholeNumber('--threads <n>', 'threads per local worker (default: cores / workers)', 1, 256),
    )
    .addOption(
      wholeNumber('--wait <seconds>', 'longest time to wait for the first worker', 1, 86_400, 60),
    )
    .option('--fresh', 'delete the stored study of this name and start again')
    .addOption(outputFormatOption(textFormats))
    .action(async (file: string, flags: RunFlags) => {
      context.finish(await run(file, flags, context));
    });
}

async function run(file: string, flags: RunFlags, context: Context): Promise<number> {
  const stateDir = stateDirectory(context);
  const isFresh = flags.fresh === true;
  const findEnd = async (study: StudySpec) => (isFresh ? null : await storedEnd(stateDir, study));
  // A finished study is printed without its data.
  const needsData = async (study: StudySpec) => (await findEnd(study)) === null;
  const spec = await loadStudy(file, describeTrainer, needsData);
  const end = await findEnd(spec);
  if (end !== null) {
    say(context, `${spec.study} is ${end}; these are its results (use --fresh to start over)`);
    return await printOutcome(spec.study, context);
  }
  // Fails here once, instead of in each worker.
  if (flags.kernel === 'native') await findKernel(context);
  const cluster = await serveCluster({
    context,
    flags,
    startsAfresh: isFresh ? spec.study : null,
    dispatch: { onlyStudy: spec.study, threadsExpected: flags.workers * threadsPerWorker(flags) },
  });
  let code: number | null;
  try {
    code = await search(spec, cluster, flags, context);
  } finally {
    await cluster.stop('the run has ended');
  }
  return code ?? (await printOutcome(spec.study, context));
}

async function printOutcome(name: string, context: Context): Promise<number> {
  await using reader = await openStoreReader(stateDirectory(context));
  const read = await studyAndTrials(reader, name);
  await writeResults({ ...read, reader }, context.flags, context);
  return outcomeCode(read.study, read.trials, await reader.attempts(name));
}

/** `ridgeline train`: training in this process, of a recipe or of a study's trial; one seed, several, an ensemble. */
import { Option, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import type { SeedResult } from '../../report/results/training-means.ts';
import {
  trainingJson,
  trainingText,
  type TrainingSummary,
} from '../../report/terminal/training-text.ts';
import type { TrainingIdentity } from '../../trainers/two-layer/checkpoint.ts';
import { assertTrainable } from '../../study/images.ts';
import type { Kernel } from '../../trainers/two-layer/kernel.ts';
import { chooseKernel, openKernel } from '../../trainers/two-layer/kernel-file.ts';
import { defaultThreads } from '../../worker/thread-pool.ts';
import { TrainingPool } from '../../worker/training-pool.ts';
import { buildEnsemble, classifierOf, type EnsembleRequest } from '../training/build-ensemble.ts';
import { checkChartPath } from '../results/chart-file.ts';
import { CheckpointFiles } from '../training/checkpoint-files.ts';
import {
  dataDirOf,
  isUnicode,
  paintFor,
  stateDirOf,
  wholeNumber,
  widthOf,
  type Context,
} from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { commandToGoOn } from '../process/resume-command.ts';
import { nativeFolders, withKernelOption, type KernelFlags } from '../training/kernel-choice.ts';
import { checkModelPath, saveModel } from '../training/model-files.ts';
import { withCommonOptions, withDataOption } from '../process/options.ts';
import { StopSignals } from '../process/stop-signals.ts';
import { identityOf, SeedsTraining } from '../training/train-seeds.ts';
import { chooseTraining, type ChoiceFlags } from '../training/training-choice.ts';
import { drawTraining } from '../training/training-chart.ts';
import { openTrainingData } from '../training/training-data.ts';
import { TrainingView } from '../training/training-view.ts';

interface TrainFlags extends ChoiceFlags, KernelFlags {
  readonly format: 'table' | 'json';
  readonly seeds?: number;
  /** Seeds of the ensemble. */
  readonly ensemble?: number;
  readonly threads?: number;
  readonly save?: string;
  readonly chart?: string;
  readonly resume?: boolean;
}

const seedsMax = 1000;

export function addTrainCommand(
  program: Command,
  context: Context,
  finish: (code: number) => void,
): void {
  withKernelOption(withDataOption(withCommonOptions(program.command('train'))))
    .argument(
      '<file>',
      'a study, or a recipe: a study without stages, with trainer.lambda; or the name of a stored study',
    )
    .summary('training without a search, with its curve')
    .description(
      'Trains in this process: a recipe, or one trial of a study. A trial gives the same digest as it did in the search. Ctrl-C keeps what was done; the same command with --resume goes on, and ends with the same digest.',
    )
    .option('--lambda <x>', 'λ, for a study; or instead of the one of a recipe')
    .option('--trial <name>', 'a trial of the stored study, such as coarse/7')
    .option('--winner', 'the winner of the stored study')
    .option(
      '--seeds <n>',
      'train n times, from this seed on, and give the means',
      wholeNumber('--seeds', 1, seedsMax),
    )
    .option(
      '--ensemble <seeds=n>',
      'train n times and average the probabilities of the networks, also over the mirrored image where trainer.mirror is true',
      ensembleSeeds,
    )
    .option(
      '--threads <n>',
      'seeds that train at the same time (default: one a core)',
      wholeNumber('--threads', 1, 1024),
    )
    .option('--save <file>', 'keep the network or the ensemble: FILE.npz or FILE.safetensors')
    .option('--chart <file>', 'draw the curves, over the learning rate: FILE.svg or FILE.png')
    .option('--resume', 'go on where the same training was stopped')
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  ridgeline train configs/quickstart.yaml --lambda 0.001\n  ridgeline train configs/figure-3.yaml --seeds 5 --chart figure-3.svg\n  ridgeline train configs/best-classifier.yaml --ensemble seeds=2 --save best.npz',
    )
    .action(async (file: string, flags: TrainFlags) => {
      finish(await train(file, flags, context));
    });
}

async function train(file: string, flags: TrainFlags, context: Context): Promise<number> {
  refuseContradictions(flags);
  const choice = await chooseTraining(file, flags, context);
  const hasTest = choice.dataset.test !== null;
  const dataDir = dataDirOf(context, flags);
  const opened = await openTrainingData(choice.dataset, choice.seed, dataDir, hasTest);
  const { data, key: datasetKey } = opened;
  assertTrainable(choice.settings, data);
  const count = flags.ensemble ?? flags.seeds ?? 1;
  const seeds = Array.from({ length: count }, (_, index) => choice.seed + index);
  const threads = Math.min(count, flags.threads ?? defaultThreads());
  using view = new TrainingView(context, flags);
  const identity = identityOf(choice, choice.seed, data, datasetKey);
  using checkpoints = new CheckpointFiles(stateDirOf(context, flags), choice.name, identity);
  checkpoints.lock();
  beginOrResume(checkpoints, identity, flags.resume === true, view);

  const kernel = await chooseKernel(flags.kernel, nativeFolders(context));
  await using pool = new TrainingPool(threads, kernel);
  const isResumed = flags.resume === true;
  const keepCycles = flags.ensemble !== undefined;
  const training = new SeedsTraining(
    { choice, seeds, data, datasetKey, threads, keepCycles, isResumed },
    { pool, checkpoints, view, nowMs: () => performance.now() },
  );
  let isTraining = true;
  using signals = new StopSignals((times) => {
    if (isTraining && times === 1) {
      view.say('stopping; Ctrl-C again does not wait for the step that is running');
      training.stop();
      return;
    }
    view.say(goOnText(context, checkpoints));
    checkpoints[Symbol.dispose]();
    process.exit(signals.exitCode ?? exitCode.interrupted);
  });
  const results = await training.run();
  isTraining = false;
  if (results === null) {
    view.say(goOnText(context, checkpoints));
    return signals.exitCode ?? exitCode.interrupted;
  }
  return await conclude(
    results,
    { ...opened, choice, datasetKey, seeds: completeSeeds(results) },
    { flags, context, checkpoints, view, kernel: openKernel(kernel) },
  );
}

function beginOrResume(
  checkpoints: CheckpointFiles,
  identity: TrainingIdentity,
  isResumed: boolean,
  view: TrainingView,
): void {
  if (isResumed && !checkpoints.exist) throw checkpoints.whyNone(identity);
  if (isResumed || !checkpoints.exist) return;
  view.say('an earlier start was stopped; this one begins anew, since --resume was not given');
  checkpoints.clear();
}

interface Surroundings {
  readonly flags: TrainFlags;
  readonly context: Context;
  readonly checkpoints: CheckpointFiles;
  readonly view: TrainingView;
  readonly kernel: Kernel;
}

/** Ensemble, file, printed result: only when all have succeeded do the checkpoints go. */
async function conclude(
  results: readonly SeedResult[],
  request: EnsembleRequest,
  { flags, context, checkpoints, view, kernel }: Surroundings,
): Promise<number> {
  const isDiverged = request.seeds.length === 0;
  const built =
    flags.ensemble === undefined || isDiverged
      ? null
      : await buildEnsemble(request, checkpoints, kernel, view);
  if (flags.save !== undefined && !isDiverged) {
    saveModel(flags.save, built?.classifier ?? lastNetwork(request, checkpoints));
    view.say(`saved ${flags.save}`);
  }
  if (flags.chart !== undefined && !isDiverged) {
    await drawTraining(flags.chart, request.choice, results);
    view.say(`${flags.chart} is written`);
  }
  checkpoints.clear();
  view.close();
  print({ seeds: results, ensemble: built?.summary ?? null, kernel: kernel.name }, flags, context);
  const unwritten = [flags.save, flags.chart].filter((path) => path !== undefined);
  if (!isDiverged || unwritten.length === 0) return exitCode.done;
  view.say(`not written, since training diverged: ${unwritten.join(', ')}`);
  return exitCode.failed;
}

function completeSeeds(results: readonly SeedResult[]): number[] {
  return results.filter(({ result }) => result.kind === 'complete').map(({ seed }) => seed);
}

/** The one network that was trained: its end is its last checkpoint. */
function lastNetwork(request: EnsembleRequest, checkpoints: CheckpointFiles) {
  const { choice, data, datasetKey } = request;
  const members = request.seeds.flatMap((seed) => {
    const state = checkpoints.newest(identityOf(choice, seed, data, datasetKey));
    return state === null ? [] : [{ seed, state }];
  });
  return classifierOf(request, false, members);
}

function goOnText({ argv }: Context, checkpoints: CheckpointFiles): string {
  return checkpoints.exist
    ? `stopped; nothing is lost. Go on with:\n  ${commandToGoOn(argv, { with: '--resume' })}`
    : 'stopped before the first step was done';
}

function print(summary: TrainingSummary, flags: TrainFlags, context: Context): void {
  const options = {
    width: widthOf(context, context.stdout),
    color: paintFor(context, flags, context.stdout),
    unicode: isUnicode(context),
  };
  context.stdout.write(
    flags.format === 'json' ? trainingJson(summary) : trainingText(summary, options),
  );
}

/** `seeds=10`. */
function ensembleSeeds(text: string): number {
  const count = /^seeds=(?<count>\d{1,4})$/.exec(text)?.groups?.['count'];
  if (count !== undefined && Number(count) >= 1 && Number(count) <= seedsMax) return Number(count);
  throw new RidgelineError(
    'USAGE',
    `--ensemble must be seeds=N with N from 1 to ${seedsMax}, got ${JSON.stringify(text)}.`,
    'Give for example --ensemble seeds=10.',
  );
}

function refuseContradictions({ seeds, ensemble, save, chart }: TrainFlags): void {
  if (save !== undefined) checkModelPath(save);
  if (chart !== undefined) checkChartPath(chart);
  if (seeds !== undefined && ensemble !== undefined) {
    throw new RidgelineError(
      'USAGE',
      '--seeds and --ensemble both say how many seeds are trained.',
      `Leave out --seeds: --ensemble seeds=${ensemble} gives each seed's result too.`,
    );
  }
  if (save !== undefined && (seeds ?? 1) > 1) {
    throw new RidgelineError(
      'USAGE',
      `--seeds ${seeds} trains networks to compare, and --save would have to choose one.`,
      `Give --ensemble seeds=${seeds} to keep them all, or leave out --seeds.`,
    );
  }
}

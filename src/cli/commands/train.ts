/** `ridgeline train`: trains a recipe or one trial of a study in this process, with one or several seeds. */
import type { Command } from 'commander';
import { withPlace } from '../../config/problem-place.ts';
import { meanCurve, type SeedResult } from '../../report/results/training-means.ts';
import {
  trainingJson,
  trainingText,
  type StoredComparison,
} from '../../report/terminal/training-text.ts';
import { formatParams } from '../../study/search-space.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { openKernel } from '../../trainers/two-layer/kernel-file.ts';
import type { Kernel } from '../../trainers/two-layer/kernel.ts';
import { twoLayerSettings } from '../../trainers/two-layer/settings.ts';
import { assertTrainable } from '../../trainers/two-layer/trainable.ts';
import { defaultThreads } from '../../worker/thread-count.ts';
import { dataDirectory, stateDirectory, type Context } from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import {
  addCommand,
  formatOption,
  lambdaOption,
  wholeNumber,
  withDataOption,
} from '../process/options.ts';
import { formatCommand } from '../process/resume-command.ts';
import { StopSignals } from '../process/stop-signals.ts';
import { printResult } from '../process/terminal.ts';
import { drawChart } from '../results/chart-file.ts';
import {
  buildClassifier,
  buildEnsemble,
  type EnsembleRequest,
} from '../training/build-ensemble.ts';
import { CheckpointFiles } from '../training/checkpoint-files.ts';
import { fitThreads } from '../training/fit-threads.ts';
import { findKernel } from '../training/kernel-choice.ts';
import { withKernelOption } from '../training/kernel-option.ts';
import { saveModel } from '../training/model-files.ts';
import {
  checkTrainFlags,
  parseEnsemble,
  seedsMax,
  type TrainFlags,
} from '../training/train-flags.ts';
import { SeedsTraining } from '../training/train-seeds.ts';
import { chooseTraining, type TrainingChoice } from '../training/training-choice.ts';
import { openTrainingData, type OpenedTrainingData } from '../training/training-data.ts';
import { TrainingView } from '../training/training-view.ts';

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'train', {
    summary: 'trains without a search and prints the learning curve',
    description:
      'Trains a recipe, or one trial of a study, in this process; a trial gives the same digest as in the search.',
    notes:
      'Ctrl-C saves checkpoints; the same command with --resume continues and ends with the same digest.',
    examples: [
      'ridgeline train configs/quickstart.yaml --lambda 0.001',
      'ridgeline train configs/figure-3.yaml --seeds 5 --chart figure-3.svg',
      'ridgeline train configs/best-classifier.yaml --ensemble seeds=2 --save best.npz',
    ],
  });
  withKernelOption(withDataOption(command))
    .argument(
      '<file>',
      'study file, recipe file (a study without stages, with trainer.lambda) or name of a stored study',
    )
    .addOption(lambdaOption('λ of the trial; for a recipe, replaces its λ'))
    .option('--trial <name>', 'trial of the stored study, such as coarse/7')
    .option('--winner', 'winner of the stored study')
    .option(
      '--test',
      'measure the test split also of a trial that is not the winner (it must not select one)',
    )
    .addOption(wholeNumber('--seeds <n>', 'number of seeds to train and average', 1, seedsMax))
    .option(
      '--ensemble <seeds=n>',
      'number of seeds whose class probabilities are averaged (with mirrored images if trainer.mirror is true)',
      parseEnsemble,
    )
    .addOption(
      wholeNumber('--threads <n>', 'number of seeds in parallel (default: cores)', 1, 1024),
    )
    .option('--save <file>', 'model file, ending with .npz or .safetensors')
    .option('--chart <file>', 'chart of the learning curves, ending with .svg, .png or .pdf')
    .option('--resume', 'continue an interrupted training')
    .addOption(formatOption())
    .action(async (file: string, flags: TrainFlags) => {
      context.finish(await withPlace(file, () => train(file, flags, context)));
    });
}

/**
 * Trains the winner of a stored study again and writes its model file; prints nothing else than progress.
 *
 * @returns the exit code
 */
export async function saveWinner(study: string, save: string, context: Context): Promise<number> {
  return await train(study, { winner: true, save }, context, () => undefined);
}

async function train(
  file: string,
  flags: TrainFlags,
  context: Context,
  print: typeof printResult = printResult,
): Promise<number> {
  checkTrainFlags(flags);
  const choice = await chooseTraining(file, flags, context);
  const dataDir = dataDirectory(context);
  const { dataset, measuresTest } = choice;
  const opened = await openTrainingData(dataset, choice.seed, dataDir, measuresTest);
  const { data, datasetKey } = opened;
  assertTrainable(twoLayerSettings(choice.settings), data);
  const count = flags.ensemble ?? flags.seeds ?? 1;
  const isResumed = flags.resume === true;
  using view = new TrainingView(context);
  if (dataset.test !== undefined && !measuresTest)
    view.say(
      'the test split is not measured, except for the winner of the study (--test measures it)',
    );
  using checkpoints = new CheckpointFiles(stateDirectory(context), choice, datasetKey);
  prepare(checkpoints, isResumed, view);
  const source = await findKernel(context);
  const wanted = Math.min(count, flags.threads ?? defaultThreads());
  const training = new SeedsTraining({
    choice,
    seeds: Array.from({ length: count }, (_, index) => choice.seed + index),
    data,
    source,
    threads: await fitThreads(wanted, source, context),
    view,
    checkpoints,
    isResumed,
    keepCycles: flags.ensemble !== undefined,
  });
  let isTraining = true;
  using signals = new StopSignals(
    (times) => {
      if (isTraining && times === 1) {
        view.say('stopping after the current step; press Ctrl-C again to quit immediately');
        training.stop();
        return;
      }
      view.say(resumeText(context, checkpoints));
      checkpoints[Symbol.dispose]();
      process.exit(signals.exitCode);
    },
    { takesWarnings: true },
  );
  const results = await training.run();
  isTraining = false;
  if (results === null) {
    view.say(resumeText(context, checkpoints));
    return signals.exitCode;
  }
  const finished = { ...opened, choice, results, checkpoints, view, kernel: openKernel(source) };
  return await finish(finished, flags, context, print);
}

/** Locks the checkpoints, and discards those of an interrupted training that is not resumed. */
function prepare(checkpoints: CheckpointFiles, isResumed: boolean, view: TrainingView): void {
  checkpoints.lock();
  if (isResumed && !checkpoints.exist) throw checkpoints.nothingToResume();
  if (isResumed || !checkpoints.exist) return;
  view.say('starting over: an interrupted training is discarded, since --resume was not given');
  checkpoints.clear();
}

interface FinishedTraining extends OpenedTrainingData {
  readonly choice: TrainingChoice;
  readonly results: readonly SeedResult[];
  readonly checkpoints: CheckpointFiles;
  readonly view: TrainingView;
  readonly kernel: Kernel;
}

/** Writes ensemble, files and results; deletes the checkpoints only when all have succeeded. */
async function finish(
  finished: FinishedTraining,
  { ensemble, save, chart }: TrainFlags,
  context: Context,
  print: typeof printResult,
): Promise<number> {
  const { choice, results, checkpoints, view, kernel } = finished;
  const complete = results.filter(({ result }) => result.kind === 'complete');
  const seeds = complete.map(({ seed }) => seed);
  const isDiverged = seeds.length === 0;
  const request = { ...finished, seeds };
  const built =
    ensemble === undefined || isDiverged
      ? null
      : await buildEnsemble(request, checkpoints, kernel, view);
  if (save !== undefined && !isDiverged) {
    saveModel(save, built?.classifier ?? finalNetwork(request, checkpoints));
    view.say(`wrote ${save}`);
  }
  if (chart !== undefined && !isDiverged) {
    await drawTraining(chart, choice, results);
    view.say(`wrote ${chart}`);
  }
  checkpoints.clear();
  view[Symbol.dispose]();
  const { metrics } = describeTrainer(choice.settings);
  const stored = compareWithStored(choice, results);
  const summary = {
    seeds: results,
    stored,
    ensemble: built?.summary ?? null,
    kernel: kernel.name,
    metrics,
  };
  print(context, summary, trainingJson, trainingText);
  const unwritten = [save, chart].filter((path) => path !== undefined);
  const isExpected = stored === null || stored.same || choice.stored?.isReproducible === false;
  if (!isDiverged || unwritten.length === 0) return isExpected ? exitCode.done : exitCode.failed;
  view.say(`not written, since training diverged: ${unwritten.join(', ')}`);
  return exitCode.failed;
}

/** Compares the network of the study's own seed. */
function compareWithStored(
  { seed, stored }: TrainingChoice,
  results: readonly SeedResult[],
): StoredComparison | null {
  const own = results.find((trained) => trained.seed === seed)?.result;
  if (stored === null || own === undefined) return null;
  const { trial, digest, changedKeys } = stored;
  return { trial, digest, changedKeys, same: own.kind === 'complete' && own.digest === digest };
}

/** Cost, loss and accuracy above the learning rate; the mean of several seeds. */
async function drawTraining(
  path: string,
  { name, params, styles, settings }: TrainingChoice,
  seeds: readonly SeedResult[],
): Promise<void> {
  const { learningCurve } = await import('../../report/charts/learning-curve.ts');
  const { hidden, learningRate } = twoLayerSettings(settings);
  const complete = seeds.filter(({ result }) => result.kind === 'complete');
  const numbers = complete.map(({ seed }) => seed);
  const which = numbers.length === 1 ? `seed ${numbers[0]}` : `mean of seeds ${numbers.join(', ')}`;
  const input = {
    title: `${name}: learning curves`,
    subtitle: `${formatParams(params, styles)}, ${hidden} hidden units, ${which}`,
    series: [{ label: name, curve: meanCurve(complete) }],
    learningRate,
  };
  await drawChart(path, (document, theme) => learningCurve(document, input, theme));
}

/** The trained network, from its last checkpoint. */
function finalNetwork(request: EnsembleRequest, checkpoints: CheckpointFiles) {
  const members = request.seeds.flatMap((seed) => {
    const state = checkpoints.newest(seed);
    return state === null ? [] : [{ seed, state }];
  });
  return buildClassifier(request, false, members);
}

function resumeText({ argv }: Context, checkpoints: CheckpointFiles): string {
  return checkpoints.exist
    ? `stopped; the progress is saved. To resume:\n  ${formatCommand(argv, { with: '--resume' })}`
    : 'stopped before the first step';
}

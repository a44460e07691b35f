/** `ridgeline lr-range-test`: accuracy against a slowly rising rate, and between which rates to cycle. */
import { Option, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { rateRangeJson, rateRangeText } from '../../report/terminal/rate-range-text.ts';
import { suggestRates } from '../../trainers/two-layer/learning-rate-range.ts';
import type { TrainerSettings } from '../../study/spec/study-spec.ts';
import { stepsOf } from '../../study/spec/training-length.ts';
import type { TrialResult } from '../../study/trial.ts';
import { assertTrainable, type TrainingData } from '../../study/images.ts';
import { chooseKernel, type KernelSource } from '../../trainers/two-layer/kernel-file.ts';
import { TrainingPool } from '../../worker/training-pool.ts';
import { checkChartPath } from '../results/chart-file.ts';
import {
  dataDirOf,
  isUnicode,
  paintFor,
  wholeNumber,
  widthOf,
  type Context,
} from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { nativeFolders, withKernelOption, type KernelFlags } from '../training/kernel-choice.ts';
import { withCommonOptions, withDataOption } from '../process/options.ts';
import { StopSignals } from '../process/stop-signals.ts';
import {
  chooseTraining,
  type ChoiceFlags,
  type TrainingChoice,
} from '../training/training-choice.ts';
import { drawRange } from '../training/training-chart.ts';
import { loadTrainingData } from '../training/training-data.ts';
import { TrainingView } from '../training/training-view.ts';

interface RangeFlags extends ChoiceFlags, KernelFlags {
  readonly format: 'table' | 'json';
  readonly min: number;
  readonly max: number;
  readonly epochs: number;
  readonly points: number;
  readonly chart?: string;
}

export function addRangeTestCommand(
  program: Command,
  context: Context,
  finish: (code: number) => void,
): void {
  withKernelOption(withDataOption(withCommonOptions(program.command('lr-range-test'))))
    .argument('<file>', 'a study or a recipe: its data, network and seed are used')
    .summary('which learning rates to cycle between')
    .description(
      'Trains once while the learning rate rises in a straight line, and measures validation accuracy on the way. Where it starts to rise is the lowest rate to use, where it falls or becomes ragged the highest (Smith 2015, arXiv 1506.01186, section 3.3).',
    )
    .option('--min <rate>', 'where the rate starts', rate('--min'), 0)
    .option('--max <rate>', 'where it ends', rate('--max'), 0.3)
    .option('--epochs <n>', 'passes over the training set', wholeNumber('--epochs', 1, 10_000), 8)
    .option('--points <n>', 'measurements on the way', wholeNumber('--points', 5, 10_000), 50)
    .option('--chart <file>', 'draw accuracy against the rate: FILE.svg or FILE.png')
    .option('--lambda <x>', 'λ; default: that of the recipe, for a study 0')
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'),
    )
    .addHelpText(
      'after',
      '\nExample:\n  ridgeline lr-range-test configs/coarse-to-fine.yaml --max 0.5 --data-dir ~/data',
    )
    .action(async (file: string, flags: RangeFlags) => {
      finish(await testRange(file, flags, context));
    });
}

async function testRange(file: string, flags: RangeFlags, context: Context): Promise<number> {
  refuseEmptyRange(flags);
  if (flags.chart !== undefined) checkChartPath(flags.chart);
  const choice = await chooseTraining(file, flags, context, 0);
  const dataset = { ...choice.dataset, test: null };
  const data = await loadTrainingData(dataset, choice.seed, dataDirOf(context, flags), false);
  const settings = risingRate(choice.settings, flags, data);
  assertTrainable(settings, data);
  const kernel = await chooseKernel(flags.kernel, nativeFolders(context));
  using view = new TrainingView(context, flags);
  const trained = await trainOnce({ ...choice, settings }, flags.epochs, data, kernel, view);
  if (trained.kind === 'stopped') {
    view.say('stopped; nothing is kept of a range test');
    return trained.code;
  }
  view.close();
  const { result } = trained;
  const { images, records } = data.validation;
  const points = result.curve.map((m) => ({
    learningRate: m.learningRate,
    accuracy: m.validationAccuracy,
  }));
  const range = {
    lambda: choice.lambda,
    epochs: flags.epochs,
    curve: result.curve,
    divergedAfter: result.kind === 'diverged' ? result.steps : null,
    suggested: suggestRates(points, images.classes, records.length),
    kernel: kernel.name,
  };
  if (flags.chart !== undefined) {
    await drawRange(flags.chart, choice.name, { points, suggested: range.suggested });
    view.say(`${flags.chart} is written`);
  }
  const options = {
    width: widthOf(context, context.stdout),
    color: paintFor(context, flags, context.stdout),
    unicode: isUnicode(context),
  };
  context.stdout.write(
    flags.format === 'json' ? rateRangeJson(range) : rateRangeText(range, options),
  );
  return exitCode.done;
}

/** Half a cycle that lasts as long as the whole training: a straight line. */
function risingRate(
  settings: TrainerSettings,
  { min, max, epochs, points }: RangeFlags,
  data: TrainingData,
): TrainerSettings {
  const length = { kind: 'epochs', epochs } as const;
  const steps = stepsOf({ ...settings, length }, data.train.records.length);
  return {
    ...settings,
    length,
    learningRate: { min, max, stepSize: steps },
    measure: { kind: 'steps', steps: Math.max(1, Math.floor(steps / points)) },
  };
}

type Trained =
  | { readonly kind: 'ended'; readonly result: TrialResult }
  | { readonly kind: 'stopped'; readonly code: number };

async function trainOnce(
  { seed, replicate, settings, lambda }: TrainingChoice,
  epochs: number,
  data: TrainingData,
  kernel: KernelSource,
  view: TrainingView,
): Promise<Trained> {
  await using pool = new TrainingPool(1, kernel);
  const training = pool.start(
    { seed, replicate, settings, lambda, resume: null, data, measureTest: false },
    (message) => {
      if (message.kind === 'measured') view.measured(seed, epochs, message.measurement);
    },
  );
  const steps = stepsOf(settings, data.train.records.length);
  const startedMs = performance.now();
  view.watch(() => [
    {
      seed,
      step: training.step(),
      steps,
      epochs,
      measured: null,
      elapsedMs: performance.now() - startedMs,
      stepsHere: training.step(),
    },
  ]);
  using signals = new StopSignals(() => training.stop());
  const result = await training.finished;
  return result === null
    ? { kind: 'stopped', code: signals.exitCode ?? exitCode.interrupted }
    : { kind: 'ended', result };
}

function rate(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= 0 && value <= 1000) return value;
    throw new RidgelineError(
      'USAGE',
      `${name} must be a number from 0 to 1000, got ${JSON.stringify(text)}.`,
      `Give for example ${name} 0.5.`,
    );
  };
}

function refuseEmptyRange({ min, max }: RangeFlags): void {
  if (min < max) return;
  throw new RidgelineError(
    'USAGE',
    `--min ${min} is not below --max ${max}, so the rate could not rise.`,
    'Give a --min below --max.',
  );
}

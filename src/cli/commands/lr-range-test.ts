/** `ridgeline lr-range-test`: measures accuracy while the learning rate rises, and suggests bounds. */
import type { Command } from 'commander';
import { rateRangeJson, rateRangeText } from '../../report/terminal/rate-range-text.ts';
import type { TrainingData } from '../../study/images.ts';
import { numberParam } from '../../study/search-space.ts';
import { suggestRates } from '../../trainers/two-layer/learning-rate-range.ts';
import { trainingSteps } from '../../trainers/two-layer/schedule.ts';
import { twoLayer } from '../../trainers/two-layer/description.ts';
import { twoLayerSettings, type TwoLayerSettings } from '../../trainers/two-layer/settings.ts';
import { assertTrainable } from '../../trainers/two-layer/trainable.ts';
import { dataDirectory, type Context } from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import {
  addCommand,
  formatOption,
  lambdaOption,
  numeric,
  usageError,
  wholeNumber,
  withDataOption,
} from '../process/options.ts';
import { StopSignals } from '../process/stop-signals.ts';
import { printResult } from '../process/terminal.ts';
import { checkChartPath, drawChart } from '../results/chart-file.ts';
import { findKernel } from '../training/kernel-choice.ts';
import { withKernelOption } from '../training/kernel-option.ts';
import { SeedsTraining } from '../training/train-seeds.ts';
import { chooseTraining, type ChoiceFlags } from '../training/training-choice.ts';
import { openTrainingData } from '../training/training-data.ts';
import { TrainingView } from '../training/training-view.ts';

interface RangeFlags extends ChoiceFlags {
  readonly min: number;
  readonly max: number;
  readonly epochs: number;
  readonly points: number;
  readonly chart?: string;
}

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'lr-range-test', {
    summary: 'finds the range of useful learning rates',
    description:
      'Trains once while the learning rate rises linearly, and measures validation accuracy.',
    notes:
      'The rate at which accuracy starts to rise is the lowest to use, the rate at which it falls or becomes ragged the highest (Smith 2015, arXiv 1506.01186, section 3.3).',
    examples: ['ridgeline lr-range-test configs/coarse-to-fine.yaml --max 0.5 --data-dir ~/data'],
  });
  withKernelOption(withDataOption(command))
    .argument('<file>', 'study or recipe file, for its data, network and seed')
    .addOption(rateOption('--min <rate>', 'first learning rate', 0))
    .addOption(rateOption('--max <rate>', 'last learning rate', 0.3))
    .addOption(wholeNumber('--epochs <n>', 'passes over the training set', 1, 10_000, 8))
    .addOption(wholeNumber('--points <n>', 'number of measurements', 5, 10_000, 50))
    .option('--chart <file>', 'chart of accuracy by learning rate, ending with .svg, .png or .pdf')
    .addOption(lambdaOption('λ (default: that of the recipe; 0 for a study)'))
    .addOption(formatOption())
    .action(async (file: string, flags: RangeFlags) => {
      context.finish(await testRange(file, flags, context));
    });
}

function rateOption(flags: string, description: string, defaultValue: number) {
  const isValid = (value: number): boolean => value >= 0 && value <= 1000;
  return numeric(flags, description, isValid, 'a number from 0 to 1000', 0.5, defaultValue);
}

async function testRange(file: string, flags: RangeFlags, context: Context): Promise<number> {
  const { min, max, epochs } = flags;
  if (min >= max)
    throw usageError(
      `--min (${min}) must be smaller than --max (${max}).`,
      'Give a smaller --min or a larger --max.',
    );
  if (flags.chart !== undefined) checkChartPath(flags.chart);
  const choice = await chooseTraining(file, flags, context, { lambda: 0 });
  const { test: _test, ...dataset } = choice.dataset;
  const dataDir = dataDirectory(context);
  const { data } = await openTrainingData(dataset, choice.seed, dataDir, false);
  const settings = risingRate(twoLayerSettings(choice.settings), flags, data);
  assertTrainable(settings, data);
  const source = await findKernel(context);
  using view = new TrainingView(context);
  const training = new SeedsTraining({
    choice: { ...choice, settings },
    seeds: [choice.seed],
    data,
    source,
    threads: 1,
    view,
  });
  using signals = new StopSignals(() => training.stop());
  const [trained] = (await training.run()) ?? [];
  if (trained === undefined) {
    view.say('stopped; a range test saves no progress');
    return signals.exitCode;
  }
  view[Symbol.dispose]();
  const { result } = trained;
  const { images, records } = data.validation;
  const points = result.curve.map(({ metrics }) => ({
    learningRate: metrics['learning_rate'] ?? NaN,
    accuracy: metrics['validation_accuracy'] ?? NaN,
  }));
  const range = {
    lambda: numberParam(choice.params, 'lambda'),
    metrics: twoLayer.metrics,
    epochs,
    curve: result.curve,
    divergedAfter: result.kind === 'diverged' ? result.steps : null,
    suggested: suggestRates(points, images.classes, records.length),
    kernel: source.name,
  };
  if (flags.chart !== undefined) {
    const { learningRateRange } = await import('../../report/charts/learning-rate-range.ts');
    const title = `${choice.name}: accuracy against a rising learning rate`;
    const input = { title, points, suggested: range.suggested };
    await drawChart(flags.chart, (document, theme) => learningRateRange(document, input, theme));
    view.say(`wrote ${flags.chart}`);
  }
  printResult(context, range, rateRangeJson, rateRangeText);
  return exitCode.done;
}

/** Half a cycle that is as long as the training: a straight line. */
function risingRate(
  { cycles: _cycles, ...rest }: TwoLayerSettings,
  { min, max, epochs, points }: RangeFlags,
  data: TrainingData,
): TwoLayerSettings {
  const settings = { ...rest, epochs };
  const steps = trainingSteps(settings, data.train.records.length);
  return {
    ...settings,
    learningRate: { min, max, stepSize: steps, cycleMultiplier: 1 },
    measure: { steps: Math.max(1, Math.floor(steps / points)) },
  };
}

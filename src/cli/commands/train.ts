/** `ridgeline train`: one training run in this process, of a recipe or of a study's trial. */
import { Option, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { studyUnknown } from '../../coordinator/study-errors.ts';
import { trainingJson, trainingText } from '../../report/training-text.ts';
import { openStoreReader } from '../../store/open-store.ts';
import type { DatasetSpec, StudySpec, TrainerSettings } from '../../study/study-spec.ts';
import { parseTrialName } from '../../study/trial.ts';
import { trainPack } from '../../trainer/train-pack.ts';
import {
  dataDirOf,
  isUnicode,
  paintFor,
  stateDirOf,
  widthOf,
  type CommonFlags,
  type Context,
} from '../context.ts';
import { kernelFor, withKernelOption, type KernelFlags } from '../kernel-choice.ts';
import { withCommonOptions, withDataOption } from '../options.ts';
import { studyOrRecipe } from '../stored-study.ts';
import { loadTrainingData } from '../training-data.ts';

interface TrainFlags extends CommonFlags, KernelFlags {
  readonly lambda?: string;
  readonly trial?: string;
  readonly winner?: boolean;
  readonly format?: 'table' | 'json';
}

interface TrainingRun {
  readonly seed: number;
  readonly replicate: number;
  readonly dataset: DatasetSpec;
  readonly settings: TrainerSettings;
  readonly lambda: number;
}

export function addTrainCommand(program: Command, context: Context): void {
  withKernelOption(withDataOption(withCommonOptions(program.command('train'))))
    .argument(
      '<file>',
      'a study, or a recipe: a study without stages, with trainer.lambda; or the name of a stored study',
    )
    .summary('one training run with its curve')
    .description(
      'Trains once, in this process: a recipe, or one trial of a study. A trial gives the same digest as it did in the search.',
    )
    .option('--lambda <x>', 'λ, for a study')
    .option('--trial <name>', 'a trial of the stored study, such as coarse/7')
    .option('--winner', 'the winner of the stored study')
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  ridgeline train configs/quickstart.yaml --lambda 0.001\n  ridgeline train configs/quickstart.yaml --winner --format json',
    )
    .action(async (file: string, flags: TrainFlags) => {
      const run = await trainingRun(file, flags, context);
      const measureTest = run.dataset.test !== null;
      const data = await loadTrainingData(
        run.dataset,
        run.seed,
        dataDirOf(context, flags),
        measureTest,
      );
      const kernel = await kernelFor(context, flags.kernel);
      const [result] = trainPack(
        kernel,
        {
          seed: run.seed,
          replicate: run.replicate,
          settings: run.settings,
          lambdas: [run.lambda],
          measureTest,
        },
        data,
        { nowMs: () => performance.now() },
      );
      if (result === undefined) throw new Error('a pack of one has one result');
      const options = {
        width: widthOf(context, context.stdout),
        color: paintFor(context, flags, context.stdout),
        unicode: isUnicode(context),
      };
      context.stdout.write(
        flags.format === 'json' ? trainingJson(result, kernel.name) : trainingText(result, options),
      );
    });
}

async function trainingRun(
  file: string,
  flags: TrainFlags,
  context: Context,
): Promise<TrainingRun> {
  const loaded = await studyOrRecipe(file, context, flags);
  const { seed, dataset, trainer: settings } = loaded.spec;
  if (loaded.kind === 'recipe')
    return { seed, replicate: 1, dataset, settings, lambda: lambdaOf(flags) ?? loaded.spec.lambda };
  const given = lambdaOf(flags);
  if (given !== null) return { seed, replicate: 1, dataset, settings, lambda: given };
  const { lambda, replicate } = storedTrial(loaded.spec, flags, context);
  return { seed, replicate, dataset, settings, lambda };
}

function lambdaOf(flags: TrainFlags): number | null {
  if (flags.lambda === undefined) return null;
  const lambda = Number(flags.lambda);
  if (Number.isFinite(lambda) && lambda >= 0 && flags.lambda.trim() !== '') return lambda;
  throw new RidgelineError(
    'USAGE',
    `--lambda must be a number of at least 0, got ${JSON.stringify(flags.lambda)}.`,
    'Give a value such as --lambda 1e-3.',
  );
}

function storedTrial(
  spec: StudySpec,
  flags: TrainFlags,
  context: Context,
): { lambda: number; replicate: number } {
  if (flags.trial === undefined && flags.winner !== true) {
    throw new RidgelineError(
      'USAGE',
      'A study has many λ, and none was named.',
      'Give --lambda X, --trial coarse/7 or --winner.',
    );
  }
  using reader = openStoreReader(stateDirOf(context, flags));
  const record = reader.study(spec.study);
  if (record === null)
    throw studyUnknown(
      spec.study,
      reader.studies().map((known) => known.spec.study),
    );
  const id =
    flags.trial === undefined ? (record.winner?.trial ?? null) : parseTrialName(flags.trial);
  const trial = id === null ? null : reader.trial(spec.study, id);
  if (trial !== null) return { lambda: trial.lambda, replicate: trial.id.replicate };
  throw new RidgelineError(
    'TRIAL_UNKNOWN',
    flags.trial === undefined
      ? `Study ${spec.study} has no winner yet.`
      : `Study ${spec.study} has no trial ${JSON.stringify(flags.trial)}.`,
    `\`ridgeline results ${spec.study} --all\` lists its trials.`,
  );
}

/** What is to be trained: a recipe, or one λ of a study; for the commands that train by themselves. */
import { RidgelineError } from '../../base/errors.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import type { DatasetSpec, StudySpec, TrainerSettings } from '../../study/spec/study-spec.ts';
import { trialName } from '../../study/trial.ts';
import { stateDirOf, type CommonFlags, type Context } from '../process/context.ts';
import { storedStudy, storedTrial as trialOf, studyOrRecipe } from '../results/stored-study.ts';

export interface ChoiceFlags extends CommonFlags {
  readonly lambda?: string;
  readonly trial?: string;
  readonly winner?: boolean;
}

export interface TrainingChoice {
  /** Of the recipe or study. */
  readonly name: string;
  readonly seed: number;
  readonly replicate: number;
  readonly dataset: DatasetSpec;
  readonly settings: TrainerSettings;
  readonly lambda: number;
}

/** @param fallback λ for a study where none is named; null: that is an error */
export async function chooseTraining(
  file: string,
  flags: ChoiceFlags,
  context: Context,
  fallback: number | null = null,
): Promise<TrainingChoice> {
  refuseSeveral(flags);
  const { kind, spec } = await studyOrRecipe(file, context, flags);
  const { seed, dataset, trainer: settings } = spec;
  const given = lambdaOf(flags);
  if (kind === 'recipe') {
    refuseTrialOf(file, flags);
    const { name, lambda } = spec;
    return { name, seed, replicate: 1, dataset, settings, lambda: given ?? lambda };
  }
  const isNamed = flags.trial !== undefined || flags.winner === true;
  const lambda = given ?? (isNamed ? null : fallback);
  const trial = lambda === null ? storedTrial(spec, flags, context) : { lambda, replicate: 1 };
  return { name: spec.study, seed, dataset, settings, ...trial };
}

function lambdaOf(flags: ChoiceFlags): number | null {
  if (flags.lambda === undefined) return null;
  const lambda = Number(flags.lambda);
  if (Number.isFinite(lambda) && lambda >= 0 && flags.lambda.trim() !== '') return lambda;
  throw new RidgelineError(
    'USAGE',
    `--lambda must be a number of at least 0, got ${JSON.stringify(flags.lambda)}.`,
    'Give a value such as --lambda 1e-3.',
  );
}

function refuseSeveral({ lambda, trial, winner }: ChoiceFlags): void {
  if ([lambda, trial, winner].filter((flag) => flag !== undefined).length < 2) return;
  throw new RidgelineError(
    'USAGE',
    '--lambda, --trial and --winner each say which λ is trained; more than one was given.',
    'Give one of them.',
  );
}

function refuseTrialOf(file: string, flags: ChoiceFlags): void {
  if (flags.trial === undefined && flags.winner !== true) return;
  throw new RidgelineError(
    'USAGE',
    `${file} is a recipe, which has no trials and no winner.`,
    'Leave out --trial and --winner, or give the file of a study.',
  );
}

function storedTrial(
  spec: StudySpec,
  flags: ChoiceFlags,
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
  const { winner } = storedStudy(reader, spec.study);
  const name = flags.trial ?? (winner === null ? null : trialName(winner.trial));
  if (name !== null) {
    const { trial } = trialOf(reader, spec.study, name);
    return { lambda: trial.lambda, replicate: trial.id.replicate };
  }
  throw new RidgelineError(
    'TRIAL_UNKNOWN',
    `Study ${spec.study} has no winner yet.`,
    `\`ridgeline results ${spec.study} --all\` lists its trials.`,
  );
}

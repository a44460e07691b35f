/** Training choice: the recipe, or the trial of a study, that a command trains without a cluster. */
import { RidgelineError } from '../../base/errors.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import type { Params } from '../../study/search-space.ts';
import type { DatasetSpec } from '../../study/spec/study-spec.ts';
import type { TrainerSettings } from '../../study/trainer-description.ts';
import { trialSettings } from '../../study/trial-settings.ts';
import { trialName } from '../../study/trial.ts';
import { stateDirectory, type Context } from '../process/context.ts';
import { usageError } from '../process/options.ts';
import { storedStudy, storedTrial, studyOrRecipe } from '../results/stored-study.ts';
import { noteRounded } from './rounded-value.ts';

export interface ChoiceFlags {
  readonly lambda?: number;
  readonly trial?: string;
  readonly winner?: boolean;
}

export interface TrainingChoice {
  /** Name of the recipe or study. */
  readonly name: string;
  readonly seed: number;
  readonly replicate: number;
  readonly dataset: DatasetSpec;
  /** Of the trial: with its hyperparameters. */
  readonly settings: TrainerSettings;
  readonly params: Params;
}

type Chosen = Pick<TrainingChoice, 'params' | 'replicate'>;

/** @param fallback parameters for a study if the flags name none; null: missing parameters are an error */
export async function chooseTraining(
  file: string,
  flags: ChoiceFlags,
  context: Context,
  fallback: Params | null = null,
): Promise<TrainingChoice> {
  checkFlags(flags);
  const { kind, spec } = await studyOrRecipe(file, context);
  const { study: name, seed, dataset, trainer } = spec;
  const chosen = ({ params, replicate }: Chosen): TrainingChoice => {
    const settings = trialSettings(trainer, params);
    return { name, seed, dataset, settings, params, replicate };
  };
  const isTrial = flags.trial !== undefined || flags.winner === true;
  const given = flags.lambda === undefined ? null : { lambda: flags.lambda };
  if (kind === 'recipe') {
    if (isTrial)
      throw usageError(
        `${file} is a recipe, which has no trials and no winner.`,
        'Leave out --trial and --winner, or give a study file.',
      );
    return chosen({ params: { ...spec.params, ...given }, replicate: 1 });
  }
  if (given !== null) await noteRounded(spec, given.lambda, context);
  const params = given ?? (isTrial ? null : fallback);
  if (params !== null) return chosen({ params, replicate: 1 });
  return chosen(await findTrial(name, flags, context));
}

function checkFlags({ lambda, trial, winner }: ChoiceFlags): void {
  if ([lambda, trial, winner].filter((flag) => flag !== undefined).length < 2) return;
  throw usageError(
    '--lambda, --trial and --winner cannot be combined: each of them selects what is trained.',
    'Give one of them.',
  );
}

async function findTrial(study: string, flags: ChoiceFlags, context: Context): Promise<Chosen> {
  if (flags.trial === undefined && flags.winner !== true)
    throw usageError(
      `${study} is a study with many trials, and none was selected.`,
      'Give --lambda X, --trial coarse/7 or --winner.',
    );
  await using reader = await openStoreReader(stateDirectory(context));
  const { winner } = await storedStudy(reader, study);
  const name = flags.trial ?? (winner && trialName(winner.trial));
  if (name === null)
    throw new RidgelineError(
      'TRIAL_UNKNOWN',
      `Study ${study} has no winner yet.`,
      `\`ridgeline results ${study} --all\` lists its trials.`,
    );
  const { trial } = await storedTrial(reader, study, name);
  return { params: trial.params, replicate: trial.id.replicate };
}

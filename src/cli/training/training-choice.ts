/** Training choice: the recipe, or the trial of a study, that a command trains without a cluster. */
import { RidgelineError } from '../../base/errors.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import { numberStyles, type NumberStyles, type Params } from '../../study/search-space.ts';
import { compareSpecs } from '../../study/spec/compare-specs.ts';
import type { DatasetSpec, StudySpec } from '../../study/spec/study-spec.ts';
import {
  isTrainedHere,
  trainerName,
  type TrainerSettings,
} from '../../study/trainer-description.ts';
import { trialSettings } from '../../study/trial-settings.ts';
import { trialName, type TrialId } from '../../study/trial.ts';
import { stateDirectory, type Context } from '../process/context.ts';
import { usageError } from '../process/options.ts';
import { storedStudy, storedTrial, studyOrRecipe } from '../results/stored-study.ts';
import { noteRounded } from './rounded-value.ts';

export interface ChoiceFlags {
  readonly lambda?: number;
  readonly trial?: string;
  readonly winner?: boolean;
  readonly test?: boolean;
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
  /** How numbers of `params` are written. */
  readonly styles: NumberStyles;
  /** Whether the test split is measured: for recipes and the winner of a study, else only on demand. */
  readonly measuresTest: boolean;
  /** The same training in the store; null for a recipe, a given λ, and a trial without a result. */
  readonly stored: StoredTraining | null;
}

interface StoredTraining {
  readonly trial: string;
  readonly digest: string;
  /** Whether each machine must give this digest. */
  readonly isReproducible: boolean;
  /** Keys in which the study file differs from the stored study. */
  readonly changedKeys: readonly string[];
}

type Chosen = Pick<TrainingChoice, 'params' | 'measuresTest'> &
  Partial<Pick<TrainingChoice, 'replicate' | 'stored'>>;

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
  if (dataset === undefined || !isTrainedHere(trainer)) throw notTrainedHere(name, trainer);
  const hasTest = dataset.test !== undefined;
  if (flags.test === true && !hasTest)
    throw usageError(
      `${file} has no test split: it has no dataset.test.`,
      'Leave out --test, or add dataset.test to the file.',
    );
  const chosen = ({ params, replicate = 1, measuresTest, stored = null }: Chosen) => {
    const settings = trialSettings(trainer, params);
    const styles = kind === 'recipe' ? {} : numberStyles(spec.stages);
    return { name, seed, dataset, settings, params, styles, replicate, measuresTest, stored };
  };
  const isTrial = flags.trial !== undefined || flags.winner === true;
  const given = flags.lambda === undefined ? null : { lambda: flags.lambda };
  if (kind === 'recipe') {
    if (isTrial)
      throw usageError(
        `${file} is a recipe, which has no trials and no winner.`,
        'Leave out --trial and --winner, or give a study file.',
      );
    return chosen({ params: { ...spec.params, ...given }, measuresTest: hasTest });
  }
  if (given !== null) await noteRounded(spec, given.lambda, context);
  const params = given ?? (isTrial ? null : fallback);
  const onDemand = hasTest && (flags.test === true || spec.test === 'all');
  if (params !== null) return chosen({ params, measuresTest: onDemand });
  const { isWinner, ...trial } = await findTrial(spec, flags, context);
  return chosen({ ...trial, measuresTest: onDemand || (hasTest && isWinner) });
}

/** An error of commands that train in their own process. */
function notTrainedHere(study: string, settings: TrainerSettings): RidgelineError {
  return usageError(
    `${study} has the trainer ${trainerName(settings)}, and this command trains the two-layer network only.`,
    'Train it with `ridgeline run`; `ridgeline check-trainer` trains one trial.',
  );
}

function checkFlags({ lambda, trial, winner }: ChoiceFlags): void {
  if ([lambda, trial, winner].filter((flag) => flag !== undefined).length < 2) return;
  throw usageError(
    '--lambda, --trial and --winner cannot be combined: each of them selects what is trained.',
    'Give one of them.',
  );
}

async function findTrial(spec: StudySpec, flags: ChoiceFlags, context: Context) {
  const study = spec.study;
  if (flags.trial === undefined && flags.winner !== true)
    throw usageError(
      `${study} is a study with many trials, and none was selected.`,
      'Give --lambda X, --trial coarse/7 or --winner.',
    );
  await using reader = await openStoreReader(stateDirectory(context));
  const { winner, spec: storedSpec } = await storedStudy(reader, study);
  const name = flags.trial ?? (winner && trialName(winner.trial));
  if (name === null)
    throw new RidgelineError(
      'TRIAL_UNKNOWN',
      `Study ${study} has no winner yet.`,
      `Finish the search, or give --trial NAME; \`ridgeline results ${study} --top 5\` lists the best so far.`,
    );
  const { id, trial } = await storedTrial(reader, study, name);
  const comparison = compareSpecs(storedSpec, spec);
  const differences = comparison.kind === 'different' ? comparison.differences : [];
  const isReproducible = storedSpec.reproducible;
  const changedKeys = differences.map(({ key }) => key);
  const digest = trial.result?.kind === 'complete' ? trial.result.digest : null;
  return {
    params: trial.params,
    replicate: id.replicate,
    isWinner: winner !== null && isSameConfiguration(winner.trial, id),
    stored: digest === null ? null : { trial: trialName(id), digest, isReproducible, changedKeys },
  };
}

function isSameConfiguration(a: TrialId, b: TrialId): boolean {
  return a.stage === b.stage && a.index === b.index;
}

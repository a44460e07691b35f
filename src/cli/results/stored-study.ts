/** Stored studies: reads a study or a trial that the command line names. */
import { existsSync } from 'node:fs';
import { didYouMean } from '../../base/did-you-mean.ts';
import { RidgelineError } from '../../base/errors.ts';
import { studyOrRecipeFromFile } from '../process/study-files.ts';
import { studyUnknown } from '../../coordinator/shell/study-errors.ts';
import { storedRanks } from '../../search/ranking/ranking.ts';
import type { StoreReader, StoreReads } from '../../store/store.ts';
import { openStore, openStoreReader } from '../../store/sqlite/open-store.ts';
import { compareSpecs, isFinished } from '../../study/spec/compare-specs.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { type TrainerDescription } from '../../study/trainer-description.ts';
import {
  parseTrialName,
  trialName,
  type StudyStatus,
  type TrialId,
  type TrialRecord,
} from '../../study/trial.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { ownerText, stateDirectory, type Context } from '../process/context.ts';

export interface StudyAndTrials {
  readonly study: StudyRecord;
  readonly trainer: TrainerDescription;
  /** All trials with their validation bits. */
  readonly trials: readonly TrialRecord[];
}

/** @throws RidgelineError STUDY_UNKNOWN */
export async function storedStudy(reads: StoreReads, name: string): Promise<StudyRecord> {
  const study = await reads.study(name);
  if (study !== null) return study;
  const known = await reads.studies();
  throw studyUnknown(
    name,
    known.map(({ spec }) => spec.study),
  );
}

/** @throws RidgelineError STUDY_UNKNOWN */
export async function studyAndTrials(
  reads: StoreReads,
  name: string,
  { curves = false } = {},
): Promise<StudyAndTrials> {
  const study = await storedStudy(reads, name);
  const trials = await reads.trials(name, { curves, correctness: true });
  return { study, trials, trainer: describeTrainer(study.spec.trainer) };
}

/** One trial with its curve and its validation bits. @throws RidgelineError TRIAL_UNKNOWN */
export async function storedTrial(
  reads: StoreReads,
  study: string,
  name: string,
): Promise<{ id: TrialId; trial: TrialRecord }> {
  const id = parseTrialName(name);
  const trial = id === null ? null : await reads.trial(study, id);
  if (id !== null && trial !== null) return { id, trial };
  const known: string[] = [];
  for await (const trials of reads.trialBatches(study))
    known.push(...trials.map((one) => trialName(one.id)));
  throw new RidgelineError(
    'TRIAL_UNKNOWN',
    `Study ${study} has no trial ${JSON.stringify(name)}.${didYouMean(name, known)}`,
    `\`ridgeline results ${study} --all\` lists its trials.`,
  );
}

/**
 * A study or recipe file; or, if there is no such file, the stored study of that name: a trial can be
 * trained again without its study file.
 */
export async function studyOrRecipe(
  fileOrName: string,
  context: Context,
): ReturnType<typeof studyOrRecipeFromFile> {
  if (!existsSync(fileOrName)) {
    await using reader = await openStoreReader(stateDirectory(context));
    const record = await reader.study(fileOrName);
    if (record !== null) return { kind: 'study', spec: record.spec };
  }
  return await studyOrRecipeFromFile(fileOrName);
}

/**
 * Checks that a study file exists where a command needs one and the name of a stored study is not enough.
 *
 * @throws RidgelineError STUDY_INVALID if there is no such file but a stored study of this name
 */
export async function requireStudyFile(file: string, context: Context): Promise<void> {
  if (existsSync(file)) return;
  await using reader = await openStoreReader(stateDirectory(context));
  if ((await reader.study(file)) === null) return;
  throw new RidgelineError(
    'STUDY_INVALID',
    `There is no file ${file}; it is the name of a stored study.`,
    `Give the study's YAML file to run or resume it. \`ridgeline results ${file}\` prints its results.`,
  );
}

/** The final status of exactly this study; null if it is not stored or has work left. */
export async function storedEnd(spec: StudySpec, context: Context): Promise<StudyStatus | null> {
  await using reader = await openUpgraded(context);
  const stored = await reader.study(spec.study);
  if (stored === null) return null;
  return isFinished(stored, compareSpecs(stored.spec, spec)) ? stored.status : null;
}

/** Upgrades a store of an older version first, which only a writer can do. */
async function openUpgraded(context: Context): Promise<StoreReader> {
  const stateDir = stateDirectory(context);
  try {
    return await openStoreReader(stateDir);
  } catch (error) {
    if (!(error instanceof RidgelineError) || error.code !== 'VERSION_MISMATCH') throw error;
    const owner = ownerText(context);
    await (await openStore(stateDir, { owner, rank: storedRanks })).close();
    return await openStoreReader(stateDir);
  }
}

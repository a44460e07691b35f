/** A study that the store knows, named on the command line. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { RidgelineError } from '../../base/errors.ts';
import { loadStudyOrRecipe } from '../../config/load-study.ts';
import { studyUnknown } from '../../coordinator/shell/study-errors.ts';
import { openStore, openStoreReader } from '../../store/sqlite/open-store.ts';
import type { StoreReader } from '../../store/sqlite/read.ts';
import { compareSpecs } from '../../study/spec/canonical-spec.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import {
  isOver,
  parseTrialName,
  type StudyStatus,
  type TrialId,
  type TrialRecord,
} from '../../study/trial.ts';
import { stateDirOf, type CommonFlags, type Context } from '../process/context.ts';
import { shellWord } from '../process/resume-command.ts';

/** @throws RidgelineError STUDY_UNKNOWN with the names there are */
export function storedStudy(reader: StoreReader, study: string): StudyRecord {
  const record = reader.study(study);
  if (record !== null) return record;
  throw studyUnknown(
    study,
    reader.studies().map((known) => known.spec.study),
  );
}

/** One trial with its curve and its bits. @throws RidgelineError TRIAL_UNKNOWN */
export function storedTrial(
  reader: StoreReader,
  study: string,
  name: string,
): { id: TrialId; trial: TrialRecord } {
  const id = parseTrialName(name);
  const trial = id === null ? null : reader.trial(study, id);
  if (id !== null && trial !== null) return { id, trial };
  throw new RidgelineError(
    'TRIAL_UNKNOWN',
    `Study ${study} has no trial ${JSON.stringify(name)}.`,
    `\`ridgeline results ${study} --all\` lists them.`,
  );
}

/**
 * A study or recipe file; or, where there is no such file, the stored study of that name. So a trial can be
 * trained again without the file that it came from.
 */
export async function studyOrRecipe(
  fileOrName: string,
  context: Context,
  flags: CommonFlags,
): ReturnType<typeof loadStudyOrRecipe> {
  if (!existsSync(fileOrName)) {
    using reader = openStoreReader(stateDirOf(context, flags));
    const record = reader.study(fileOrName);
    if (record !== null) return { kind: 'study', spec: record.spec };
  }
  return loadStudyOrRecipe(fileOrName);
}

/** The options that name these directories, as a shell reads them; empty for the default ones. */
export function directoryOptions({ state, dataDir }: CommonFlags): string {
  const option = (name: string, value: string | undefined): string =>
    value === undefined ? '' : ` ${name} ${shellWord(value)}`;
  return option('--state', state) + option('--data-dir', dataDir);
}

/** How exactly this study has ended; null where there is something left to do for it. */
export function storedEnd(stateDir: string, spec: StudySpec): StudyStatus | null {
  using reader = openUpToDate(stateDir);
  const stored = reader.study(spec.study);
  if (stored === null || !isOver(stored.status)) return null;
  return compareSpecs(stored.spec, spec).kind === 'same' ? stored.status : null;
}

/** A store of an older release is brought up to date first, which only who may write can do. */
function openUpToDate(stateDir: string): StoreReader {
  try {
    return openStoreReader(stateDir);
  } catch (error) {
    if (!(error instanceof RidgelineError) || error.code !== 'VERSION_MISMATCH') throw error;
    openStore(stateDir, { owner: `pid ${process.pid} on ${hostname()}` }).close();
    return openStoreReader(stateDir);
  }
}

/** Study errors: the errors of requests about a study, one function per error. */
import { didYouMean } from '../../base/did-you-mean.ts';
import { RidgelineError } from '../../base/errors.ts';
import type { StoreReads } from '../../store/store.ts';
import type { SpecDifference } from '../../study/spec/compare-specs.ts';
import type { StudyRecord } from '../../study/study-record.ts';

export function studyUnknown(study: string, known: readonly string[]): RidgelineError {
  return new RidgelineError(
    'STUDY_UNKNOWN',
    `There is no study ${JSON.stringify(study)}${known.length > 0 ? `; known studies: ${known.join(', ')}` : ': no study is stored'}.${didYouMean(study, known)}`,
    /\.ya?ml$/i.test(study)
      ? 'Give the name that is in the file after `study:`, not the path of the file.'
      : 'Check the name and --state; `ridgeline status` lists the studies.',
  );
}

/** @throws RidgelineError STUDY_UNKNOWN */
export async function storedStudy(
  store: Pick<StoreReads, 'study' | 'studies'>,
  study: string,
): Promise<StudyRecord> {
  const stored = await store.study(study);
  if (stored !== null) return stored;
  const known = (await store.studies()).map(({ spec }) => spec.study);
  throw studyUnknown(study, known);
}

export function studyOver(study: string, status: string): RidgelineError {
  const fresh =
    'start it again with `ridgeline submit STUDY.yaml --fresh` (`ridgeline run STUDY.yaml --fresh` if no coordinator runs)';
  const extend =
    'Submit its file with more trials in the last stage, or with more stages, to extend it';
  const resume = `Take it up again with \`ridgeline resume ${study}\``;
  return new RidgelineError(
    'STUDY_FAILED',
    `Study ${study} is ${status}, so it cannot be paused, resumed or cancelled.`,
    `${status === 'complete' ? extend : resume}, or ${fresh}.`,
  );
}

export function studyNotOpen(study: string): RidgelineError {
  return new RidgelineError(
    'STUDY_FAILED',
    `Study ${study} is stored, but this coordinator does not work on it: the study's data could not be read, or the coordinator works on another study only.`,
    'Run `ridgeline coordinator`, which works on all studies; `ridgeline submit` resumes this one once its data is available.',
  );
}

export function studyDiffers(
  study: string,
  differences: readonly SpecDifference[],
): RidgelineError {
  return new RidgelineError(
    'STUDY_DIFFERS',
    `The stored study ${study} differs from the file: ${differences.map(differenceText).join('; ')}.`,
    'Give it another name (study: …), undo the change, or delete the stored one with --fresh. Only more trials in the last stage, or more stages, extend a study.',
  );
}

/** `fine: trials 34 stored, 30 in the file`. */
export function differenceText({ key, stored, given }: SpecDifference): string {
  const [, stage, inStage] = /^stages\.([^.]+)\.(.+)$/.exec(key) ?? [];
  const name = inStage === undefined ? key.replace(/^stages\./, 'stage ') : `${stage}: ${inStage}`;
  return `${name} ${valueText(stored)} stored, ${valueText(given)} in the file`;
}

const valueCharactersMax = 60;

function valueText(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= valueCharactersMax) return text;
  return Array.isArray(value) ? `a list of ${value.length}` : 'another value';
}

export function storeUnwritable(problem: string): RidgelineError {
  return new RidgelineError(
    'STATE_UNWRITABLE',
    `The coordinator cannot store anything at the moment: ${problem}`,
    'Free space on its disk, or wait until it works again; then repeat the command.',
  );
}

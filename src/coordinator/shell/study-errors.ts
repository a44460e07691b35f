/** What can be wrong with a request about a study: one builder for each error. */
import { RidgelineError } from '../../base/errors.ts';

export function studyUnknown(study: string, known: readonly string[]): RidgelineError {
  return new RidgelineError(
    'STUDY_UNKNOWN',
    `There is no study ${JSON.stringify(study)} here${known.length > 0 ? `; there are: ${known.join(', ')}` : ', nor any other'}.`,
    /\.ya?ml$/i.test(study)
      ? 'Give the name that stands in the file after `study:`, not the path of the file.'
      : 'Check the name and --state; `ridgeline status` lists the studies.',
  );
}

export function studyOver(study: string, status: string): RidgelineError {
  return new RidgelineError(
    'STUDY_FAILED',
    `Study ${study} is ${status}, so it cannot be changed any more.`,
    `${
      status === 'complete'
        ? 'Submit its file with more trials in the last stage, or with more stages, to extend it'
        : 'Give the study another name'
    }, or start it anew with \`ridgeline submit STUDY.yaml --fresh\` (\`ridgeline run STUDY.yaml --fresh\` where no coordinator runs).`,
  );
}

export function studyRests(study: string): RidgelineError {
  return new RidgelineError(
    'STUDY_FAILED',
    `Study ${study} is stored, but not worked on here: its data could not be read, or another study is run alone.`,
    'A `ridgeline coordinator` works on all; `ridgeline submit` goes on with it when its data is there.',
  );
}

export function studyDiffers(study: string, fields: readonly string[]): RidgelineError {
  return new RidgelineError(
    'STUDY_DIFFERS',
    `Another study is stored under the name ${study}; they differ in ${fields.join(', ')}.`,
    'Give it another name (study: …), undo the change, or throw the stored one away with --fresh. Only more trials in the last stage, or more stages, extend a study.',
  );
}

export function storeUnwritable(problem: string): RidgelineError {
  return new RidgelineError(
    'STATE_UNWRITABLE',
    `The coordinator cannot store anything at the moment: ${problem}`,
    'Make room on its disk, or wait until it runs again; then repeat the command.',
  );
}

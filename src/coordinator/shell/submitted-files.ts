/** Submitted files: the files that the trainer of a new study needs, checked when the study is submitted. */
import { sha256 } from '../../base/digest.ts';
import { RidgelineError } from '../../base/errors.ts';
import { givenFiles, type StoredFile } from '../../study/program-files.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';

/** @throws RidgelineError STUDY_INVALID if a file is missing */
export function submittedFiles(
  { study, trainer }: StudySpec,
  contents: readonly Uint8Array[],
): StoredFile[] {
  const known = new Map(contents.map((content) => [sha256(content), content]));
  return givenFiles(trainer).map((file) => {
    const content = typeof file === 'string' ? undefined : known.get(file.sha256);
    if (typeof file !== 'string' && content !== undefined)
      return { name: file.name, sha256: file.sha256, content };
    throw new RidgelineError(
      'STUDY_INVALID',
      `The file ${typeof file === 'string' ? file : file.name} of study ${study} did not arrive.`,
      'Submit the study from its file with `ridgeline submit`, which sends the files beside it.',
    );
  });
}

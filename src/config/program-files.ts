/** Program files: reads the files that the trainer of a study needs, which are beside the study file. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 } from '../base/digest.ts';
import { RidgelineError, whyUnread } from '../base/errors.ts';
import {
  givenFiles,
  programBytesMax,
  programFiles,
  type ProgramFile,
} from '../study/program-files.ts';
import type { StudySpec } from '../study/spec/study-spec.ts';

/** The study with the digests of its files. @throws RidgelineError STUDY_INVALID */
export async function withFileDigests(spec: StudySpec, studyFile: string): Promise<StudySpec> {
  const folder = dirname(studyFile);
  const { trainer } = spec;
  const { module } = trainer;
  const own = typeof module === 'string' ? [moduleFile(module)] : [];
  const names = [
    ...own,
    ...givenFiles(trainer).map((file) => (typeof file === 'string' ? file : file.name)),
  ];
  await refuseForgotten(trainer['command'], names, folder, studyFile);
  if (names.length === 0) return spec;
  const files: ProgramFile[] = [];
  for (const name of new Set(names)) {
    const content = await readBeside(folder, name, studyFile);
    files.push({ name, sha256: sha256(content), bytes: content.length });
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > programBytesMax)
    throw invalid(
      studyFile,
      `the files have ${bytes} bytes together, and at most ${programBytesMax} travel with a study`,
      'Leave out data and weights: put them on the workers, and name their path in trainer.parameters.',
    );
  return { ...spec, trainer: { ...trainer, ...(own.length > 0 && { module: own[0] }), files } };
}

/** Contents of the files of a loaded study. @throws RidgelineError STUDY_INVALID if one has changed since */
export async function readProgramFiles(spec: StudySpec, studyFile: string): Promise<Uint8Array[]> {
  const contents: Uint8Array[] = [];
  for (const file of programFiles(spec.trainer)) {
    const content = await readBeside(dirname(studyFile), file.name, studyFile);
    if (sha256(content) !== file.sha256)
      throw invalid(
        studyFile,
        `${file.name} was changed while it was read`,
        'Run the command again.',
      );
    contents.push(content);
  }
  return contents;
}

/** A file of the command line that is beside the study file would not be on the workers. */
async function refuseForgotten(
  command: unknown,
  names: readonly string[],
  folder: string,
  studyFile: string,
): Promise<void> {
  const words: unknown[] = Array.isArray(command) ? command : [];
  for (const word of words) {
    if (typeof word !== 'string' || word.startsWith('/')) continue;
    const name = word.replace(/^\.\//, '');
    if (names.includes(name)) continue;
    const isFile = await stat(join(folder, name)).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isFile)
      throw invalid(
        studyFile,
        `trainer.command names ${word}, which is beside the study file but not in trainer.files, so workers would not have it`,
        `Add it: files: [${[...names, name].join(', ')}].`,
      );
  }
}

/** `./trainer.ts` is `trainer.ts`. */
export function moduleFile(path: string): string {
  return path.replace(/^\.\//, '');
}

/** @throws RidgelineError STUDY_INVALID if there is no such file */
export async function readBeside(folder: string, name: string, studyFile: string): Promise<Buffer> {
  const path = join(folder, name);
  try {
    return await readFile(path);
  } catch (error) {
    throw invalid(
      studyFile,
      `${path}, a file of its trainer, cannot be read: ${whyUnread(error)}`,
      'Correct the path; it begins in the folder of the study file.',
    );
  }
}

function invalid(studyFile: string, what: string, fix: string): RidgelineError {
  return new RidgelineError('STUDY_INVALID', `${studyFile}: ${what}.`, fix);
}

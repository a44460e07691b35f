/** The one place of this room that reads files. */
import { readFile, stat } from 'node:fs/promises';
import { RidgelineError, messageOf } from '../base/errors.ts';
import type { StudySpec } from '../study/study-spec.ts';
import { parseStudy, parseStudyOrRecipe, type StudyOrRecipe } from './parse-study.ts';

/** UTF-8 takes up to 4 bytes a character; what is larger is not even read. */
const fileBytesMax = 1024 * 1024;

/** @throws RidgelineError STUDY_INVALID */
export async function loadStudy(path: string): Promise<StudySpec> {
  return parseStudy(await readText(path), path);
}

/** @throws RidgelineError STUDY_INVALID */
export async function loadStudyOrRecipe(path: string): Promise<StudyOrRecipe> {
  return parseStudyOrRecipe(await readText(path), path);
}

async function readText(path: string): Promise<string> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Error('it is a directory');
    if (found.size > fileBytesMax) throw new Error(`it has ${found.size} bytes, a study has a few thousand`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = isMissing ? 'there is no such file' : error instanceof TypeError ? 'it is not UTF-8 text' : messageOf(error);
    throw new RidgelineError(
      'STUDY_INVALID',
      `The study file ${path} cannot be read: ${why}.`,
      'Give the path of a study file, such as configs/quickstart.yaml.',
      { cause: error },
    );
  }
}

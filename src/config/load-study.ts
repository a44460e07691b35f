/** The one place of this room that reads files. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RidgelineError, messageOf } from '../base/errors.ts';
import type { RecipeSpec, StudySpec } from '../study/study-spec.ts';
import { parseStudy, parseStudyOrRecipe, type StudyOrRecipe } from './parse-study.ts';

/** UTF-8 takes up to 4 bytes a character; what is larger is not even read. */
const fileBytesMax = 1024 * 1024;

/** @throws RidgelineError STUDY_INVALID */
export async function loadStudy(path: string): Promise<StudySpec> {
  return besideFile(parseStudy(await readText(path), path), path);
}

/** @throws RidgelineError STUDY_INVALID */
export async function loadStudyOrRecipe(path: string): Promise<StudyOrRecipe> {
  const loaded = parseStudyOrRecipe(await readText(path), path);
  return loaded.kind === 'study'
    ? { kind: 'study', spec: besideFile(loaded.spec, path) }
    : { kind: 'recipe', spec: besideFile(loaded.spec, path) };
}

/** A data set's path is meant from where the study file lies, wherever the command is started. */
function besideFile<Spec extends StudySpec | RecipeSpec>(spec: Spec, file: string): Spec {
  const { source } = spec.dataset;
  if (source.kind === 'named') return spec;
  return {
    ...spec,
    dataset: { ...spec.dataset, source: { ...source, path: resolve(dirname(file), source.path) } },
  };
}

async function readText(path: string): Promise<string> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Error('it is a directory');
    if (found.size > fileBytesMax)
      throw new Error(`it has ${found.size} bytes, a study has a few thousand`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = isMissing
      ? 'there is no such file'
      : error instanceof TypeError
        ? 'it is not UTF-8 text'
        : messageOf(error);
    throw new RidgelineError(
      'STUDY_INVALID',
      `The study file ${path} cannot be read: ${why}.`,
      'Give the path of a study file, such as configs/quickstart.yaml.',
      { cause: error },
    );
  }
}

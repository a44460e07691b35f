/** The one place of this room that reads files. */
import { constants, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RidgelineError, whyUnread } from '../base/errors.ts';
import type { SpecProblem } from '../study/spec/invariants.ts';
import type { RecipeSpec, StudySpec } from '../study/spec/study-spec.ts';
import { parseStudy, parseStudyOrRecipe, type StudyOrRecipe } from './parse-study.ts';
import { fileBytesMax } from './prescan.ts';

/**
 * @param needsData whether the data set's own files have to be there, and on this machine
 * @throws RidgelineError STUDY_INVALID
 */
export async function loadStudy(
  path: string,
  needsData: (spec: StudySpec) => boolean = () => true,
): Promise<StudySpec> {
  const text = await readText(path);
  const spec = parseStudy(text, path, (parsed) =>
    'stages' in parsed && !needsData(besideFile(parsed, path)) ? [] : dataProblems(parsed, path),
  );
  return besideFile(spec, path);
}

/** @throws RidgelineError STUDY_INVALID */
export async function loadStudyOrRecipe(path: string): Promise<StudyOrRecipe> {
  const loaded = parseStudyOrRecipe(await readText(path), path, (spec) => dataProblems(spec, path));
  return loaded.kind === 'study'
    ? { kind: 'study', spec: besideFile(loaded.spec, path) }
    : { kind: 'recipe', spec: besideFile(loaded.spec, path) };
}

function dataProblems({ dataset }: StudySpec | RecipeSpec, file: string): SpecProblem[] {
  const { source } = dataset;
  if (source.kind === 'named') return [];
  const path = resolve(dirname(file), source.path);
  try {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return [];
  } catch (error) {
    // What else keeps it from being looked at is said by who reads it.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTDIR')) return [];
  }
  return [{ path: ['dataset', 'path'], message: `${path} does not exist` }];
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
  const cannot = (why: string, cause?: unknown): RidgelineError =>
    new RidgelineError(
      'STUDY_INVALID',
      `The study file ${path} cannot be read: ${why}.`,
      'Give the path of a study file, such as configs/quickstart.yaml.',
      { cause },
    );
  let bytes: Buffer | string;
  try {
    bytes = await readBounded(path);
  } catch (error) {
    throw cannot(whyUnread(error), error);
  }
  if (typeof bytes === 'string') throw cannot(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw cannot('it is not UTF-8 text', error);
  }
}

/** @returns the bytes, or why they are not read: a pipe may never end, a device neither */
async function readBounded(path: string): Promise<Buffer | string> {
  // Without O_NONBLOCK, opening a pipe waits for somebody to write to it.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const found = await file.stat();
  if (found.isDirectory()) return 'it is a directory';
  if (!found.isFile()) return 'it is not a regular file';
  if (found.size > fileBytesMax) {
    return `it has ${found.size} bytes, a study has at most ${fileBytesMax}`;
  }
  return await file.readFile();
}

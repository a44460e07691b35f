/** Study loader: reads study files. Parsing is pure (`parse-study.ts`). */
import { constants, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RidgelineError, whyUnread } from '../base/errors.ts';
import { expandHome } from '../base/home-directory.ts';
import type { SpecProblem } from '../study/spec/spec-problem.ts';
import type { RecipeSpec, StudySpec } from '../study/spec/study-spec.ts';
import type { DescribeTrainer } from '../study/trainer-description.ts';
import { describeWithModule, type DeclareModule } from './module-trainer.ts';
import { withFileDigests } from './program-files.ts';
import { parseStudy, parseStudyOrRecipe, type StudyOrRecipe } from './parse-study.ts';
import { fileBytesMax } from './prescan.ts';

/**
 * @param needsData whether the files of `dataset.path` must exist on this machine
 * @param declare   absent: files with a module are refused
 * @throws RidgelineError STUDY_INVALID
 */
export async function loadStudy(
  path: string,
  describe: DescribeTrainer,
  needsData: (spec: StudySpec) => boolean | Promise<boolean> = () => true,
  declare: DeclareModule = runNoModule,
): Promise<StudySpec> {
  const text = await readText(path);
  const describeOwn = await describeWithModule(text, path, describe, declare);
  // A file with other problems reports a missing data file too; a valid one only if it is needed.
  const parsed = parseStudy(text, path, describeOwn, (dataPath, valid) =>
    valid === null ? dataProblems(dataPath, path) : [],
  );
  const spec = await withFileDigests(besideFile(parsed, path), path);
  if (await needsData(spec))
    parseStudy(text, path, describeOwn, (dataPath) => dataProblems(dataPath, path));
  return spec;
}

/** @throws RidgelineError STUDY_INVALID */
export async function loadStudyOrRecipe(
  path: string,
  describe: DescribeTrainer,
  declare: DeclareModule = runNoModule,
): Promise<StudyOrRecipe> {
  const text = await readText(path);
  const describeOwn = await describeWithModule(text, path, describe, declare);
  const loaded = parseStudyOrRecipe(text, path, describeOwn, (dataPath) =>
    dataProblems(dataPath, path),
  );
  return loaded.kind === 'study'
    ? { kind: 'study', spec: await withFileDigests(besideFile(loaded.spec, path), path) }
    : { kind: 'recipe', spec: besideFile(loaded.spec, path) };
}

const runNoModule: DeclareModule = async () => ({
  kind: 'failed',
  reason: 'is a module, which this command does not run',
});

function dataProblems(dataPath: string, file: string): SpecProblem[] {
  const path = resolve(dirname(file), expandHome(dataPath));
  try {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return [];
  } catch (error) {
    // Other errors are reported when the file is read.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTDIR')) return [];
  }
  return [{ path: ['dataset', 'path'], message: `${path} does not exist` }];
}

/** `dataset.path` is relative to the folder of the study file; `~` is the home directory. */
function besideFile<Spec extends StudySpec | RecipeSpec>(spec: Spec, file: string): Spec {
  const path = spec.dataset?.path;
  if (spec.dataset === undefined || path === undefined) return spec;
  return { ...spec, dataset: { ...spec.dataset, path: resolve(dirname(file), expandHome(path)) } };
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

/** @returns the bytes, or why the file cannot be read. Pipes and devices are rejected, since they may never end. */
async function readBounded(path: string): Promise<Buffer | string> {
  // Without O_NONBLOCK, opening a pipe waits for a writer.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const found = await file.stat();
  if (found.isDirectory()) return 'it is a directory';
  if (!found.isFile()) return 'it is not a regular file';
  if (found.size > fileBytesMax)
    return `it has ${found.size} bytes, a study has at most ${fileBytesMax}`;
  return await file.readFile();
}

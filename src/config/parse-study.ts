/**
 * Study parser: YAML text in, a study or a recipe out, or every problem at once with its line and column.
 *
 * Pure; `load-study.ts` reads the file. Three steps: the text (`yaml-source.ts`), the keys
 * (`misspelt-keys.ts`), values and rules (`study/spec/check-study.ts`). A text that is not YAML is not
 * checked further.
 */
import type { z } from 'zod';
import { assert } from '../base/assert.ts';
import { checkRecipe, checkStudy, valueAt, type Checked } from '../study/spec/check-study.ts';
import type { SpecProblem } from '../study/spec/spec-problem.ts';
import { studyTrainer } from '../study/spec/study-trainer.ts';
import { recipeSchema, studySchema } from '../study/spec/study-schema.ts';
import type { RecipeSpec, StudySpec } from '../study/spec/study-spec.ts';
import type { DescribeTrainer, TrainerDescription } from '../study/trainer-description.ts';
import { knownKeys } from './known-keys.ts';
import { ambiguousNames } from './ambiguous-names.ts';
import { correctKeys } from './misspelt-keys.ts';
import { issueProblems, keyMeant, labelled } from './shape-problems.ts';
import { YamlSource, type Path } from './yaml-source.ts';

export type StudyOrRecipe =
  | { readonly kind: 'study'; readonly spec: StudySpec }
  | { readonly kind: 'recipe'; readonly spec: RecipeSpec };

/**
 * Problems that depend on the machine, such as a missing data file; reported with the rest.
 *
 * @param path `dataset.path` as the file has it
 * @param spec null if the file has other problems
 */
type OtherProblems = (path: string, spec: StudySpec | RecipeSpec | null) => readonly SpecProblem[];

/** @throws RidgelineError STUDY_INVALID with every problem */
export function parseStudy(
  text: string,
  file: string,
  describe: DescribeTrainer,
  others: OtherProblems = () => [],
): StudySpec {
  const source = new YamlSource(text, file);
  const trainer = sectionTrainer(source, describe);
  return read(source, studySchema(trainer), (value) => checkStudy(value, trainer), others);
}

/**
 * A file with stages is a study; one with fixed parameters in `trainer` is a recipe.
 *
 * @throws RidgelineError STUDY_INVALID with every problem
 */
export function parseStudyOrRecipe(
  text: string,
  file: string,
  describe: DescribeTrainer,
  others: OtherProblems = () => [],
): StudyOrRecipe {
  const source = new YamlSource(text, file);
  const trainer = sectionTrainer(source, describe);
  const meant = (path: Path, schema: z.ZodType): string[] => {
    const known = knownKeys(schema);
    return source.keys(path).map((key) => keyMeant(path, key, known) ?? key);
  };
  const keys = meant([], studySchema(trainer));
  const searches = ['stages', 'objective', 'search'].some((key) => keys.includes(key));
  const section = meant(['trainer'], recipeSchema(trainer));
  const isFixed = section.some(
    (key) => Object.hasOwn(trainer.parameters, key) && trainer.parameters[key]?.isSetting !== true,
  );
  if (searches || !isFixed) {
    const check = (value: unknown): Checked<StudySpec> => checkStudy(value, trainer);
    return { kind: 'study', spec: read(source, studySchema(trainer), check, others) };
  }
  const check = (value: unknown): Checked<RecipeSpec> => checkRecipe(value, trainer);
  return { kind: 'recipe', spec: read(source, recipeSchema(trainer), check, others) };
}

function read<Spec extends StudySpec | RecipeSpec>(
  source: YamlSource,
  schema: z.ZodType,
  check: (value: unknown) => Checked<Spec>,
  others: OtherProblems,
): Spec {
  const keyProblems = correctKeys(source, schema, knownKeys(schema));
  const value = source.value();
  const checked = check(value);
  const problems = ambiguousNames(value);
  if (checked.kind === 'invalid')
    problems.push(
      ...checked.issues.flatMap((issue) => issueProblems(issue, value)),
      ...checked.broken,
    );
  const dataPath = valueAt(value, ['dataset', 'path']);
  const spec = checked.kind === 'valid' ? checked.spec : null;
  if (typeof dataPath === 'string') problems.push(...others(dataPath, spec));
  const located = unique(problems).map(({ path, message }) => ({
    offset: source.valueOffset(path),
    message: labelled(path, message),
  }));
  if (keyProblems.length + located.length > 0) throw source.invalid([...keyProblems, ...located]);
  assert(checked.kind === 'valid', 'a study that is not valid has a problem');
  return checked.spec;
}

/** One problem for each place: problems inside a reported place follow from it. */
function unique(problems: readonly SpecProblem[]): SpecProblem[] {
  const kept: SpecProblem[] = [];
  for (const problem of problems)
    if (!kept.some(({ path }) => isInside(problem.path, path))) kept.push(problem);
  return kept;
}

function isInside(path: Path, place: Path): boolean {
  return place.length > 0 && place.every((key, index) => path[index] === key);
}

/** The trainer that the file names. The schema of the default trainer reports a wrong name. */
function sectionTrainer(source: YamlSource, describe: DescribeTrainer): TrainerDescription {
  const file = source.value();
  const section = valueAt(file, ['trainer']);
  try {
    const isSection = typeof section === 'object' && section !== null;
    return studyTrainer(describe(isSection ? { ...section } : {}), file);
  } catch {
    return describe({});
  }
}

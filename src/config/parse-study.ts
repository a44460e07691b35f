/**
 * YAML text in, a study out; or every problem at once, each with its line, as a compiler would.
 *
 * Pure: `load-study.ts` reads the file. Three sieves: the text (`yaml-source.ts`), the shape
 * (`study-schema.ts`), the rules (`study/spec/invariants.ts`). A text that is no YAML is not judged further;
 * a shape that is wrong in places is mended there, so that the rules speak of all the rest.
 */
import type { z } from 'zod';
import { recipeProblems, studyProblems, type SpecProblem } from '../study/spec/invariants.ts';
import type { RecipeSpec, StudySpec } from '../study/spec/study-spec.ts';
import { alternativeProblems, recipeFrom, studyFrom } from './from-file.ts';
import { isTouched, labelled, mend } from './repair.ts';
import { keyMeant, type KnownKeys } from './shape-problems.ts';
import { recipeKeys, recipeSchema, studyKeys, studySchema } from './study-schema.ts';
import { YamlSource } from './yaml-source.ts';

export type StudyOrRecipe =
  | { readonly kind: 'study'; readonly spec: StudySpec }
  | { readonly kind: 'recipe'; readonly spec: RecipeSpec };

/** What only somebody who knows the machine can say of a spec. */
export type OtherProblems = (spec: StudySpec | RecipeSpec) => readonly SpecProblem[];

/**
 * @param others reported with the rest
 * @throws RidgelineError STUDY_INVALID with every problem
 */
export function parseStudy(text: string, file: string, others: OtherProblems = none): StudySpec {
  return readStudy(new YamlSource(text, file), others);
}

/**
 * A file that searches is a study, one that gives its λ is a recipe.
 *
 * @throws RidgelineError STUDY_INVALID with every problem
 */
export function parseStudyOrRecipe(
  text: string,
  file: string,
  others: OtherProblems = none,
): StudyOrRecipe {
  const source = new YamlSource(text, file);
  const searches = source
    .keys([])
    .some((key) => ['stages', 'objective'].includes(keyMeant([], key, studyKeys) ?? key));
  const hasLambda = source
    .keys(['trainer'])
    .some((key) => keyMeant(['trainer'], key, recipeKeys) === 'lambda');
  return searches || !hasLambda
    ? { kind: 'study', spec: readStudy(source, others) }
    : { kind: 'recipe', spec: readRecipe(source, others) };
}

const none: OtherProblems = () => [];

function readStudy(source: YamlSource, others: OtherProblems): StudySpec {
  return read(source, studySchema, studyKeys, (shape) => {
    const spec = studyFrom(shape);
    return {
      spec,
      problems: [...alternativeProblems(shape), ...studyProblems(spec), ...others(spec)],
    };
  });
}

function readRecipe(source: YamlSource, others: OtherProblems): RecipeSpec {
  return read(source, recipeSchema, recipeKeys, (shape) => {
    const spec = recipeFrom(shape);
    return {
      spec,
      problems: [...alternativeProblems(shape), ...recipeProblems(spec), ...others(spec)],
    };
  });
}

function read<Shape, Spec>(
  source: YamlSource,
  schema: z.ZodType<Shape>,
  known: KnownKeys,
  build: (shape: Shape) => { readonly spec: Spec; readonly problems: readonly SpecProblem[] },
): Spec {
  const { shape, problems, touched } = mend(source, schema, known);
  const { spec, problems: broken } = build(shape);
  const rules = broken
    .filter((problem) => !isTouched(problem, touched))
    .map(({ path, message }) => ({
      offset: source.offsetOf(path),
      message: labelled(path, message),
    }));
  if (problems.length + rules.length > 0) throw source.invalid([...problems, ...rules]);
  return spec;
}

/**
 * Study check: converts plain data in the shape of a study file to a study, or returns every problem at once.
 *
 * It checks files (`config` adds lines) and the canonical text on the wire. Problems of single keys come
 * from the schema; rules between keys are checked on the other values, so that a mistake in one place does
 * not hide one in another.
 */
import type { z } from 'zod';
import type { ParamValue } from '../search-space.ts';
import type { TrainerDescription, TrainerSettings } from '../trainer-description.ts';
import { toCamel } from './case-codec.ts';
import { recipeRules, studyRules } from './study-rules.ts';
import {
  recipeSchema,
  studySchema,
  trainerSection,
  type RecipeFile,
  type StudyFile,
} from './study-schema.ts';
import type { IsGiven, SpecProblem } from './spec-problem.ts';
import { toStages } from './stage-search.ts';
import { studyTrainer } from './study-trainer.ts';
import type { DatasetSpec, RecipeSpec, Selection, StudySpec } from './study-spec.ts';

/** The outcome of a check: the spec, or issues of the schema and broken rules. */
export type Checked<Spec> =
  | { readonly kind: 'valid'; readonly spec: Spec }
  | {
      readonly kind: 'invalid';
      readonly issues: readonly z.core.$ZodIssue[];
      readonly broken: readonly SpecProblem[];
    };

/** @param described the trainer of its section */
export function checkStudy(value: unknown, described: TrainerDescription): Checked<StudySpec> {
  const trainer = studyTrainer(described, value);
  return check(
    value,
    studySchema(trainer),
    (file, isGiven) => studyRules(file, trainer, isGiven),
    (file) => toSpec(file, trainer),
  );
}

export function checkRecipe(value: unknown, trainer: TrainerDescription): Checked<RecipeSpec> {
  return check(
    value,
    recipeSchema(trainer),
    (file, isGiven) => recipeRules(file, trainer, isGiven),
    (file) => toRecipe(file, trainer),
  );
}

/** @param value a `trainer` section in the shape of the file */
export function checkSettings(
  value: unknown,
  trainer: TrainerDescription,
): Checked<TrainerSettings> {
  return check<TrainerSettings, TrainerSettings>(
    value,
    trainerSection(trainer),
    (section, isGiven) => trainer.problems(toCamel(section), isGiven),
    (section) => toCamel(section),
  );
}

function check<File extends object, Spec>(
  value: unknown,
  schema: z.ZodType<File>,
  rules: (file: Partial<File>, isGiven: IsGiven) => readonly SpecProblem[],
  build: (file: File) => Spec,
): Checked<Spec> {
  const isGiven: IsGiven = (path) => valueAt(value, path) !== undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    const broken = rules(parsed.data, isGiven);
    return broken.length === 0
      ? { kind: 'valid', spec: build(parsed.data) }
      : { kind: 'invalid', issues: [], broken };
  }
  const { issues } = parsed.error;
  const rest = issues.reduce((left, issue) => without(left, issue.path), value);
  const isMapping = typeof rest === 'object' && rest !== null && !Array.isArray(rest);
  return { kind: 'invalid', issues, broken: isMapping ? rules(rest, isGiven) : [] };
}

/** A copy of `value` without the value at `path`; the other items of lists keep their indices. */
function without(value: unknown, path: readonly PropertyKey[]): unknown {
  const [key, ...deeper] = path;
  if (key === undefined || typeof value !== 'object' || value === null) return undefined;
  const rest = (at: PropertyKey, inner: unknown): unknown =>
    at === key ? without(inner, deeper) : inner;
  if (Array.isArray(value)) return value.map((item: unknown, index) => rest(index, item));
  return Object.fromEntries(Object.entries(value).map(([at, inner]) => [at, rest(at, inner)]));
}

/** The value at a path; undefined if there is none. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let at = root;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Object.getOwnPropertyDescriptor(at, key)?.value;
  }
  return at;
}

/** The shorthands of the file are replaced; see `study-spec.ts`. */
function toSpec(
  { numerics, search, stages, objective, dataset, stop = 'never', budget, ...file }: StudyFile,
  { metrics }: TrainerDescription,
): StudySpec {
  const { metric, direction } = objective;
  const better = metrics.find(({ name }) => name === metric)?.direction ?? 'minimize';
  const rest = toCamel(file);
  return {
    ...rest,
    ...(dataset !== undefined && { dataset: toDataset(dataset) }),
    reproducible: numerics === undefined ? rest.reproducible : numerics === 'canonical',
    objective: { metric, direction: direction ?? better },
    ...(stop !== 'never' && { stop }),
    ...(budget !== undefined && { budget }),
    stages: toStages({ search, stages }).map(({ stop: own = stop, ...stage }) => ({
      ...stage,
      ...(own !== stop && { stop: own }),
    })),
  };
}

function toRecipe(file: RecipeFile, { parameters }: TrainerDescription): RecipeSpec {
  const params: Record<string, ParamValue> = {};
  const trainer: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(file.trainer)) {
    const isFixed = parameters[key] !== undefined && parameters[key].isSetting !== true;
    if (isFixed && value !== undefined) params[key] = value;
    else trainer[key] = value;
  }
  const { study, seed } = file;
  return { study, seed, dataset: toDataset(file.dataset), trainer: toCamel(trainer), params };
}

function toDataset({
  train,
  validation,
  test,
  ...dataset
}: NonNullable<StudyFile['dataset']>): DatasetSpec {
  return {
    ...dataset,
    train: toSelection(train),
    validation: toSelection(validation),
    ...(test === undefined ? {} : { test: toSelection(test) }),
  };
}

function toSelection(from: NonNullable<StudyFile['dataset']>['train']): Selection {
  if (Array.isArray(from)) return from;
  return from.fraction === undefined ? { count: from.count ?? 0 } : { fraction: from.fraction };
}

/**
 * Canonical spec: the one text of a study, in the shape of its file, as JSON with sorted keys and with
 * all defaults written out. Two files describe the same study exactly if their canonical texts are equal.
 *
 * The text travels to coordinators, so `parseSpec` checks it as it checks a file. The store reads its own
 * text back with `readStoredSpec`, which needs no trainer.
 */
import { RidgelineError, messageOf } from '../../base/errors.ts';
import { trainerName, type DescribeTrainer, type TrainerSettings } from '../trainer-description.ts';
import { toCamel, toSnake } from './case-codec.ts';
import { checkStudy, valueAt, type Checked } from './check-study.ts';
import type { SpecProblem } from './spec-problem.ts';
import type { StudySpec } from './study-spec.ts';

export function canonicalSpec(spec: StudySpec): string {
  return JSON.stringify(sorted(toSnake(spec)));
}

/** A study in the shape of its file: plain data, all defaults written out, in the order of the schema. */
export function specFile(spec: StudySpec): Readonly<Record<string, unknown>> {
  return toSnake(spec);
}

/** @throws RidgelineError STUDY_INVALID for a text that is not a valid study */
export function parseSpec(text: string, describe: DescribeTrainer): StudySpec {
  const value = parseJson(text);
  const checked = checkStudy(value, describe(trainerName(sectionFrom(value))));
  if (checked.kind === 'valid') return checked.spec;
  const first = firstProblem(checked);
  throw invalid(`${first.path.join('.')}: ${first.message}`);
}

/** @throws RidgelineError STUDY_INVALID for a text that `canonicalSpec` cannot have written */
export function readStoredSpec(text: string): StudySpec {
  const spec = toCamel(parseJson(text));
  if (!hasSections(spec)) throw invalid('a section is missing');
  return spec;
}

/** Whether the sections are present: the rest was checked before it was stored. */
function hasSections(value: unknown): value is StudySpec {
  const isObject = typeof value === 'object' && value !== null;
  if (!isObject || !('stages' in value && Array.isArray(value.stages))) return false;
  return ['study', 'seed', 'dataset', 'trainer', 'objective'].every((key) => key in value);
}

/** The text of a `trainer` section, as assignments carry it. */
export function canonicalSettings(settings: TrainerSettings): string {
  return JSON.stringify(sorted(toSnake(settings)));
}

/** @throws RidgelineError STUDY_INVALID for settings that the trainer does not have */
export function parseSettings(text: string, describe: DescribeTrainer): TrainerSettings {
  const section = parseJson(text);
  const { name, ...rest } = sectionFrom({ trainer: section });
  const trainer = describe(trainerName({ name }));
  const parsed = trainer.settings.safeParse(rest);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`trainer.${issue?.path.join('.')}: ${issue?.message}`);
  }
  const settings = toCamel({ name: trainer.name, ...parsed.data });
  const [problem] = trainer.problems(settings, (path) => valueAt(section, path) !== undefined);
  if (problem !== undefined) throw invalid(`trainer.${problem.path.join('.')}: ${problem.message}`);
  return settings;
}

function sectionFrom(value: unknown): TrainerSettings {
  const section =
    typeof value === 'object' && value !== null && 'trainer' in value ? value.trainer : {};
  return typeof section === 'object' && section !== null ? { ...section } : {};
}

function firstProblem(
  checked: Extract<Checked<StudySpec>, { readonly kind: 'invalid' }>,
): SpecProblem {
  const [issue] = checked.issues;
  if (issue === undefined) return checked.broken[0] ?? { path: [], message: 'it is not a study' };
  return { path: issue.path.map((key) => String(key)), message: issue.message };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(messageOf(error));
  }
}

function invalid(what: string): RidgelineError {
  return new RidgelineError(
    'STUDY_INVALID',
    `The text of the study is not valid: ${what}.`,
    'Submit the study from its YAML file with `ridgeline submit`, with the version of the coordinator.',
  );
}

/** Keys in alphabetical order, all the way down. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/**
 * Canonical spec: a study file as JSON with sorted keys and all defaults. Two files describe the same study
 * if and only if their canonical texts are equal.
 *
 * Coordinators receive the text, so `parseSpec` checks it as it checks a file. The store reads its own
 * text back with `readStoredSpec`, which needs no trainer.
 */
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import type { DescribeTrainer, TrainerSettings } from '../trainer-description.ts';
import { toCamel, toSnake } from './case-codec.ts';
import { checkSettings, checkStudy, valueAt, type Checked } from './check-study.ts';
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
  return validSpec(checkStudy(value, describe(sectionFrom(value))));
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
  return ['study', 'seed', 'trainer', 'objective'].every((key) => key in value);
}

/** The text of a `trainer` section, as assignments contain it. */
export function canonicalSettings(settings: TrainerSettings): string {
  return JSON.stringify(sorted(toSnake(settings)));
}

/** @throws RidgelineError STUDY_INVALID for settings that the trainer does not have */
export function parseSettings(text: string, describe: DescribeTrainer): TrainerSettings {
  const section = sectionFrom({ trainer: parseJson(text) });
  return validSpec(checkSettings(section, describe(section)), ['trainer']);
}

function sectionFrom(value: unknown): TrainerSettings {
  const section = valueAt(value, ['trainer']);
  return typeof section === 'object' && section !== null ? { ...section } : {};
}

/** @param place path of the checked value in the study; the error names the first problem */
function validSpec<Spec>(checked: Checked<Spec>, place: readonly string[] = []): Spec {
  if (checked.kind === 'valid') return checked.spec;
  const [problem = { path: [], message: 'it is not a study' }] = [
    ...checked.issues,
    ...checked.broken,
  ];
  throw invalid(`${[...place, ...problem.path].join('.')}: ${problem.message}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, requireCharacters);
  } catch (error) {
    if (error instanceof RidgelineError) throw error;
    throw invalid(errorMessage(error));
  }
}

/** JSON can escape a surrogate without its pair, which is no character. */
function requireCharacters(key: string, value: unknown): unknown {
  if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed()))
    throw invalid('a text has a lone surrogate');
  return value;
}

function invalid(what: string): RidgelineError {
  return new RidgelineError(
    'STUDY_INVALID',
    `The text of the study is not valid: ${what}.`,
    'Submit the study from its YAML file with `ridgeline submit`, using the same version of Ridgeline as the coordinator.',
  );
}

/** Keys in alphabetical order, at all levels. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

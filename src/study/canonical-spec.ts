/**
 * One spelling for every study: JSON with all defaults written out and keys in one order. Two files
 * mean the same study exactly when their canonical texts are equal; comments and order do not count.
 *
 * The text also travels (to a coordinator) and is stored, so reading it back trusts nothing.
 */
import { RidgelineError } from '../base/errors.ts';
import { studyProblems } from './invariants.ts';
import type {
  DatasetSpec,
  LambdaSpec,
  Selection,
  StageSpec,
  StudySpec,
  TrainerSettings,
} from './study-spec.ts';

export function canonicalSpec(spec: StudySpec): string {
  return JSON.stringify(sorted(spec));
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

/** @throws RidgelineError STUDY_INVALID for anything that `canonicalSpec` would not have written */
export function specFromCanonical(text: string): StudySpec {
  let spec: StudySpec;
  try {
    spec = readSpec(record(JSON.parse(text), ''));
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
  const problem = studyProblems(spec)[0];
  if (problem !== undefined) throw invalid(`${problem.path.join('.')}: ${problem.message}`);
  return spec;
}

export type SpecComparison =
  | { readonly kind: 'same' }
  /** The given study only has more trials in the stored one's last stage, or more stages. */
  | { readonly kind: 'extended' }
  /** Where they differ, as paths of the YAML file. */
  | { readonly kind: 'different'; readonly fields: readonly string[] };

export function compareSpecs(stored: StudySpec, given: StudySpec): SpecComparison {
  if (canonicalSpec(stored) === canonicalSpec(given)) return { kind: 'same' };
  const last = stored.stages.length - 1;
  const shared = given.stages.slice(0, stored.stages.length).map((stage, index) => {
    const trials = stored.stages[index]?.trials ?? stage.trials;
    return index === last && stage.trials > trials ? { ...stage, trials } : stage;
  });
  const fields = differences(sorted(stored), sorted({ ...given, stages: shared }), []);
  return fields.length === 0 ? { kind: 'extended' } : { kind: 'different', fields };
}

/** Paths at which two plain values differ, in the spelling of the YAML file. */
function differences(a: unknown, b: unknown, path: readonly string[]): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return [yamlPath(path)];
  const left = new Map(Object.entries(a));
  const right = new Map(Object.entries(b));
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) =>
    differences(left.get(key), right.get(key), [...path, key]),
  );
}

function yamlPath(path: readonly string[]): string {
  return path
    .filter((key) => !['source', 'range', 'kind', 'length'].includes(key))
    .map((key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
    .join('.');
}

function invalid(what: string): RidgelineError {
  return new RidgelineError(
    'STUDY_INVALID',
    `This is not a study: ${what}`,
    'Submit it from its YAML file with `ridgeline submit`.',
  );
}

function readSpec(from: Reader): StudySpec {
  return {
    study: from.text('study'),
    seed: from.number('seed'),
    dataset: readDataset(from.inner('dataset')),
    trainer: readTrainer(from.inner('trainer')),
    objective: {
      metric: from
        .inner('objective')
        .oneOf('metric', [
          'validation_accuracy',
          'validation_loss',
          'validation_cost',
          'train_accuracy',
          'train_loss',
        ]),
      direction: from.inner('objective').oneOf('direction', ['maximize', 'minimize']),
    },
    stages: from.list('stages').map((stage, index) => readStage(record(stage, `stages.${index}`))),
    numerics: from.oneOf('numerics', ['canonical', 'any']),
    test: from.oneOf('test', ['winner', 'all']),
  };
}

function readDataset(from: Reader): DatasetSpec {
  const source = from.inner('source');
  return {
    source:
      source.oneOf('kind', ['named', 'path']) === 'named'
        ? { kind: 'named', name: source.text('name') }
        : { kind: 'path', path: source.text('path'), format: source.text('format') },
    train: readSelection(from.inner('train')),
    validation: readSelection(from.inner('validation')),
    test: from.has('test') ? readSelection(from.inner('test')) : null,
  };
}

function readSelection(from: Reader): Selection {
  if (from.oneOf('kind', ['parts', 'count']) === 'count')
    return { kind: 'count', count: from.number('count') };
  return { kind: 'parts', parts: from.list('parts').map((part) => textOf(part, 'parts')) };
}

function readTrainer(from: Reader): TrainerSettings {
  const rate = from.inner('learningRate');
  const length = from.inner('length');
  const measure = from.inner('measure');
  const schedule = measure.oneOf('kind', ['cycle', 'epoch', 'end', 'steps']);
  return {
    hidden: from.number('hidden'),
    batch: from.number('batch'),
    learningRate: {
      min: rate.number('min'),
      max: rate.number('max'),
      stepSize: rate.number('stepSize'),
    },
    length:
      length.oneOf('kind', ['cycles', 'epochs']) === 'cycles'
        ? { kind: 'cycles', cycles: length.number('cycles') }
        : { kind: 'epochs', epochs: length.number('epochs') },
    measure:
      schedule === 'steps' ? { kind: 'steps', steps: measure.number('steps') } : { kind: schedule },
    dropout: from.number('dropout'),
    mirror: from.flag('mirror'),
    shift: from.number('shift'),
  };
}

function readStage(from: Reader): StageSpec {
  return {
    name: from.text('name'),
    trials: from.number('trials'),
    lambda: readLambda(from.inner('lambda')),
  };
}

function readLambda(from: Reader): LambdaSpec {
  const distribution = from.oneOf('distribution', ['log_uniform']);
  if (from.oneOf('kind', ['range', 'narrow']) === 'narrow')
    return { kind: 'narrow', distribution, narrow: from.text('narrow') };
  const range = from.inner('range');
  return {
    kind: 'range',
    distribution,
    range: { min: range.number('min'), max: range.number('max') },
  };
}

/** Typed access to an object of unknown shape; every miss is an error that names the place. */
interface Reader {
  has(key: string): boolean;
  text(key: string): string;
  number(key: string): number;
  flag(key: string): boolean;
  list(key: string): readonly unknown[];
  inner(key: string): Reader;
  oneOf<const T extends string>(key: string, values: readonly T[]): T;
}

function record(value: unknown, at: string): Reader {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${at || 'the study'} is not an object`);
  const fields = new Map<string, unknown>(Object.entries(value));
  const wrong = (key: string, what: string): Error =>
    new Error(`${at === '' ? key : `${at}.${key}`} is not ${what}`);
  const pick = <T>(key: string, what: string, is: (field: unknown) => field is T): T => {
    const field = fields.get(key);
    if (!is(field)) throw wrong(key, what);
    return field;
  };
  return {
    has: (key) => (fields.get(key) ?? null) !== null,
    text: (key) => textOf(fields.get(key), key),
    number: (key) =>
      pick(
        key,
        'a finite number',
        (field): field is number => typeof field === 'number' && Number.isFinite(field),
      ),
    flag: (key) =>
      pick(key, 'true or false', (field): field is boolean => typeof field === 'boolean'),
    list: (key) => pick(key, 'a list', (field): field is unknown[] => Array.isArray(field)),
    inner: (key) => record(fields.get(key), at === '' ? key : `${at}.${key}`),
    oneOf: (key, values) => {
      const found = values.find((candidate) => candidate === fields.get(key));
      if (found === undefined) throw wrong(key, `one of ${values.join(', ')}`);
      return found;
    },
  };
}

function textOf(value: unknown, at: string): string {
  if (typeof value !== 'string' || value.length > 4096) throw new Error(`${at} is not a text`);
  return value;
}

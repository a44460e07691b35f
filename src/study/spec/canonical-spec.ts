/**
 * One spelling for every study: JSON with all defaults written out and keys in one order. Two files
 * mean the same study exactly when their canonical texts are equal; comments and order do not count.
 *
 * The text also travels (to a coordinator) and is stored, so reading it back trusts nothing: not its
 * shape, not the rules between its fields, and no field that this version does not know.
 */
import { RidgelineError, messageOf } from '../../base/errors.ts';
import { fileShape } from './file-shape.ts';
import { studyProblems } from './invariants.ts';
import { plainReader, type PlainReader } from './plain-reader.ts';
import {
  datasetFormats,
  type AuditSpec,
  type DatasetSpec,
  type LambdaSpec,
  type Selection,
  type StudySpec,
  type TrainerSettings,
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
  let stranger: string | undefined;
  try {
    const plain: unknown = JSON.parse(text);
    spec = readSpec(plainReader(plain, ''));
    stranger = unknownFields(plain, spec, [])[0];
  } catch (error) {
    throw invalid(messageOf(error));
  }
  if (stranger !== undefined) throw invalid(`this version knows no field ${stranger}`);
  const problem = studyProblems(spec)[0];
  if (problem !== undefined) throw invalid(`${problem.path.join('.')}: ${problem.message}`);
  return spec;
}

function invalid(what: string): RidgelineError {
  return new RidgelineError(
    'STUDY_INVALID',
    `This is not a study: ${what}`,
    'Submit it from its YAML file with `ridgeline submit`, by the version that the coordinator has.',
  );
}

/** What was sent and not read: a field of another version must not be dropped in silence. */
function unknownFields(given: unknown, read: unknown, path: readonly string[]): string[] {
  if (typeof given !== 'object' || given === null) return [];
  const known = new Map<string, unknown>(Object.entries(read ?? {}));
  return Object.entries(given).flatMap(([key, inner]) =>
    known.has(key)
      ? unknownFields(inner, known.get(key), [...path, key])
      : [[...path, key].join('.')],
  );
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
  const fields = differences(fileShape(stored), fileShape({ ...given, stages: shared }), []);
  return fields.length === 0 ? { kind: 'extended' } : { kind: 'different', fields };
}

/** Paths at which two plain values differ; lists of names are compared as a whole. */
function differences(a: unknown, b: unknown, path: readonly string[]): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (!isInner(a) || !isInner(b) || Array.isArray(a) !== Array.isArray(b)) return [path.join('.')];
  const left = new Map<string, unknown>(Object.entries(a));
  const right = new Map<string, unknown>(Object.entries(b));
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) =>
    differences(left.get(key), right.get(key), [...path, key]),
  );
}

function isInner(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return !Array.isArray(value) || value.some((item) => typeof item === 'object');
}

function readSpec(from: PlainReader): StudySpec {
  const objective = from.inner('objective');
  return {
    study: from.text('study'),
    seed: from.number('seed'),
    dataset: readDataset(from.inner('dataset')),
    trainer: readTrainer(from.inner('trainer')),
    objective: {
      metric: objective.oneOf('metric', [
        'validation_accuracy',
        'validation_loss',
        'validation_cost',
        'train_accuracy',
        'train_loss',
      ]),
      direction: objective.oneOf('direction', ['maximize', 'minimize']),
    },
    stages: from.list('stages').map((stage) => ({
      name: stage.text('name'),
      trials: stage.number('trials'),
      lambda: readLambda(stage.inner('lambda')),
    })),
    // Studies of versions without them have one of each λ.
    replicates: from.has('replicates') ? from.number('replicates') : 1,
    racing: from.has('racing') && from.flag('racing'),
    numerics: from.oneOf('numerics', ['canonical', 'any']),
    test: from.oneOf('test', ['winner', 'all']),
    audit: from.has('audit') ? readAudit(from.inner('audit')) : null,
  };
}

function readAudit(from: PlainReader): AuditSpec {
  return { random: from.number('random'), top: from.number('top') };
}

function readDataset(from: PlainReader): DatasetSpec {
  const source = from.inner('source');
  return {
    source:
      source.oneOf('kind', ['named', 'path']) === 'named'
        ? { kind: 'named', name: source.text('name') }
        : {
            kind: 'path',
            path: source.text('path'),
            format: source.oneOf('format', datasetFormats),
          },
    train: readSelection(from.inner('train')),
    validation: readSelection(from.inner('validation')),
    test: from.has('test') ? readSelection(from.inner('test')) : null,
    // Only where it is so: studies of versions without it keep their text.
    ...(from.has('stratify') && from.flag('stratify') ? { stratify: true } : {}),
  };
}

function readSelection(from: PlainReader): Selection {
  switch (from.oneOf('kind', ['parts', 'count', 'fraction'])) {
    case 'parts':
      return { kind: 'parts', parts: from.texts('parts') };
    case 'count':
      return { kind: 'count', count: from.number('count') };
    case 'fraction':
      return { kind: 'fraction', fraction: from.number('fraction') };
  }
}

function readTrainer(from: PlainReader): TrainerSettings {
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
      // Only where it says something: texts of studies from before cycles could grow stay as they are.
      ...(rate.has('cycleMultiplier') ? { cycleMultiplier: rate.number('cycleMultiplier') } : {}),
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

function readLambda(from: PlainReader): LambdaSpec {
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

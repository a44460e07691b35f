/**
 * Finds what is wrong with a file's shape, and mends it on the way: a misspelt key gets the name that
 * was meant, a wrong value a harmless stand-in. So the rules can be checked everywhere else, and one
 * run reports every problem. What was mended is used for nothing else.
 */
import type { z } from 'zod';
import type { SpecProblem } from '../study/spec/invariants.ts';
import { issueProblems, keyMeant, unknownKeyMessage, type KnownKeys } from './shape-problems.ts';
import type { TextProblem } from './tree-problems.ts';
import type { Path, YamlSource } from './yaml-source.ts';

export interface Mended<Shape> {
  readonly shape: Shape;
  readonly problems: readonly TextProblem[];
  /** Where stand-ins are. */
  readonly touched: readonly Path[];
}

/** Values that break no rule, whatever stands beside them. A list's first item stands for each. */
const standIns: unknown = {
  study: 'stand-in',
  seed: 0,
  dataset: {
    name: 'digits',
    path: 'stand-in',
    format: 'auto',
    train: { count: 1, fraction: Number.MIN_VALUE },
    validation: { count: 1, fraction: Number.MIN_VALUE },
    test: { count: 1, fraction: Number.MIN_VALUE },
    stratify: false,
  },
  trainer: {
    hidden: 1,
    batch: 1,
    learning_rate: { min: 0, max: 1e3, step_size: 1, cycle_multiplier: 1 },
    cycles: 1,
    epochs: 1,
    measure: { steps: 1e9 },
    dropout: 0,
    mirror: false,
    shift: 0,
    lambda: 0,
  },
  objective: { metric: 'validation_accuracy', direction: 'maximize' },
  stages: [
    {
      name: '',
      trials: 3,
      lambda: { distribution: 'log_uniform', min: Number.MIN_VALUE, max: 1e6, narrow: '' },
    },
  ],
  // A race needs two.
  replicates: 2,
  racing: false,
  numerics: 'canonical',
  audit: { random: 0, top: 0 },
  test: 'winner',
};

/** One round for each level on which keys are renamed, one for values, one to spare. */
const roundsMax = 8;

/** @throws RidgelineError STUDY_INVALID where nothing could be mended */
export function mend<Shape>(
  source: YamlSource,
  schema: z.ZodType<Shape>,
  known: KnownKeys,
): Mended<Shape> {
  const problems: TextProblem[] = [];
  const touched: Path[] = [];
  for (let round = 0; round < roundsMax; round++) {
    const value = source.value();
    const parsed = schema.safeParse(value);
    if (parsed.success) return { shape: parsed.data, problems, touched };
    const found = parsed.error.issues.flatMap((issue) => issueProblems(issue, value));
    // First the keys: a value may be missing only because its key is misspelt.
    const strangers = found.filter(({ kind }) => kind === 'unknown-key');
    for (const { path } of strangers) {
      const problem = renameOrRemove(source, path, known);
      if (!isInside(path, touched)) problems.push(problem);
    }
    if (strangers.length > 0) continue;
    for (const { path, message } of found) {
      problems.push({ offset: source.offsetOf(path), message: labelled(path, message) });
    }
    for (const { path } of found) {
      touched.push(path);
      source.replace(path, standInAt(path));
    }
  }
  throw source.invalid(problems);
}

/** @returns the problem, located before the key changes */
function renameOrRemove(source: YamlSource, path: Path, known: KnownKeys): TextProblem {
  const parent = path.slice(0, -1);
  const key = String(path.at(-1));
  const message = labelled(path, unknownKeyMessage(parent, key, known));
  const problem = { offset: source.keyOffsetOf(path), message };
  const meant = keyMeant(parent, key, known);
  if (meant !== null && !source.keys(parent).includes(meant)) source.renameKey(parent, key, meant);
  else source.remove(path);
  return problem;
}

/** `path: message`, as every problem is shown. */
export function labelled(path: Path, message: string): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}

/** Whether a rule speaks of a place that was mended, or of a name that was. */
export function isTouched({ path }: SpecProblem, touched: readonly Path[]): boolean {
  if (isInside(path, touched)) return true;
  return (
    path.at(-1) === 'narrow' &&
    touched.some((place) => /^stages(?:\.\d+)?(?:\.name)?$/.test(place.join('.')))
  );
}

function isInside(path: Path, places: readonly Path[]): boolean {
  return places.some((place) => place.every((key, index) => path[index] === key));
}

function standInAt(path: Path): unknown {
  let at = standIns;
  for (const key of path) {
    const steps = new Map<string, unknown>(Object.entries(at ?? {}));
    at = steps.get(typeof key === 'number' ? '0' : key);
  }
  return at;
}

/** What the schema found, in words for people: known keys, known spellings of other systems, did-you-mean. */
import type { z } from 'zod';
import { closest } from './closest.ts';
import type { PlacedProblem } from './parse-study.ts';

/** What other systems call things. */
const otherSpellings: Readonly<Record<string, string>> = {
  lr: 'learning_rate',
  learningRate: 'learning_rate',
  lamda: 'lambda',
  l2: 'lambda',
  weight_decay: 'lambda',
  n_s: 'step_size',
  stepsize: 'step_size',
  batch_size: 'batch',
  hidden_units: 'hidden',
  n_trials: 'trials',
  max_trials: 'trials',
  maxTrialCount: 'trials',
  num_samples: 'trials',
  goal: 'direction',
  parameters: 'stages',
  val: 'validation',
  valid: 'validation',
};
const logUniformSpellings = [
  'loguniform',
  'logUniform',
  'log',
  'log_uniform_values',
  'log-uniform',
  'reciprocal',
];

const keysAt: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^$/, ['study', 'seed', 'dataset', 'trainer', 'objective', 'stages', 'numerics', 'test']],
  [/^dataset$/, ['name', 'path', 'format', 'train', 'validation', 'test']],
  [/^dataset\./, ['count']],
  [
    /^trainer$/,
    [
      'hidden',
      'batch',
      'learning_rate',
      'cycles',
      'epochs',
      'measure',
      'dropout',
      'mirror',
      'shift',
      'lambda',
    ],
  ],
  [/^trainer\.learning_rate$/, ['min', 'max', 'step_size']],
  [/^trainer\.measure$/, ['steps']],
  [/^objective$/, ['metric', 'direction']],
  [/^stages\.\d+$/, ['name', 'trials', 'lambda']],
  [/^stages\.\d+\.lambda$/, ['distribution', 'min', 'max', 'narrow']],
];

export function shapeProblems(error: z.ZodError, value: unknown): PlacedProblem[] {
  const problems = error.issues.flatMap((issue) => issueProblems(issue, value));
  // A key that was misspelt is also missing: one of the two reports is enough.
  const meant = new Set(
    problems.flatMap(({ path, key, message }) =>
      key === undefined ? [] : [`${path.join('.')}/${/mean ([a-z_]+)/.exec(message)?.[1]}`],
    ),
  );
  return problems.filter(
    ({ path, message }) =>
      !message.startsWith('is missing') ||
      !meant.has(`${path.slice(0, -1).join('.')}/${path.at(-1)}`),
  );
}

function issueProblems(issue: z.core.$ZodIssue, value: unknown): PlacedProblem[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  const given = valueAt(value, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path, key, message: unknownKey(path.join('.'), key) }));
    case 'invalid_union':
      return [{ path, message: given === undefined ? 'is missing' : unionMessage(path) }];
    case 'invalid_value':
      return [{ path, message: enumMessage(issue.values.map(String), given) }];
    case 'invalid_type':
      return [
        { path, message: given === undefined ? 'is missing' : typeMessage(issue.expected, given) },
      ];
    default:
      return [{ path, message: issue.message }];
  }
}

/** The key that was meant; null when nothing is near. */
export function keyMeant(at: string, key: string): string | null {
  const known = keysAt.find(([pattern]) => pattern.test(at))?.[1] ?? [];
  const spelling = otherSpellings[key];
  return spelling !== undefined && known.includes(spelling) ? spelling : closest(key, known);
}

function unknownKey(at: string, key: string): string {
  const meant = keyMeant(at, key);
  if (meant !== null) return `unknown key; did you mean ${meant}?`;
  const known = keysAt.find(([pattern]) => pattern.test(at))?.[1] ?? [];
  return `unknown key; known here: ${known.join(', ')}`;
}

function enumMessage(known: readonly string[], given: unknown): string {
  if (given === undefined) return 'is missing';
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  if (known.includes('log_uniform') && logUniformSpellings.includes(text)) {
    return `must be log_uniform, which is what ${text} means elsewhere; min and max are values, not exponents`;
  }
  const meant = closest(text, known);
  return `must be one of ${known.join(', ')}, got ${JSON.stringify(given)}${meant === null ? '' : `; did you mean ${meant}?`}`;
}

function unionMessage(path: readonly (string | number)[]): string {
  if (path[0] === 'dataset')
    return 'must be a list of parts, such as [data_batch_1], or { count: N }';
  return 'must be cycle, epoch, end or { steps: N }';
}

function typeMessage(expected: string, given: unknown): string {
  if (
    expected === 'number' &&
    typeof given === 'string' &&
    given.trim() !== '' &&
    Number.isFinite(Number(given))
  ) {
    return `must be a number; ${JSON.stringify(given)} is a text: write it without quotes`;
  }
  const names: Readonly<Record<string, string>> = {
    object: 'a mapping (key: value)',
    array: 'a list',
    boolean: 'true or false',
    string: 'a text',
    number: 'a number',
  };
  return `must be ${names[expected] ?? expected}, got ${JSON.stringify(given)?.slice(0, 60)}`;
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Object.entries(at).find(([name]) => name === String(key))?.[1];
  }
  return at;
}

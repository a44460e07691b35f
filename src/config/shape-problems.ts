/** Shape problems: messages for the issues of the schema, with hints about what was meant. */
import type { z } from 'zod';
import { closestWord } from '../base/did-you-mean.ts';
import { valueAt } from '../study/spec/check-study.ts';
import type { SpecProblem } from '../study/spec/spec-problem.ts';
import { keySpellings, valueSpellings } from './key-aliases.ts';
import type { KnownKeys } from './known-keys.ts';
import type { Path } from './yaml-source.ts';

/** Problems of values; unknown keys are reported by `misspelt-keys.ts`. */
export function issueProblems(issue: z.core.$ZodIssue, root: unknown): SpecProblem[] {
  const path = issuePath(issue);
  const given = valueAt(root, path);
  const wrong = (message: string): SpecProblem[] => [{ path, message }];
  if (issue.code === 'unrecognized_keys') return [];
  if (given === undefined) return wrong(missingMessage(path));
  if (given === null) return wrong('has no value');
  switch (issue.code) {
    case 'invalid_union': {
      // A mapping is checked against the alternative that is a mapping, a list against the list.
      const inside = issue.errors.find((issues) => issues.every((inner) => isInside(inner)));
      return inside === undefined
        ? wrong(unionMessage(path, given))
        : inside.flatMap((inner) =>
            issueProblems({ ...inner, path: [...issue.path, ...inner.path] }, root),
          );
    }
    case 'invalid_value':
      return wrong(wordMessage(issue.values.map(String), given) + ownFilesHint(path, given));
    case 'invalid_type':
      return wrong(typeMessage(issue.expected, given) ?? issue.message);
    default:
      return wrong(issue.message);
  }
}

export function issuePath({ path }: z.core.$ZodIssue): Path {
  return path.map((key) => (typeof key === 'number' ? key : String(key)));
}

function isInside({ path, code }: z.core.$ZodIssue): boolean {
  return path.length > 0 || ['unrecognized_keys', 'too_small', 'too_big'].includes(code);
}

/** `path: message`, as every problem is shown. */
export function labelled(path: Path, message: string): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}

/** The known key that was meant by `key`; null if none is similar. */
export function keyMeant(parent: Path, key: string, known: KnownKeys): string | null {
  const here = knownAt(parent, known);
  const spelling = keySpellings.get(key)?.find((ours) => here.includes(ours));
  return spelling ?? closestWord(key, here);
}

export function unknownKeyMessage(parent: Path, key: string, known: KnownKeys): string {
  const meant = keyMeant(parent, key, known);
  if (meant !== null) return `unknown key; did you mean ${meant}?`;
  const [elsewhere, another] = [...known].flatMap(([place, keys]) =>
    keys.includes(key) && !/(^|\.)(search|also)\b/.test(place) ? [place] : [],
  );
  const isSearch = parent.includes('search') || parent.includes('also');
  if (!isSearch && elsewhere !== undefined && another === undefined)
    return `unknown key here; it belongs ${placeText(elsewhere)}`;
  const here = knownAt(parent, known);
  return here.length === 0 ? 'unknown key' : `unknown key; known here: ${here.join(', ')}`;
}

function knownAt(parent: Path, known: KnownKeys): readonly string[] {
  return known.get(parent.map((key) => (typeof key === 'number' ? '*' : key)).join('.')) ?? [];
}

function placeText(place: string): string {
  if (place === '') return 'at the top of the file';
  return `in ${place.replace('stages.*.', "a stage's ").replace('stages.*', 'a stage')}`;
}

function missingMessage(path: Path): string {
  const place = path.join('.');
  if (place === 'stages')
    return 'is missing: a study has at least one stage; a recipe for `ridgeline train` has trainer.lambda instead';
  if (place === 'trainer.lambda')
    return 'is missing: a recipe gives its λ here, a study has stages instead';
  return 'is missing';
}

function wordMessage(known: readonly string[], given: unknown): string {
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  const plain = text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()).replaceAll('-', '_');
  const spelling = [text, plain, plain.replaceAll('_', '')]
    .flatMap((word) => valueSpellings.get(word) ?? [])
    .find((ours) => known.includes(ours));
  if (spelling === 'log_uniform') {
    return `must be log_uniform, as ${text} is called in other programs; min and max are values, not exponents`;
  }
  const meant = spelling ?? closestWord(text, known);
  const choice = known.length === 1 ? known.join() : `one of ${known.join(', ')}`;
  return `must be ${choice}, got ${shown(given)}${meant === null ? '' : `; did you mean ${meant}?`}`;
}

/** The hint for a data set's name that looks like a path. */
function ownFilesHint(path: Path, given: unknown): string {
  const isPath = path.join('.') === 'dataset.name' && /[./\\]/.test(String(given));
  return isPath ? '; for your own files write path instead of name' : '';
}

function unionMessage(path: Path, given: unknown): string {
  const forms =
    path[0] === 'dataset'
      ? 'a list of shards, such as [data_batch_1], { count: N } or { fraction: 0.1 }'
      : 'cycle, epoch, end or { steps: N }';
  return `must be ${forms}, got ${shown(given)}`;
}

const typeNames: Readonly<Record<string, string>> = {
  object: 'a mapping (key: value)',
  array: 'a list',
  boolean: 'true or false',
  string: 'a text',
  number: 'a number',
};

/** Null: the schema's own message is better. */
function typeMessage(expected: string, given: unknown): string | null {
  const isNumber = expected === 'number' || expected === 'int';
  if (isNumber && typeof given === 'string')
    return `must be a number; ${shown(given)} is a text${numberHint(given)}`;
  if (isNumber && typeof given === 'number')
    return Number.isFinite(given) ? null : `must be a finite number, got ${given}`;
  const hint = expected === 'boolean' ? booleanHint(given) : '';
  return `must be ${typeNames[expected] ?? expected}, got ${shown(given)}${hint}`;
}

/** The fix for numbers as people and other programs write them. */
function numberHint(text: string): string {
  const plain = text.trim();
  if (plain !== '' && Number.isFinite(Number(plain))) return ': write it without quotes';
  const isGrouped = /^[-+]?[1-9]\d{0,2}(?:[\s,']\d{3})+(?:\.\d+)?$/.test(plain);
  // Without groups of thousands a comma is a decimal point.
  const joined = plain.replaceAll(isGrouped ? /[\s,']/g : '_', '').replace(',', '.');
  if (joined !== '' && Number.isFinite(Number(joined))) return `: write ${joined}`;
  const power = /^10\s*(?:\^|\*\*)\s*(-?\d+)$/.exec(plain)?.[1];
  return power === undefined ? '' : `: write 1.0e${power}`;
}

function booleanHint(given: unknown): string {
  if (typeof given !== 'string') return '';
  if (/^(?:yes|on|y)$/i.test(given)) return ': write true';
  return /^(?:no|off|n)$/i.test(given) ? ': write false' : '';
}

function shown(given: unknown): string {
  const text = JSON.stringify(given) ?? typeof given;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

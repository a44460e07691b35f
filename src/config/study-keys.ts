/**
 * Study keys: the reference of study files, made from their schema, and the search for a key in it.
 *
 * Keys that release 0.1.0 used for what now has another name are left out, and those of a shorthand.
 */
import { z } from 'zod';
import { RidgelineError } from '../base/errors.ts';
import { closestWord } from '../base/did-you-mean.ts';
import { studySchema } from '../study/spec/study-schema.ts';
import type { TrainerDescription } from '../study/trainer-description.ts';
import { keyRows, typeText, type KeyRow, type Schema } from './schema-keys.ts';

const isOmitted = (key: string): boolean =>
  /(^|\.)numerics$/.test(key) || /^stages\[\]\.(lambda|search|also\[\])\./.test(key);

/** The hyperparameters of `search` have the same keys. */
const anyParameter = 'search.NAME';

/** All keys of a study file, each followed by the keys inside it. */
export function studyKeys(trainer: TrainerDescription): KeyRow[] {
  const schema = z.toJSONSchema(studySchema(trainer), { io: 'input' });
  const [first = '', ...others] = Object.keys(trainer.parameters);
  const isRepeated = ({ key }: KeyRow): boolean =>
    others.some((name) => isInside(key, `search.${name}`) || key === `search.${name}`);
  return keyRows(schema, valueText)
    .filter((row) => !isOmitted(row.key) && !isRepeated(row))
    .map((row) => withoutName(row, `search.${first}`, [first, ...others]));
}

/** The keys of one hyperparameter stand for those of all. */
function withoutName(row: KeyRow, example: string, names: readonly string[]): KeyRow {
  if (row.key === example)
    return {
      ...row,
      key: anyParameter,
      description: `its distribution; NAME: ${names.join(', ')}`,
    };
  return isInside(row.key, example)
    ? { ...row, key: `${anyParameter}${row.key.slice(example.length)}` }
    : row;
}

/**
 * The rows of a key and of the keys inside it. A key may be named by its last words: `epochs` is
 * `trainer.epochs`; if several keys end with them, all are found.
 *
 * @throws RidgelineError USAGE if there is no such key
 */
export function findKeys(rows: readonly KeyRow[], name: string): KeyRow[] {
  const given = plain(name);
  const wanted = /^(stages\.)?search\.(?!NAME)/.test(given) ? searchKey(rows, given) : given;
  const named = rows.filter(({ key }) => plain(key) === wanted);
  const found =
    named.length > 0 ? named : rows.filter(({ key }) => plain(key).endsWith(`.${wanted}`));
  if (found.length > 0)
    return rows.filter(({ key }) => found.some((top) => key === top.key || isInside(key, top.key)));
  const lastWords = rows.map(({ key }) => plain(key).split('.').at(-1) ?? key);
  const closest = closestWord(wanted, [...rows.map(({ key }) => plain(key)), ...lastWords]);
  throw new RidgelineError(
    'USAGE',
    `A study file has no key ${JSON.stringify(name)}.${closest === null ? '' : ` Did you mean ${closest}?`}`,
    '`ridgeline help study` lists all keys.',
  );
}

/** `search.NAME.values` for `stages.search.hidden.values`, the path that an error prints. */
function searchKey(rows: readonly KeyRow[], given: string): string {
  const inside = `${anyParameter}.${given.split('.').at(-1)}`;
  return rows.some(({ key }) => key === inside) ? inside : anyParameter;
}

/** `stages[].name` and `stages.0.name`, as errors name it, are `stages.name`. */
function plain(key: string): string {
  return key.replaceAll('[]', '').replaceAll(/\.\d+(?=\.|$)/g, '');
}

function isInside(key: string, top: string): boolean {
  return key.startsWith(`${top}.`) || key.startsWith(`${top}[].`);
}

function valueText(schema: Schema, isRequired: boolean): string {
  const { default: standard } = schema;
  const suffix =
    standard !== undefined && typeof standard !== 'object'
      ? `; default ${JSON.stringify(standard).replaceAll('"', '')}`
      : isRequired
        ? '; required'
        : '';
  return `${typeText(schema)}${suffix}`;
}

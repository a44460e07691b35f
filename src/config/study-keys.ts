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
  /(^|\.)numerics$/.test(key) || key.startsWith('stages[].lambda.');

/** All keys of a study file, each followed by the keys inside it. */
export function studyKeys(trainer: TrainerDescription): KeyRow[] {
  const schema = z.toJSONSchema(studySchema(trainer), { io: 'input' });
  return keyRows(schema, valueText).filter(({ key }) => !isOmitted(key));
}

/**
 * The rows of a key and of the keys inside it. A key may be named by its last words: `epochs` is
 * `trainer.epochs`; if several keys end with them, all are found.
 *
 * @throws RidgelineError USAGE if there is no such key
 */
export function findKeys(rows: readonly KeyRow[], name: string): KeyRow[] {
  const wanted = plain(name);
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

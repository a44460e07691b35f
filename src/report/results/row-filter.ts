/**
 * Row filter: the languages of `--where` and `--sort`.
 *
 *     validation_accuracy > 0.45 and (worker = node-1 or lambda <= 1e-3) and not tied
 *
 * A comparison has a column on its left and a value on its right; `and` binds closer than `or`; a flag
 * needs no comparison. A number may be in per cent: `95 %` is 0.95. An unknown value (the accuracy of a failed trial) compares as false.
 */
import { didYouMean } from '../../base/did-you-mean.ts';
import { RidgelineError } from '../../base/errors.ts';
import { fieldNamed, type FieldValue, type ResultField } from './result-fields.ts';
import type { ResultRow } from './result-row.ts';

type RowTest = (row: ResultRow) => boolean;

/** By sign; `order` is negative if the value is less than the given one. */
const comparisons = new Map<string, (order: number) => boolean>([
  ['=', (order) => order === 0],
  ['==', (order) => order === 0],
  ['!=', (order) => order !== 0],
  ['<', (order) => order < 0],
  ['<=', (order) => order <= 0],
  ['>', (order) => order > 0],
  ['>=', (order) => order >= 0],
]);

interface Token {
  readonly kind: 'word' | 'quoted' | 'sign';
  readonly text: string;
  /** From 1. */
  readonly place: number;
}

/**
 * @param option of the command line, for errors
 * @throws RidgelineError USAGE with the place and what was expected
 */
export function rowTest(expression: string, fields: Fields, option = '--where'): RowTest {
  const reader = new TokenReader(expression, option);
  const test = readAny(reader, fields);
  if (reader.next() !== null) throw reader.problem('and, or, or the end');
  return test;
}

/**
 * An order from `lambda` (ascending) or `validation_accuracy:desc`; unknown values come last.
 *
 * @throws RidgelineError USAGE for an unknown column
 */
export function rowOrder(
  text: string,
  fields: readonly ResultField[],
): (a: ResultRow, b: ResultRow) => number {
  const [name = '', direction = 'asc', ...rest] = text.split(':');
  if (!['asc', 'desc'].includes(direction) || rest.length > 0)
    throw new RidgelineError(
      'USAGE',
      `--sort ${text} is not a column with an optional :asc or :desc.`,
      'Name a column, such as --sort lambda, or --sort lambda:desc.',
    );
  const { value } = fieldNamed(fields, name);
  const sign = direction === 'desc' ? -1 : 1;
  return (a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return sign * compareValues(left, right);
  };
}

function compareValues(a: string | number | boolean, b: string | number | boolean): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

class TokenReader {
  readonly #text: string;
  /** The option of the command line, for errors. */
  readonly option: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string, option: string) {
    this.#text = text;
    this.option = option;
    this.#tokens = Array.from(
      text.matchAll(
        /\s*(?:"(?<quoted>[^"]*)"|(?<sign>[<>!=]=?|[()])|(?<word>[^\s<>!=()"]+)|(?<stray>"))/g,
      ),
      (match): Token => {
        const place = match.index + match[0].length - match[0].trimStart().length + 1;
        const { quoted, sign, word, stray } = match.groups ?? {};
        if (quoted !== undefined) return { kind: 'quoted', text: quoted, place };
        if (word !== undefined) return { kind: 'word', text: word, place };
        return { kind: 'sign', text: sign ?? stray ?? '', place };
      },
    );
  }

  next(): Token | null {
    return this.#tokens[this.#at] ?? null;
  }

  take(): void {
    this.#at += 1;
  }

  /** Takes the next token if it is this word or sign. */
  takes(text: string): boolean {
    const token = this.next();
    const isNext = token !== null && token.kind !== 'quoted' && token.text === text;
    if (isNext) this.take();
    return isNext;
  }

  problem(expected: string): RidgelineError {
    const token = this.next();
    const where =
      token === null ? 'at the end' : `at character ${token.place} (${JSON.stringify(token.text)})`;
    return new RidgelineError(
      'USAGE',
      `${this.option} ${JSON.stringify(this.#text)}: expected ${expected} ${where}.`,
      `Write, for example, ${this.option} 'validation_accuracy > 0.45 and lambda < 1e-2'.`,
    );
  }
}

type Fields = readonly ResultField[];

function readAny(reader: TokenReader, fields: Fields): RowTest {
  const tests = [readAll(reader, fields)];
  while (reader.takes('or')) tests.push(readAll(reader, fields));
  return (row) => tests.some((test) => test(row));
}

function readAll(reader: TokenReader, fields: Fields): RowTest {
  const tests = [readOne(reader, fields)];
  while (reader.takes('and')) tests.push(readOne(reader, fields));
  return (row) => tests.every((test) => test(row));
}

function readOne(reader: TokenReader, fields: Fields): RowTest {
  if (reader.takes('not')) {
    const inner = readOne(reader, fields);
    return (row) => !inner(row);
  }
  if (reader.takes('(')) {
    const inner = readAny(reader, fields);
    if (!reader.takes(')')) throw reader.problem('")"');
    return inner;
  }
  return readComparison(reader, fields);
}

function readComparison(reader: TokenReader, fields: Fields): RowTest {
  const column = reader.next();
  if (column?.kind !== 'word') throw reader.problem('a column');
  const field = fieldNamed(
    fields,
    column.text,
    ` at character ${column.place} of ${reader.option}`,
  );
  reader.take();
  const sign = reader.next();
  const compare = sign?.kind === 'sign' ? comparisons.get(sign.text) : undefined;
  if (compare === undefined) {
    if (field.kind === 'flag') return (row) => field.value(row) === true;
    throw reader.problem('one of = != < <= > >=');
  }
  const isEquality = ['=', '==', '!='].includes(sign?.text ?? '');
  if (field.values !== undefined && !isEquality) throw reader.problem(`= or != for ${field.name}`);
  reader.take();
  const wanted = readValue(reader, field);
  return (row) => {
    const value = field.value(row);
    return value !== null && compare(compareValues(value, wanted));
  };
}

function readValue(reader: TokenReader, field: ResultField): Exclude<FieldValue, null> {
  const token = reader.next();
  if (token === null || token.kind === 'sign') throw reader.problem(`a value for ${field.name}`);
  const value = parseValue(token.text, field.kind);
  if (value === null) {
    const expected = field.kind === 'flag' ? 'true or false' : 'a number';
    throw reader.problem(`${expected} for ${field.name}`);
  }
  if (field.values?.includes(token.text) === false) throw unknownValue(field, token, reader.option);
  reader.take();
  if (typeof value !== 'number') return value;
  // `95 %` is 0.95; `95%` is one word.
  const number = reader.takes('%') ? fromPercent(token.text) : value;
  if (field.isShare === true && number > 1)
    throw new RidgelineError(
      'USAGE',
      `${reader.option}: ${field.name} is a share from 0 to 1, so ${number} is out of range.`,
      `Write ${token.text.replace('%', '')} % if you mean per cent, or 0.95 for 95 %.`,
    );
  return number;
}

/** A word that no trial can have, such as a misspelt one. */
function unknownValue(
  { name, values = [] }: ResultField,
  { text, place }: Token,
  option: string,
): RidgelineError {
  return new RidgelineError(
    'USAGE',
    `${name} is never ${JSON.stringify(text)} (character ${place} of ${option}).${didYouMean(text, values)}`,
    `Use one of ${values.join(', ')}.`,
  );
}

/** Reads the decimal digits as they are: 46.79 % is exactly the number 0.4679. */
function fromPercent(text: string): number {
  return /e/i.test(text) ? Number(text) / 100 : Number(`${text}e-2`);
}

/** Null if the text is not a value of this kind. */
function parseValue(text: string, kind: ResultField['kind']): FieldValue {
  if (kind === 'text') return text;
  if (kind === 'flag') return text === 'true' || text === 'false' ? text === 'true' : null;
  const percent = /^(.+)%$/.exec(text)?.[1];
  const value = percent === undefined ? Number(text) : fromPercent(percent);
  return Number.isFinite(value) && text.trim() !== '' ? value : null;
}

/**
 * Typed access to plain data of unknown shape: every miss is an error that names the place. It knows
 * nothing of studies, and gives no defaults.
 */

export interface PlainReader {
  has(key: string): boolean;
  text(key: string): string;
  texts(key: string): string[];
  number(key: string): number;
  flag(key: string): boolean;
  inner(key: string): PlainReader;
  list(key: string): PlainReader[];
  oneOf<const T extends string>(key: string, values: readonly T[]): T;
}

const textCharactersMax = 4096;

/** @param at where the value stands, for messages; empty at the top */
export function plainReader(value: unknown, at: string): PlainReader {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${at === '' ? 'it' : at} is not an object`);
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  const placeOf = (key: string): string => (at === '' ? key : `${at}.${key}`);
  const wrong = (key: string, what: string): TypeError =>
    new TypeError(`${placeOf(key)} is not ${what}`);
  const pick = <T>(key: string, what: string, is: (field: unknown) => field is T): T => {
    const field = fields.get(key);
    if (!is(field)) throw wrong(key, what);
    return field;
  };
  return {
    has: (key) => (fields.get(key) ?? null) !== null,
    text: (key) => pick(key, 'a text', isText),
    texts: (key) =>
      pick(key, 'a list of texts', (field) => Array.isArray(field) && field.every(isText)),
    number: (key) => pick(key, 'a finite number', isFiniteNumber),
    flag: (key) => pick(key, 'true or false', (field) => typeof field === 'boolean'),
    inner: (key) => plainReader(fields.get(key), placeOf(key)),
    list: (key) =>
      pick(key, 'a list', (field): field is unknown[] => Array.isArray(field)).map((item, index) =>
        plainReader(item, `${placeOf(key)}.${index}`),
      ),
    oneOf: (key, values) => {
      const found = values.find((candidate) => candidate === fields.get(key));
      if (found === undefined) throw wrong(key, `one of ${values.join(', ')}`);
      return found;
    },
  };
}

function isText(field: unknown): field is string {
  return typeof field === 'string' && field.length <= textCharactersMax;
}

function isFiniteNumber(field: unknown): field is number {
  return typeof field === 'number' && Number.isFinite(field);
}

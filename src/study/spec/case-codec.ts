/**
 * Case codec: the snake_case keys of files to the camelCase keys of code, and back. The keys of `search`,
 * `also`, `where`, `params` and `parameters` are names of parameters, those of `metrics` are names of metrics,
 * and stay as they are.
 */
import { assert } from '../../base/assert.ts';

type CamelKey<Key> = Key extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelKey<Tail>>}`
  : Key;

/** The camelCase form of a file's shape, readonly all the way down. */
export type Camel<T> = T extends readonly (infer Item)[]
  ? readonly Camel<Item>[]
  : T extends object
    ? { readonly [Key in keyof T as CamelKey<Key>]: Camel<T[Key]> }
    : T;

const namesOfParameters: ReadonlySet<string> = new Set([
  'search',
  'also',
  'where',
  'params',
  'parameters',
  'metrics',
]);

/** `stepSize` for `step_size`. */
export function camelName(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function toCamel<T>(value: T): Camel<T> {
  const renamed = mapKeys(value, camelName);
  // The type follows from that of `value`: the codec changes keys and no values.
  const isRenamed = (result: unknown): result is Camel<T> => typeof result === typeof value;
  assert(isRenamed(renamed), 'the codec changes keys only');
  return renamed;
}

export function toSnake(value: object): Readonly<Record<string, unknown>> {
  const renamed = mapKeys(value, (key) =>
    key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  );
  const isRecord = (result: unknown): result is Readonly<Record<string, unknown>> =>
    typeof result === 'object' && result !== null;
  assert(isRecord(renamed), 'an object stays an object');
  return renamed;
}

function mapKeys(value: unknown, rename: (key: string) => string, keepKeys = false): unknown {
  if (Array.isArray(value)) return value.map((item) => mapKeys(item, rename, keepKeys));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [
        keepKeys ? key : rename(key),
        mapKeys(inner, rename, namesOfParameters.has(key)),
      ]),
  );
}

/** Field kinds: how fields of rows are made, by the kind of their values. */
import { isoTime } from '../text/number-format.ts';
import type { ResultField } from './result-fields.ts';
import type { ResultRow } from './result-row.ts';

/** Names of the row's properties that have values of a type. */
type NameWith<Value> = {
  [Name in keyof ResultRow]: ResultRow[Name] extends Value ? Name : never;
}[keyof ResultRow];

export function text(
  name: NameWith<string | null>,
  description: string,
  cell?: ResultField['cell'],
): ResultField {
  const value = (row: ResultRow): string | null => row[name];
  return { name, kind: 'text', description, value, head: name, cell: cell ?? value };
}

/** ISO 8601 with milliseconds and zone. */
export function time(
  property: 'startedAtMs' | 'endedAtMs',
  name: string,
  description: string,
): ResultField {
  const value = (row: ResultRow): string | null => isoTime(row[property]);
  return { name, kind: 'text', description, value, head: name.replace('_', ' '), cell: value };
}

export function number(
  name: string,
  description: string,
  value: (row: ResultRow) => number | null,
  look: Partial<Pick<ResultField, 'head' | 'cell' | 'isShare'>> = {},
): ResultField {
  const cell = (row: ResultRow): string | null => value(row)?.toString() ?? null;
  return { name, kind: 'number', description, value, head: name, cell, ...look };
}

export function flag(
  name: string,
  description: string,
  look: { readonly property: NameWith<boolean | null> } & Pick<ResultField, 'cell'> &
    Partial<Pick<ResultField, 'head'>>,
): ResultField {
  const { property, ...shown } = look;
  return { name, kind: 'flag', description, value: (row) => row[property], head: name, ...shown };
}

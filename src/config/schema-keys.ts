/**
 * Schema keys: the keys of a JSON schema as rows of a reference, with type, bounds and meaning in words.
 *
 * Not here: how a reference is laid out, in Markdown (`scripts/generated-files.ts`) or in a terminal
 * (`report/terminal/key-reference.ts`).
 */
import type { z } from 'zod';

export type Schema = z.core.JSONSchema.BaseSchema;

export interface KeyRow {
  /** Its path in the document: `stages[].name`. */
  readonly key: string;
  /** Type, bounds, default. */
  readonly value: string;
  readonly description: string;
}

/** The keys of a schema and of the objects in it, depth first. */
export function keyRows(
  schema: Schema,
  valueText: (schema: Schema, isRequired: boolean) => string,
  prefix = '',
): KeyRow[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    if (typeof inner === 'boolean') return [];
    const key = `${prefix}${name}`;
    const value = valueText(inner, required.has(name));
    return [{ key, value, description: inner.description ?? '' }, ...innerRows(inner, key)];
  });

  function innerRows(inner: Schema, key: string): KeyRow[] {
    if (inner.anyOf !== undefined) return inner.anyOf.flatMap((one) => innerRows(one, key));
    const { items, additionalProperties: values } = inner;
    if (typeof items === 'object' && !Array.isArray(items))
      return keyRows(items, valueText, `${key}[].`);
    if (typeof values === 'object') return keyRows(values, valueText, `${key}.*.`);
    return keyRows(inner, valueText, `${key}.`);
  }
}

export function typeText(schema: Schema): string {
  const { anyOf, type, items } = schema;
  if (anyOf !== undefined) return anyOf.map((one) => typeText(one)).join(' or ');
  if (Array.isArray(type))
    return type.map((one) => typeText({ ...schema, type: one })).join(' or ');
  if (schema.$ref !== undefined) return schema.$ref.replace(/.*\//, '');
  if (schema.enum !== undefined) return schema.enum.map(String).join(', ');
  if (schema.const !== undefined) return String(schema.const);
  if (type === 'integer' || type === 'number') return numberText(schema);
  if (type === 'object') return `mapping${itemText(schema.additionalProperties)}`;
  if (type === 'array') return `list${itemText(items)}`;
  if (type === 'boolean') return 'true, false';
  return type === 'null' ? 'null' : 'text';
}

/** ` of NAME` if the items have their own table. */
function itemText(items: Schema['items'] | Schema['additionalProperties']): string {
  const hasName = typeof items === 'object' && !Array.isArray(items) && items.$ref !== undefined;
  return hasName ? ` of ${typeText(items)}` : '';
}

function numberText(schema: Schema): string {
  const kind = schema.type === 'integer' ? 'whole number' : 'number';
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const low = minimum ?? exclusiveMinimum;
  const high = maximum ?? exclusiveMaximum;
  const from = low === undefined ? '' : minimum === undefined ? ` above ${low}` : ` from ${low}`;
  const to = high === undefined ? '' : maximum === undefined ? ` below ${high}` : ` to ${high}`;
  return `${kind}${from}${to}`;
}

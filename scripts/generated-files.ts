/**
 * Generated files: JSON schemas, and the tables of `docs` that are made from them. Each is written, or with
 * --check compared with the file; a difference ends the process with exit code 1.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format } from 'prettier';
import type { z } from 'zod';

export type Schema = z.core.JSONSchema.BaseSchema;

export interface KeyRow {
  /** Its path in the document: `stages[].name`. */
  readonly key: string;
  /** Type, bounds, default. */
  readonly value: string;
  readonly description: string;
}

/** @param path from the root of the repository */
export async function writeSchema(path: string, schema: Schema): Promise<void> {
  const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 100 });
  writeGenerated(path, text);
}

const end = '<!-- end of generated text -->';

/**
 * Replaces the text after the comment `<!-- generated: TITLE -->`.
 *
 * @param path from the root of the repository
 */
export function writeSection(path: string, title: string, content: string): void {
  const start = `<!-- generated: ${title} -->`;
  const [before = '', rest] = readFileSync(toAbsolute(path), 'utf8').split(start);
  if (rest === undefined) throw new Error(`${path} has no line ${start}`);
  writeGenerated(path, `${before}${start}\n\n${content}\n\n${rest.slice(rest.indexOf(end))}`);
}

function writeGenerated(path: string, text: string): void {
  const file = toAbsolute(path);
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    process.stderr.write(
      `${path} is not current\n  fix: Run \`npm run generate\` and commit the result.\n`,
    );
    process.exitCode = 1;
  }
}

function toAbsolute(path: string): string {
  return join(import.meta.dirname, '..', path);
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

/** A table of Markdown. */
export function keyTable(rows: readonly KeyRow[], head = 'key'): string {
  const lines = rows.map(
    ({ key, value, description }) => `| \`${key}\` | ${value} | ${description} |`,
  );
  return [`| ${head} | value | meaning |`, '| --- | --- | --- |', ...lines].join('\n');
}
